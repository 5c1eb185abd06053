"""Questions that learners ask, each with an answer in the numbers of the present run."""

from collections.abc import Callable
from typing import Any, NamedTuple

from dashboard.words.about_learning import (
    of_broken_or_exploring,
    of_broken_or_on_policy,
    of_drops,
    of_first_values,
    of_step_sizes,
    of_the_arrow,
    of_the_last_step,
)
from dashboard.words.about_page import of_comparing, of_files, of_mazes, of_tomorrow
from dashboard.words.about_policy import (
    of_another_discount,
    of_cost,
    of_gap,
    of_optimality,
    of_optimum_and_curve,
    of_what_it_learned,
)
from dashboard.words.facts import Context
from gridworld import Snapshot

#: What an answer speaks of: ``("cell", (row, col))``, ``("cells", ((row, col), …))``,
#: ``("number", NAME)``, ``("episode", N)``, ``("curve",)`` or ``("control", NAME)``.
Mark = tuple[Any, ...]


class Answer(NamedTuple):
    """An answer that is true of a run at one instant.

    Attributes:
        question: The question.
        sentences: The answer, at most three sentences.
        mark: What it speaks of on the page.
    """

    question: str
    sentences: tuple[str, ...]
    mark: Mark


#: The question that the sentence on the page raises.
WHY = "Is this policy optimal?"
#: All questions, and what answers each.
QUESTIONS: dict[str, Callable[[Snapshot, Context], tuple[tuple[str, ...], Mark]]] = {
    "What is it doing now, step by step?": of_the_last_step,
    "Why that arrow there?": of_the_arrow,
    WHY: of_optimality,
    "What is the gap?": of_gap,
    "Why does the optimum differ from the curve?": of_optimum_and_curve,
    "Is it broken, or is it exploring?": of_broken_or_exploring,
    "Is it broken, or is it on-policy?": of_broken_or_on_policy,
    "How much does exploring cost?": of_cost,
    "Why did the curve drop?": of_drops,
    "Why are all values zero at first?": of_first_values,
    "What does the step size α do?": of_step_sizes,
    "What would happen with γ = 0.5?": of_another_discount,
    "What has it learned to do?": of_what_it_learned,
    "How do I compare two settings?": of_comparing,
    "How do I make my own maze and share it?": of_mazes,
    "How do I get the numbers out?": of_files,
    "How do I see this run again tomorrow?": of_tomorrow,
}


def answer_to(question: str, snapshot: Snapshot, context: Context | None = None) -> Answer:
    """The answer to one of the `QUESTIONS`.

    Raises:
        KeyError: If it is none of them.
    """
    return Answer(question, *QUESTIONS[question](snapshot, context or Context()))


def answers(snapshot: Snapshot, context: Context | None = None) -> list[Answer]:
    """The answers to all `QUESTIONS`."""
    return [answer_to(question, snapshot, context) for question in QUESTIONS]

"""Ask: questions that open into answers in the numbers of the run."""

import contextlib
from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
from bokeh.models.widgets import Div

from dashboard.session.notebook import in_notebook
from dashboard.session.view import OneMessage
from dashboard.widgets.layout import bokeh_pane
from dashboard.words.asking import QUESTIONS, Answer, Mark, answer_to
from dashboard.words.facts import Context
from gridworld import Snapshot

_STYLE = """
:host { color: var(--mui-palette-text-primary); font-size: 14px; line-height: 1.5; }
:host > div { box-sizing: border-box; width: 100%; }
p { margin: 0 0 6px; }
"""
_LOOK = {
    "title_variant": "body2",
    "disable_gutters": True,
    "elevation": 0,
    "square": True,
    "sx": {
        "background": "none",
        "borderBottom": "1px solid var(--mui-palette-divider)",
        "&::before": {"display": "none"},
        "& .MuiAccordionSummary-root": {"minHeight": "40px", "padding": "0 6px"},
        "& .MuiAccordionSummary-content": {"margin": "8px 0"},
        "& .MuiTypography-root": {"fontSize": "14px", "fontWeight": 600},
        "& .MuiAccordionDetails-root": {"padding": "0 6px 6px"},
    },
}


class AskView:
    """A list of questions; the one that is opened is answered, and goes on being so.

    Args:
        snapshot: The run.
        context: Returns what the words need beside a snapshot.
        one_message: Holds together the changes that opening a question makes.

    Attributes:
        panel: The list.
        open_question: The question that is open, None for none.
    """

    min_interval = 1.0

    def __init__(
        self,
        snapshot: Snapshot,
        context: Callable[[], Context] = Context,
        one_message: OneMessage = contextlib.nullcontext,
    ) -> None:
        self._snapshot, self._context, self._one_message = snapshot, context, one_message
        self._marking: list[Callable[[Mark | None], Any]] = []
        self.open_question: str | None = None
        self.divs = {
            question: Div(sizing_mode="stretch_width", stylesheets=[_STYLE], margin=0)
            for question in QUESTIONS
        }
        # In a notebook Bokeh lays nothing out within Material's.
        kind, look = (pn.Accordion, {}) if in_notebook() else (pmui.Accordion, _LOOK)
        self.panel = kind(
            *((question, bokeh_pane(div)) for question, div in self.divs.items()),
            toggle=True,
            sizing_mode="stretch_width",
            **look,
        )
        self.panel.param.watch(self._on_active, "active")

    def on_mark(self, mark: Callable[[Mark | None], Any]) -> None:
        """Has a function called with what an answer speaks of; None once all are closed.

        Args:
            mark: Takes a `dashboard.words.asking.Mark`.
        """
        self._marking.append(mark)

    def ask(self, question: str) -> None:
        """Opens one of the `QUESTIONS`."""
        self.panel.active = [list(QUESTIONS).index(question)]

    def update(self, snapshot: Snapshot) -> None:
        """Answers the open question anew."""
        self._snapshot = snapshot
        if self.open_question is not None:
            self._answer(self.open_question)

    def _answer(self, question: str) -> Answer:
        answer = answer_to(question, self._snapshot, self._context())
        text = f"<p>{escape(' '.join(answer.sentences), quote=False)}</p>"
        if text != self.divs[question].text:
            self.divs[question].text = text
        return answer

    def _on_active(self, event: Any) -> None:
        # With ``toggle`` there is at most one.
        questions = list(QUESTIONS)
        self.open_question = questions[event.new[-1]] if event.new else None
        with self._one_message():
            mark = None
            if self.open_question is not None:
                mark = self._answer(self.open_question).mark
            for told in self._marking:
                told(mark)

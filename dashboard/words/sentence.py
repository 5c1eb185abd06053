"""The sentence that says what is going on, and how good what was learned is."""

import re
from html import escape
from typing import Literal, NamedTuple

from dashboard.words import facts
from dashboard.words.facts import Context, Verdict, verdict_of
from dashboard.words.numbers import counted, known_number, percent
from gridworld import ALGORITHMS, EPSILON_WAYS, Snapshot, Status, is_rounding

#: The word for each status.
WORDS = {
    Status.IDLE: "Ready",
    Status.RUNNING: "Learning",
    Status.PAUSED: "Paused",
    Status.STOPPED: "Stopped",
    Status.FINISHED: "Finished",
    Status.FAILED: "Failed",
}
_OVER = (Status.STOPPED, Status.FINISHED, Status.FAILED)


class Sentence(NamedTuple):
    """What is going on.

    Attributes:
        word: The status in one word.
        html: The rest; what is right is in ``<b class="good">``.
        brief: The rest in a few words, for a phone; HTML, too.
        news: What is read out by itself when it comes up, because it changes what Start does.
    """

    word: str
    html: str
    brief: str
    news: str = ""

    @property
    def text(self) -> str:
        """The whole sentence without markup."""
        return f"{self.word}. {plain(self.html)}"


class Ending(NamedTuple):
    """What is said when a run comes to its end.

    Attributes:
        kind: Kind of the toast: ``"success"``, ``"info"`` or ``"error"``.
        text: What it says.
    """

    kind: Literal["success", "info", "error"]
    text: str


def plain(html: str) -> str:
    """A text without its markup."""
    return re.sub(r"<[^>]+>", "", html).replace("&lt;", "<").replace("&amp;", "&")


def sentence_of(snapshot: Snapshot, context: Context | None = None) -> Sentence:
    """Says what the run does now, what its policy is worth, and what stands in the way.

    Args:
        snapshot: The run.
        context: What the words need beside it.
    """
    context = context or Context()
    status, word = snapshot.status, WORDS[snapshot.status]
    if context.problem and status not in (Status.RUNNING, Status.PAUSED):
        problem = escape(context.problem.rstrip("."), quote=False)
        why_not = f"Start is not possible: {_small(problem)}."
        return Sentence(word, why_not, problem, why_not)
    if context.preparing:
        then = "the training begins then" if status is Status.RUNNING else "this once"
        title = escape(context.preparing, quote=False)
        return Sentence(
            word,
            f"{title} is being prepared, which takes some seconds; {then}.",
            f"preparing {title}",
        )
    if status is Status.FAILED:
        what = "What was learned until then is shown; Reset clears it."
        return Sentence(word, what, "what was learned is shown")
    if context.settings_changed:
        changed = "Settings have changed; Start begins a new run with them."
        verdict = _capital(judged(snapshot, context))
        return Sentence(word, f"{verdict}. {changed}", "settings changed", changed)
    if snapshot.total_steps == 0 and status is not Status.FINISHED:
        return _before_the_first_step(snapshot, context)
    verdict, brief = judged(snapshot, context), _judged_briefly(snapshot, context)
    if status is Status.RUNNING:
        word = "Planning" if facts.plans(snapshot) else word
        now, briefly = _exploring(snapshot), _exploring_briefly(snapshot)
    elif status is Status.FINISHED and snapshot.converged and facts.plans(snapshot):
        now = f"Nothing is left to improve after {_episodes(snapshot)}"
        briefly = _episodes(snapshot)
    elif status is Status.FINISHED and snapshot.converged:
        now, briefly = f"It ended early, after {_episodes(snapshot)}", "ended early"
    else:
        now = _planning(snapshot) if facts.plans(snapshot) else f"{_of_all(snapshot)} done"
        briefly = f"{snapshot.episode:,} of {snapshot.num_episodes:,}"
        if facts.plans(snapshot):
            briefly = _episodes(snapshot)
    parts = [now, _capital(verdict) + _cost(snapshot)]
    if context.until is not None and status is Status.RUNNING:
        parts.append(f"It pauses after {facts.unit(snapshot)} {context.until:,}")
    elif (
        status is Status.PAUSED
        and snapshot.episode < snapshot.num_episodes
        and not facts.plans(snapshot)
    ):
        parts[0] = f"{parts[0]}; {_exploring(snapshot)[0].lower()}{_exploring(snapshot)[1:]}"
    return Sentence(word, ". ".join(parts) + ".", f"{briefly} · {brief}")


def ending_of(snapshot: Snapshot, seconds: float, context: Context | None = None) -> Ending | None:
    """What to say when a run has come to its end; None while it has not.

    Args:
        snapshot: The run.
        seconds: How long it has been going.
        context: What the words need beside it; with its world the policy is judged as it is now.
    """
    context = context or Context()
    match snapshot.status:
        case Status.FINISHED:
            snapshot = facts.judged_now(snapshot, context.world)
            verdict, after = verdict_of(snapshot), f"Finished after {_episodes(snapshot)}"
            after += _time(seconds)
            if verdict is Verdict.UNKNOWN:
                return Ending("info", f"{after}.")
            said = plain(judged(snapshot, context))
            return Ending("success" if verdict is Verdict.OPTIMAL else "info", f"{after}: {said}.")
        case Status.STOPPED:
            return Ending("info", f"Stopped: {_of_all(snapshot)} done.")
        case Status.FAILED:
            return Ending("error", "Training failed. What was learned so far is still shown.")
    return None


def _before_the_first_step(snapshot: Snapshot, context: Context) -> Sentence:
    word, title = WORDS[snapshot.status], ALGORITHMS[snapshot.algorithm].title
    zero = known_number(context.initial_q, 4)
    nothing = f"Nothing is learned yet: all Q-values are {zero}"
    if snapshot.status is Status.IDLE:
        if facts.plans(snapshot):
            return Sentence(
                word,
                f"{nothing}. Start has {title} work them out, sweep by sweep; Step makes one "
                "update.",
                "press Start to plan",
            )
        return Sentence(
            word,
            f"{nothing}. Start trains {title} for {counted(snapshot.num_episodes, 'episode')}; "
            "Step makes one update.",
            "press Start to train",
        )
    then = f". {_exploring(snapshot)}" if snapshot.status is Status.RUNNING else ""
    return Sentence(word, f"{nothing}{then}.", "nothing learned yet")


def _exploring(snapshot: Snapshot) -> str:
    if facts.plans(snapshot):
        return _planning(snapshot)
    match snapshot.exploration:
        case "softmax":
            return f"It explores by softmax at temperature {known_number(snapshot.temperature, 3)}"
        case "ucb":
            return f"It explores by upper bounds, c = {known_number(snapshot.confidence, 3)}"
        case "optimistic":
            return "It is always greedy, and tries all because its values began too high"
    if snapshot.epsilon == 0:
        return "It does not explore"
    if snapshot.epsilon == 1:
        return "It explores all the time"
    return f"It explores {percent(snapshot.epsilon)} of the time"


def _exploring_briefly(snapshot: Snapshot) -> str:
    if facts.plans(snapshot):
        return f"sweep {facts.episode_shown(snapshot):,}"
    if snapshot.exploration in EPSILON_WAYS:
        return f"exploring {percent(snapshot.epsilon)}"
    return {"softmax": "by softmax", "ucb": "by UCB"}.get(snapshot.exploration, "always greedy")


def _planning(snapshot: Snapshot) -> str:
    """What a sweep does, and how much the values still change."""
    sweep = snapshot.inside.sweep if snapshot.inside else None
    what = f"Sweep {snapshot.episode + 1:,}"
    if sweep is None:
        return f"{what} works the values out"
    if sweep.improves:
        return f"{what} improves the policy"
    evaluates = facts.has_phases(snapshot.algorithm)
    done = "evaluates the policy" if evaluates else "works them out"
    if sweep.largest_change is None:
        return f"{what} {done}"
    return f"{what} {done}; the last one changed {known_number(sweep.largest_change, 2)} at most"


def judged(snapshot: Snapshot, context: Context) -> str:
    """What the greedy policy is worth, in HTML, beginning with a small letter."""
    verdict, it = verdict_of(snapshot), "its greedy policy"
    is_over = snapshot.status in _OVER
    yet = "" if is_over else " yet"
    goal = _goal_of(snapshot)
    match verdict:
        case Verdict.UNKNOWN if snapshot.unplannable is not None:
            return f"planning cannot judge {it}: {_small(snapshot.unplannable.rstrip('.'))}"
        case Verdict.UNKNOWN:
            return f"planning has not judged {it} yet"
        case Verdict.NOTHING_LEARNED:
            return "nothing is learned yet"
        case Verdict.WITHOUT_OPTIMUM:
            discount = known_number(snapshot.discount_factor, 4)
            return f"no policy is optimal at γ = {discount}: rewards can be gathered without end"
        case Verdict.OPTIMAL:
            return f'{it} is <b class="good">optimal</b> from {_starts(snapshot)}'
        case Verdict.OPTIMAL_SELDOM_ENDING:
            return (
                f"{it} earns what the optimal one does, discounted, but seldom {goal} within "
                f"{counted(snapshot.max_steps, 'step')}"
            )
    path = facts.greedy_path(snapshot, context.world)
    if path is not None and not path.ends:
        return f"{it} does not reach {_end_of(snapshot)}{yet}: it goes round in circles"
    if path is not None and not path.succeeds:
        return f"{it} leads into a pit" if facts.has_map(snapshot) else f"{it} does not succeed"
    if path is not None and (more := _steps_more(path, snapshot)) > 0:
        limit = ", beyond the step limit" if path.n_steps > snapshot.max_steps else ""
        return f"{it} takes {counted(more, 'step')} more than the best{limit}"
    if verdict is Verdict.ENDLESS:
        limit = counted(snapshot.max_steps, "step")
        return f"{it} does not reach {_end_of(snapshot)} within {limit}{yet}"
    if verdict is Verdict.SELDOM_ENDING:
        return f"{it} seldom {goal} within {counted(snapshot.max_steps, 'step')}{yet}"
    discounted = ", discounted" if snapshot.discount_factor < 1 else ""
    return f"{it} earns {known_number(snapshot.gap, 2)} less than the best{discounted}"


def _judged_briefly(snapshot: Snapshot, context: Context) -> str:
    match verdict_of(snapshot):
        case Verdict.UNKNOWN if snapshot.unplannable is not None:
            return "policy not judged"
        case Verdict.UNKNOWN:
            return "policy not judged yet"
        case Verdict.NOTHING_LEARNED:
            return "nothing learned yet"
        case Verdict.WITHOUT_OPTIMUM:
            return "no policy is optimal"
        case Verdict.OPTIMAL:
            return 'policy <b class="good">optimal ✓</b>'
        case Verdict.OPTIMAL_SELDOM_ENDING:
            return "policy seldom ends"
    path = facts.greedy_path(snapshot, context.world)
    if path is not None and not path.ends:
        return "policy goes in circles"
    if path is not None and not path.succeeds:
        return f"policy {'leads into a pit' if facts.has_map(snapshot) else 'fails'}"
    if path is not None and (more := _steps_more(path, snapshot)) > 0:
        return f"policy {counted(more, 'step')} off"
    if verdict_of(snapshot) is Verdict.ENDLESS:
        return "policy does not get there"
    if verdict_of(snapshot) is Verdict.SELDOM_ENDING:
        return "policy seldom ends"
    return f"policy {known_number(snapshot.gap, 2)} short"


def _steps_more(path: facts.Path, snapshot: Snapshot) -> int:
    """Steps of the greedy policy beyond those of the optimal one."""
    length = snapshot.optimal_length
    return 0 if length is None or length != length else path.n_steps - round(length)


def _cost(snapshot: Snapshot) -> str:
    """What exploring costs, where it does and the greedy policy is as good as it gets."""
    cost, mean = facts.exploring_cost(snapshot), facts.recent_mean(snapshot)
    if cost is None or mean is None or not facts.explores(snapshot):
        return ""
    if verdict_of(snapshot) is not Verdict.OPTIMAL or is_rounding(
        cost, abs(cost + mean) + abs(mean)
    ):
        return ""
    amount = known_number(cost, 2)
    if snapshot.status is Status.RUNNING:
        return f"; exploring costs {amount} an episode just now"
    return f"; exploring cost {amount} an episode"


def _starts(snapshot: Snapshot) -> str:
    return "every start" if len(facts.starts(snapshot)) > 1 else "the start"


def _goal_of(snapshot: Snapshot) -> str:
    """What an episode does that ends, in the third person."""
    return "ends" if _has_other_ends(snapshot) else "reaches the goal"


def _end_of(snapshot: Snapshot) -> str:
    return "an end" if _has_other_ends(snapshot) else "the goal"


def _has_other_ends(snapshot: Snapshot) -> bool:
    """Whether an episode may end otherwise than in a goal, as far as it is known."""
    return not facts.has_map(snapshot) or "X" in snapshot.layout


def _episodes(snapshot: Snapshot) -> str:
    return counted(snapshot.episode, facts.unit(snapshot))


def _of_all(snapshot: Snapshot) -> str:
    verb = "is" if 1 in (snapshot.episode, snapshot.num_episodes) else "are"
    of_all = counted(snapshot.num_episodes, "episode")
    return f"{snapshot.episode:,} of {of_all} {verb}"


def _time(seconds: float) -> str:
    """The time a run took, where it was long enough to be worth a word."""
    if seconds < 1:
        return ""
    if seconds < 100:
        return f" in {counted(round(seconds), 'second')}"
    return f" in {counted(round(seconds / 60), 'minute')}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    """A text with a small first letter, unless it is an abbreviation or a name."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]

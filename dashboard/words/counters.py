"""What is counted in a run: names and values."""

from collections.abc import Mapping

from dashboard.words import facts
from dashboard.words.numbers import counted, known_number, number, percent
from gridworld import Snapshot

#: Name of the counter of it; its value says of how many episodes.
SUCCESS_RATE = "Reached goal"
UNKNOWN = "–"


def counters_of(snapshot: Snapshot) -> dict[str, str]:
    """What is counted in a run: names and values, from which pages choose."""
    returns = snapshot.episode_returns
    if facts.plans(snapshot):
        sweep = snapshot.inside.sweep if snapshot.inside else None
        change = None if sweep is None else sweep.largest_change
        return {
            "Sweeps": f"{snapshot.episode:,}",
            "Total steps": f"{snapshot.total_steps:,}",
            "Step of the sweep": f"{snapshot.step:,}",
            "Change": known_number(change, 3),
            "Start value": known_number(float(returns[-1]), 4) if returns.size else UNKNOWN,
        }
    return {
        "Episodes completed": f"{snapshot.episode:,} of {snapshot.num_episodes:,}",
        "Total steps": f"{snapshot.total_steps:,}",
        "Step of the episode": f"{snapshot.step:,}",
        "Agent at (row, column)": facts.where(
            snapshot, facts.state_of(snapshot, snapshot.position)
        ),
        **dict([exploring(snapshot)]),
        # Sums of rewards such as 0.1 leave a rest far below any reward.
        "Last return": number(round(float(returns[-1]), 12), 2) if returns.size else UNKNOWN,
        SUCCESS_RATE: success_rate(snapshot),
    }


def exploring(snapshot: Snapshot) -> tuple[str, str]:
    """What decides how it explores: its name and its value."""
    match snapshot.exploration:
        case "softmax":
            return "Softmax τ", known_number(snapshot.temperature, 3)
        case "ucb":
            return "UCB c", known_number(snapshot.confidence, 3)
    return "Epsilon ε", f"{snapshot.epsilon:.3f}"


def first_of(snapshot: Snapshot) -> dict[str, str]:
    """Names and values of the first four numbers."""
    counters, gap = counters_of(snapshot), {"Gap to optimal": known_number(snapshot.gap, 3)}
    if facts.plans(snapshot):
        return gap | {name: counters[name] for name in ("Change", "Start value", "Sweeps")}
    name, value = exploring(snapshot)
    is_by_epsilon = name == "Epsilon ε"
    return gap | {
        "Exploring" if is_by_epsilon else name: known_number(snapshot.epsilon, 2)
        if is_by_epsilon
        else value,
        "Last return": counters["Last return"],
        SUCCESS_RATE: counters[SUCCESS_RATE],
    }


def success_rate(snapshot: Snapshot) -> str:
    """Share of the latest episodes that reached a goal, and of how many: "80% of 5"."""
    rate = snapshot.success_rate
    return UNKNOWN if rate is None else f"{percent(rate)} of {facts.n_recent(snapshot):,}"


def details_of(snapshot: Snapshot, speed: float | None) -> dict[str, str]:
    """Names and values of what stands behind the first four numbers.

    Args:
        snapshot: The run.
        speed: Steps a second; None where nothing is going on.
    """
    counters = counters_of(snapshot)
    fast = {"Steps a second": UNKNOWN if speed is None else f"{speed:,.0f}"}
    of_policy = {
        "Greedy return": known_number(facts.greedy_return(snapshot), 4),
        "Optimum": known_number(facts.optimum(snapshot), 4),
    }
    length = {
        "Greedy policy ends": UNKNOWN
        if snapshot.greedy_ends is None or snapshot.greedy_ends != snapshot.greedy_ends
        else percent(min(1.0, max(0.0, snapshot.greedy_ends))),
        "Optimal length": _length(snapshot),
    }
    if facts.plans(snapshot):
        shown = ("Total steps", "Step of the sweep")
        return {name: counters[name] for name in shown} | fast | of_policy | length
    return {
        "Total steps": counters["Total steps"],
        "Step of the episode": counters["Step of the episode"],
        "Episodes completed": counters["Episodes completed"],
        **fast,
        **dict([exploring(snapshot)]),
        "Mean return": _mean(snapshot),
        **of_policy,
        "Cost of exploring": known_number(facts.exploring_cost(snapshot), 3),
        **length,
        "Last length": counted(int(snapshot.episode_lengths[-1]), "step")
        if snapshot.episode
        else UNKNOWN,
    }


def _mean(snapshot: Snapshot) -> str:
    mean = facts.recent_mean(snapshot)
    if mean is None:
        return UNKNOWN
    return f"{known_number(mean, 3)} over {facts.n_recent(snapshot):,}"


def _length(snapshot: Snapshot) -> str:
    text = known_number(snapshot.optimal_length, 4)
    return text if text in (UNKNOWN, "∞") else f"{text} {'step' if text == '1' else 'steps'}"


def as_terms(entries: Mapping[str, str]) -> str:
    """Names and values as a list of terms in HTML."""
    terms = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in entries.items()
    )
    return f"<dl>{terms}</dl>"

"""Answers about how it learns: steps, values, arrows, and what the curve shows of them."""

from typing import Any

import numpy as np

from dashboard.words import facts
from dashboard.words.actions import actions_of
from dashboard.words.facts import Context
from dashboard.words.numbers import counted, known_number, number, percent
from gridworld import ALGORITHMS, RECENT_EPISODES, Cell, Snapshot, best_actions

Said = tuple[tuple[str, ...], tuple[Any, ...]]

#: Episodes before a change, and since it, whose means are compared.
_AROUND_A_CHANGE = 20
_NO_EPISODE = "No episode is completed yet, so there is nothing to compare."
_NO_STEP = "No step is taken yet: Step makes one update."
_PLANNED = (
    "No agent acts or explores here: planning works the values out from what the world may do, so "
    "nothing in them is by chance."
)


def of_the_last_step(snapshot: Snapshot, context: Context) -> Said:
    """What happened last, and what was learned from it."""
    step, update = snapshot.last_step, snapshot.last_update
    if step is None:
        return (_NO_STEP,), ("control", "Step")
    here, there = facts.place(snapshot, step.state), facts.place(snapshot, step.next_state)
    name, where = actions_of(snapshot).names[step.action], facts.where(snapshot, step.state)
    if facts.plans(snapshot):
        what = f"It has worked out anew what {name} in {where} is worth."
        if update is None or (update.state, update.action) != (step.state, step.action):
            what = f"In {where} the policy takes {name}."
            return (what,), ("cell", here)
        return (what, _update(snapshot)), ("cell", here)
    why = "exploring" if step.explored else "by a greatest Q-value"
    came = (
        "stayed where it was"
        if there == here
        else f"came to {facts.where(snapshot, step.next_state)}"
    )
    end = ", where the episode ended" if step.terminated else ""
    sentences = [
        f"In {where} it chose {name}, {why}, got {known_number(step.reward, 6)} and {came}{end}."
    ]
    if update is not None:
        sentences.append(_update(snapshot))
    return tuple(sentences), ("cell", here)


def of_the_arrow(snapshot: Snapshot, context: Context) -> Said:
    """Why the greedy policy does what it does in the selected cell, or where the agent is."""
    here = context.cell or snapshot.position
    acting, last = facts.acting(snapshot), snapshot.last_step
    if context.cell is None and not acting[facts.state_of(snapshot, here)] and last is not None:
        here = facts.place(snapshot, last.state)  # the agent is where an episode has just ended
    state = facts.state_of(snapshot, here)
    name, mark = facts.where(snapshot, state), ("cell", here)
    if not acting[state]:
        return (f"In {name} there is no action to learn: no episode goes on from there.",), mark
    values, actions = snapshot.q_values[state], actions_of(snapshot)
    best = np.flatnonzero(best_actions(snapshot.q_values)[state])
    highest = known_number(values[best[0]], 4)
    visits = snapshot.visits[state]
    if best.size == values.size:
        first = (
            f"In {name} {actions.all} actions have the same Q-value, {highest}: it draws one by "
            "chance."
        )
    elif best.size > 1:
        tied = _listed([actions.names[i] for i in best])
        first = f"In {name} {tied} share the greatest Q-value, {highest}, and are equally likely."
    else:
        second = int(np.argsort(-values, kind="stable")[1])
        first = (
            f"In {name} {actions.names[best[0]]} has the greatest Q-value, {highest}; next is "
            f"{actions.names[second]} with {known_number(values[second], 4)}."
        )
    times = "No action has been taken here yet."
    if visits.any():
        tried = _listed([f"{actions.names[i]} {visits[i]:,}" for i in best])
        times = f"Of {counted(int(visits.sum()), 'action')} taken here so far: {tried}."
    return (first, times, _planned(snapshot, state, best)), mark


def of_first_values(snapshot: Snapshot, context: Context) -> Said:
    """Where all values begin, and how the goal's worth spreads."""
    initial = known_number(context.initial_q, 6)
    begin = (
        f"Every Q-value begins at Initial Q = {initial}, and an update changes only the one of "
        "the action taken."
    )
    if context.initial_q:
        begin = f"They are not in this run: every Q-value begins at Initial Q = {initial}."
    acting = facts.acting(snapshot)
    n_tried, n_pairs = int((snapshot.visits[acting] > 0).sum()), snapshot.q_values[acting].size
    goals = np.argwhere(facts.cells_of(snapshot) == Cell.GOAL).tolist()
    mark = ("cell", tuple(goals[0])) if goals else ("curve",)
    return (
        begin,
        "What the goal is worth moves back one cell at a time, so cells far from it learn of it "
        "last.",
        f"So far {n_tried:,} of {counted(n_pairs, 'pair')} of cell and action have been tried.",
    ), mark


def of_step_sizes(snapshot: Snapshot, context: Context) -> Said:
    """What the step size did in the last update, and what changing it did."""
    if facts.plans(snapshot):
        return ("There is no step size here: a value becomes its target.", _PLANNED), ("curve",)
    if snapshot.last_update is None:
        return (_NO_STEP,), ("control", "Step size α")
    changes = [change for change in snapshot.changes if change.name == "learning_rate"]
    if not changes:
        return (
            _update(snapshot),
            "A greater α learns faster and holds on less to what it knew; here it has been the "
            "same from the start.",
            "Change it while training, or start anew with the same seed, to see what it does.",
        ), ("control", "Step size α")
    last = changes[-1]
    before = snapshot.episode_returns[: last.episode][-_AROUND_A_CHANGE:]
    since = snapshot.episode_returns[last.episode :][-_AROUND_A_CHANGE:]
    told = (
        f"α was changed to {known_number(last.value, 4)} after {counted(last.episode, 'episode')}"
    )
    if before.size and since.size:
        told += (
            f": the {counted(before.size, 'episode')} before earned "
            f"{known_number(float(before.mean()), 3)} on average, the last {since.size} since "
            f"then {known_number(float(since.mean()), 3)}"
        )
    return (_update(snapshot), f"{told}."), ("curve",)


def of_broken_or_exploring(snapshot: Snapshot, context: Context) -> Said:
    """What lies between the episodes and the greedy policy."""
    mean, greedy = facts.recent_mean(snapshot), facts.greedy_return(snapshot)
    if facts.plans(snapshot):
        return (_PLANNED,), ("curve",)
    if mean is None:
        return (_NO_EPISODE,), ("curve",)
    title = ALGORITHMS[snapshot.algorithm].title
    earned = f"The {_last(snapshot)} earned {known_number(mean, 3)} on average"
    if greedy is not None:
        earned += f", and its greedy policy, which never explores, earns {known_number(greedy, 3)}"
    if not facts.explores(snapshot):
        exploring = "It does not explore now, so what is missing has not been learned yet."
    elif snapshot.epsilon:
        exploring = (
            f"Now {percent(snapshot.epsilon)} of its actions are drawn by chance, and whatever "
            "they cost is in the curve."
        )
    else:
        exploring = (
            "It takes others than the best actions now and then, and the curve has the cost."
        )
    return (f"{earned}.", exploring, _of_policy(title, facts.is_on_policy(snapshot))), ("curve",)


def of_broken_or_on_policy(snapshot: Snapshot, context: Context) -> Said:
    """What of the gap comes from learning the values of what it does."""
    title, mark = ALGORITHMS[snapshot.algorithm].title, ("number", "Gap to optimal")
    if facts.plans(snapshot):
        return (_PLANNED,), mark
    is_on_policy = facts.is_on_policy(snapshot)
    kind = _of_policy(title, is_on_policy)
    gap = "" if snapshot.gap is None else known_number(snapshot.gap, 3)
    if not gap:
        return (kind, "Planning has not judged its greedy policy yet."), mark
    if snapshot.gap == 0:
        return (kind, "Its greedy policy is optimal from the start all the same."), mark
    if not is_on_policy:
        return (kind, f"So its gap of {gap} is what it has not learned yet."), mark
    if not facts.explores(snapshot):
        return (kind, f"It does not explore now, so its gap of {gap} is not the price of it."), mark
    return (
        kind,
        f"Its gap of {gap} may be just that: the best policy for one that explores as it does.",
        "Let it explore less, and see whether the gap closes; if it does not, it has not learned "
        "enough.",
    ), mark


def _of_policy(title: str, is_on_policy: bool) -> str:
    """What it means that an algorithm is on-policy, or that it is not."""
    if is_on_policy:
        return (
            f"{title} is on-policy: it learns what its actions are worth while it explores, so its "
            "greedy policy keeps away from where exploring is dangerous, and need not be optimal."
        )
    return (
        f"{title} is off-policy: it learns what the greedy policy is worth whatever it does, so a "
        "poor curve may go with a good policy."
    )


def of_drops(snapshot: Snapshot, context: Context) -> Said:
    """The lowest of the latest episodes."""
    if facts.plans(snapshot):
        return (_PLANNED,), ("curve",)
    mean = facts.recent_mean(snapshot)
    if mean is None:
        return (_NO_EPISODE,), ("curve",)
    recent = snapshot.episode_returns[-RECENT_EPISODES:]
    if recent.size > 1 and np.ptp(recent) == 0:
        earned = known_number(float(recent[0]), 4)
        lengths = snapshot.episode_lengths[-RECENT_EPISODES:]
        return (
            f"It has not: all of the {_last(snapshot)} earned {earned}.",
            f"Their lengths tell more: the shortest took {counted(int(lengths.min()), 'step')}, "
            f"the longest {int(lengths.max()):,}.",
        ), ("curve",)
    lowest = snapshot.episode - recent.size + int(recent.argmin())
    length, earned = int(snapshot.episode_lengths[lowest]), known_number(float(recent.min()), 4)
    reached = "reached" if snapshot.episode_successes[lowest] else "did not reach"
    sentences = [
        f"The lowest of the {_last(snapshot)} is episode {lowest + 1:,}: it earned {earned}, "
        f"where the mean is {known_number(mean, 3)}.",
        f"It took {counted(length, 'step')} and {reached} the goal.",
    ]
    if snapshot.epsilon:
        chance = round(length * snapshot.epsilon)
        sentences.append(
            f"Single episodes differ by chance: with ε as it is now, about {chance:,} of so many "
            "actions would be drawn at random."
        )
    return tuple(sentences), ("episode", lowest + 1)


def _update(snapshot: Snapshot) -> str:
    update = snapshot.last_update
    assert update is not None
    action = actions_of(snapshot).names[update.action]
    where = f"{facts.where(snapshot, update.state)}, {action}"
    return (
        f"The update moved Q({where}) from {number(update.old_value)} to "
        f"{number(update.new_value)}: by {_step_size(snapshot)} times the TD error, "
        f"{number(update.td_error)}."
    )


def _step_size(snapshot: Snapshot) -> str:
    """The step size of the last update, and what it is made of."""
    update = snapshot.last_update
    assert update is not None
    size = known_number(update.learning_rate, 6)
    traces = snapshot.inside.traces if snapshot.inside else None
    return f"α = {size}" if traces is None else f"α z = {size}"


def _planned(snapshot: Snapshot, state: int, best: np.ndarray) -> str:
    """Whether planning agrees with the greedy actions of a state."""
    if snapshot.plan is None:
        return "There are no answers of planning to compare it with."
    optimal = np.flatnonzero(snapshot.plan.optimal[state])
    names = _listed([actions_of(snapshot).names[i] for i in optimal])
    verb = "is" if optimal.size == 1 else "are"
    agrees = set(best.tolist()) <= set(optimal.tolist())
    discount = known_number(snapshot.discount_factor, 4)
    which = "agrees" if agrees else "says otherwise"
    return f"Planning {which}: at γ = {discount} {names} {verb} optimal here."


def _last(snapshot: Snapshot) -> str:
    n = facts.n_recent(snapshot)
    return "last episode" if n == 1 else f"last {n} episodes"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

"""Answers about what was learned: how good the policy is, and by what measure."""

from functools import lru_cache
from typing import Any

import numpy as np

from dashboard.words import facts
from dashboard.words.facts import Context, Verdict, verdict_of
from dashboard.words.numbers import counted, known_number
from dashboard.words.sentence import judged, plain
from gridworld import (
    EXPLORATIONS,
    Plan,
    Snapshot,
    World,
    best_actions,
    gap_to_optimal,
    value_iteration,
)

Said = tuple[tuple[str, ...], tuple[Any, ...]]

#: The discount that is asked about.
_HALF = 0.5
#: States above which planning at another discount takes too long for an answer.
_MOST_STATES = 900
#: Cells of a path that are written out.
_MOST_CELLS = 8
_NOT_JUDGED = "Planning has not come to its answer yet."
_GAP = ("number", "Gap to optimal")


def of_optimality(snapshot: Snapshot, context: Context) -> Said:
    """The verdict, and how far it goes."""
    verdict = verdict_of(snapshot)
    if snapshot.plan is None or snapshot.gap is None:
        said = plain(judged(snapshot, context))
        return (f"{said[:1].upper()}{said[1:]}.",), _GAP
    discount = known_number(snapshot.discount_factor, 4)
    if verdict is Verdict.OPTIMAL:
        first = f"From the start, yes: at γ = {discount} its gap to optimal is 0, up to rounding."
    elif verdict is Verdict.NOTHING_LEARNED:
        first = "No: nothing is learned yet, and all actions are equally likely."
    elif verdict is Verdict.OPTIMAL_SELDOM_ENDING:
        first = f"By its discounted return, yes; but {plain(judged(snapshot, context))}."
    else:
        first = f"No: {plain(judged(snapshot, context))}."
    acting = facts.acting(snapshot)
    wrong = (best_actions(snapshot.q_values) & ~snapshot.plan.optimal).any(axis=1) & acting
    n_wrong, n_all = int(wrong.sum()), int(acting.sum())
    if n_wrong:
        second = (
            f"In {n_wrong:,} of {counted(n_all, 'cell')} where it acts, a greedy action is not "
            "an optimal one."
        )
    else:
        second = f"In all {counted(n_all, 'cell')} where it acts, its greedy actions are optimal."
    third = "The verdict is on the start alone, without exploring and without the step limit."
    return (first, second, third), _GAP


def of_gap(snapshot: Snapshot, context: Context) -> Said:
    """What the gap is, and what it comes from."""
    discount = known_number(snapshot.discount_factor, 4)
    what = (
        "The gap is what the greedy policy earns less from the start than the optimal one, "
        f"discounted by γ = {discount} and without the step limit."
    )
    best = facts.start_value(snapshot)
    if snapshot.gap is None or best is None:
        return (what, _NOT_JUDGED), _GAP
    if np.isinf(snapshot.gap):
        here = f"Here v*(start) = {known_number(best, 4)}, and the greedy policy may never end."
    else:
        own, gap = known_number(best - snapshot.gap, 4), known_number(snapshot.gap, 3)
        here = (
            f"Here v*(start) = {known_number(best, 4)} and the greedy policy's own value is {own}: "
            f"the gap is {gap}."
        )
    return (what, here, "It says nothing of cells that the policy does not come to."), _GAP


def of_optimum_and_curve(snapshot: Snapshot, context: Context) -> Said:
    """Three measures that are not the same."""
    highest, mean = facts.optimum(snapshot), facts.recent_mean(snapshot)
    if highest is None:
        return (_NOT_JUDGED,), ("curve",)
    first = (
        f"The optimum, {known_number(highest, 4)}, is the highest expected return within "
        f"{counted(snapshot.max_steps, 'step')}, not discounted."
    )
    second = "The curve shows what episodes earned while the agent explored and learned."
    if facts.plans(snapshot):
        second = "The curve shows what the start is worth after each sweep, discounted."
    elif mean is not None:
        n = counted(facts.n_recent(snapshot), "episode")
        second = f"{second[:-1]}: {known_number(mean, 4)} on average over the last {n}."
    best, discount = facts.start_value(snapshot), known_number(snapshot.discount_factor, 4)
    if best is None:
        return (first, second), ("curve",)
    third = (
        f"Gap and values are discounted: at γ = {discount} the start is worth "
        f"{known_number(best, 4)} at best, so the gap is no distance in the curve."
    )
    if snapshot.discount_factor == 1:
        third = (
            f"At γ = 1 nothing is discounted: v*(start) = {known_number(best, 4)}, without the "
            "step limit."
        )
    return (first, second, third), ("curve",)


def of_cost(snapshot: Snapshot, context: Context) -> Said:
    """Greedy return minus the mean of the latest episodes."""
    mark = ("number", "Cost of exploring")
    if facts.plans(snapshot):
        return ("Nothing: no agent acts here, and planning needs no exploring.",), ("curve",)
    cost = facts.exploring_cost(snapshot)
    mean, greedy = facts.recent_mean(snapshot), facts.greedy_return(snapshot)
    if mean is None:
        return ("No episode is completed yet, so nothing has been earned while exploring.",), mark
    if cost is None or greedy is None:
        return ("The return of the greedy policy is not known, so it cannot be told.",), mark
    n = counted(facts.n_recent(snapshot), "episode")
    both = (
        f"the greedy policy earns {known_number(greedy, 4)}, and the last {n} earned "
        f"{known_number(mean, 4)} on average"
    )
    if cost <= 0:
        first = f"Nothing, as far as these numbers tell: {both}."
    else:
        first = f"{known_number(cost, 3)} an episode: {both}."
    explores = (
        f"ε is {known_number(snapshot.epsilon, 3)} now."
        if snapshot.epsilon
        else f"It explores by {EXPLORATIONS[snapshot.exploration].title}."
        if facts.explores(snapshot)
        else "It does not explore any more: ε is 0."
    )
    second = "What episodes earned before it had learned what it knows now counts, too."
    if verdict_of(snapshot) in (Verdict.ENDLESS, Verdict.SELDOM_ENDING):
        limit = counted(snapshot.max_steps, "step")
        second = f"Its greedy policy seldom ends an episode within {limit}."
    return (first, second, explores), mark


def of_another_discount(snapshot: Snapshot, context: Context) -> Said:
    """What planning says at γ = 0.5."""
    how = "To see it learn so, set Discount γ before Start, or change it while training."
    mark = facts.mark_of_start(snapshot)
    world, now = context.world, facts.start_value(snapshot)
    if snapshot.discount_factor == _HALF:
        return ("γ is 0.5 in this run: what is on the page is what happens.",), mark
    if world is None or now is None or snapshot.plan is None or world.n_states > _MOST_STATES:
        return (how,), mark
    plan = _plan_at_half(world)
    then, discount = world.mean_over_starts(plan.values), known_number(snapshot.discount_factor, 4)
    chosen = np.eye(world.n_actions)[plan.policy]
    short = gap_to_optimal(world, chosen, snapshot.discount_factor, snapshot.plan)
    if np.isinf(short):
        judged_now = "may never end"
    elif short:
        judged_now = f"earns {known_number(short, 3)} less than the best"
    else:
        judged_now = "is as good as any"
    return (
        f"At γ = 0.5 the start is worth {known_number(then, 4)} at best, at γ = {discount} it is "
        f"{known_number(now, 4)}.",
        f"Judged by γ = {discount}, the policy that is optimal at γ = 0.5 {judged_now}.",
        how,
    ), mark


def of_what_it_learned(snapshot: Snapshot, context: Context) -> Said:
    """The way of the greedy policy from the start."""
    mark = facts.mark_of_start(snapshot)
    if not snapshot.total_steps:
        return ("Nothing yet: no step is taken.",), mark
    path = facts.greedy_path(snapshot, context.world)
    if path is None:
        said = plain(judged(snapshot, context))
        return (
            "From the start its greedy policy takes no single way: chance has a part in it.",
            f"{said[:1].upper()}{said[1:]}.",
        ), mark
    places = [facts.place(snapshot, state) for state in path.states]
    written = [facts.where(snapshot, state) for state in path.states]
    if len(written) > _MOST_CELLS:
        written = [*written[: _MOST_CELLS - 2], "…", written[-1]]
    if not path.ends:
        end = "and goes round in circles from there: it never ends"
    elif path.succeeds:
        end = f"and reaches the goal in {counted(path.n_steps, 'step')}"
    else:
        what = "in a pit" if facts.has_map(snapshot) else "without success"
        end = f"and ends {what} after {counted(path.n_steps, 'step')}"
    first = f"From the start its greedy policy takes the way {' → '.join(written)} {end}."
    length = snapshot.optimal_length
    if length is None or length != length:
        return (first,), ("cells", tuple(places))
    best = f"The optimal policy takes {counted(round(length), 'step')}."
    return (first, best), ("cells", tuple(places))


@lru_cache(maxsize=2)
def _plan_at_half(world: World) -> Plan:
    return value_iteration(world, _HALF)

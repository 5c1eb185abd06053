"""Sets a run to a saved state, after checking that such a run can have that state."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridworld.learning import loop
from gridworld.learning.base import LearningConfig
from gridworld.planning.evaluation import Evaluation
from gridworld.runs.changes import TUNABLE
from gridworld.runs.run import Run
from gridworld.runs.snapshot import Change
from gridworld.runs.status import Status
from gridworld.runs.thinning import ThinnedRecords
from gridworld.saving import checks
from gridworld.saving.checks import LoadError, require
from gridworld.saving.schema import RunState, changes_from_array
from gridworld.worlds.maps import Cell, parse_layout

_NUMBERS = (
    "total_steps",
    "episode_return",
    "n_optimal",
    "n_planned",
    "keyframe_interval",
    "evaluation_interval",
    "agent_generator",
    "world_generator",
)
#: Most steps of a saved run; JSON readers keep whole numbers up to this one exact.
_MAX_STEPS = 2**53


class Timeline:
    """How far a run was after some numbers of steps, derived from its episodes' lengths.

    Args:
        steps: Steps taken in the whole run, shape ``(N,)``.
        lengths: Steps of each completed episode, shape ``(E,)``.

    Attributes:
        episodes: Episodes completed by then, shape ``(N,)``.
        open_steps: Steps of the episode under way; 0 between two episodes.
        episode_steps: Steps of the episode under way; between two episodes, of the last one.
    """

    def __init__(self, steps: NDArray[np.int64], lengths: NDArray[np.int64]) -> None:
        self.steps = steps
        ends = np.append(0, lengths.cumsum())
        self.episodes = np.searchsorted(ends, steps, "right") - 1
        self.open_steps = steps - ends[self.episodes]
        last = np.append(0, lengths)[self.episodes]
        self.episode_steps = np.where(self.open_steps == 0, last, self.open_steps)


def restore(
    run: Run, state: RunState, learning: LearningConfig, scheduled: Iterable[Change]
) -> None:
    """Sets a run that has just been made to a state.

    Args:
        run: The run; if an error is raised, it is left in no valid state.
        state: The state, with arrays of the types and shapes of `schema.array_shapes`.
        learning: The learner's parameters at the start.
        scheduled: All changes that were scheduled at the start.

    Raises:
        LoadError: If the run cannot have that state.
    """
    numbers = checks.names(state.numbers, _NUMBERS, "numbers")
    total_steps = checks.whole("total_steps", numbers["total_steps"], 0, _MAX_STEPS)
    arrays = state.arrays
    _restore_records(run, arrays, total_steps)

    n_keyframes = state.counts["frames"] - 1
    interval = _interval("keyframe_interval", numbers, n_keyframes, run.keyframes, total_steps)
    steps = np.append(np.arange(n_keyframes) * interval, total_steps)
    timeline = Timeline(steps, arrays["episode_lengths"])
    _check_frames(run, arrays, timeline)

    changes = _changes(arrays, total_steps)
    made_at = [change.total_steps for change in changes]
    run.scheduled = _scheduled_left(scheduled, numbers, total_steps)
    rates = {name: float(getattr(learning, name)) for name in TUNABLE}
    keyframes = []
    for i in range(n_keyframes):
        _place(run, arrays, timeline, i, changes[: bisect_left(made_at, steps[i])], rates)
        keyframes.append(run.frame(Status.RUNNING))
    _place(run, arrays, timeline, n_keyframes, changes, rates)
    run.keyframes.replace_all(keyframes, interval)
    _restore_evaluations(run, state, between_episodes=timeline.open_steps[-1] == 0)
    run.progress["episode_return"] = checks.real("episode_return", numbers["episode_return"])
    for name, rng in (("agent_generator", run.agent.np_random), ("world_generator", run.np_random)):
        rng.bit_generator.state = checks.generator_state(name, numbers[name])


def _restore_records(run: Run, arrays: dict[str, NDArray], total_steps: int) -> None:
    returns, lengths = arrays["episode_returns"], arrays["episode_lengths"]
    checks.finite("episode_returns", returns)
    checks.within("episode_lengths", lengths, 1, run.max_steps)
    checks.booleans("episode_successes", arrays["episode_successes"])
    open_steps = total_steps - int(lengths.sum())
    most = run.max_steps - 1 if len(lengths) < run.num_episodes else 0
    require(
        0 <= open_steps <= most,
        f"total_steps must be episode_lengths and 0 to {most} steps more, got {total_steps}",
    )
    for name, record in run.records._asdict().items():
        record[: len(lengths)] = arrays[f"episode_{name}"]


def _interval(
    name: str, numbers: dict[str, Any], count: int, kept: ThinnedRecords, reached: int
) -> int:
    """Returns a valid interval between ``count`` records."""
    interval = checks.whole(name, numbers[name], 1, _MAX_STEPS)
    require(
        kept.fits(count, interval) and (count - 1) * interval <= reached <= count * interval,
        f"{name} must fit {count} records up to {reached}, got {interval}",
    )
    return interval


def _check_frames(run: Run, arrays: dict[str, NDArray], timeline: Timeline) -> None:
    n_states, n_actions = run.world.n_states, run.world.n_actions
    visits, trails, updates = arrays["visits"], arrays["trails"], arrays["updates"]
    checks.finite("q_values", arrays["q_values"])
    checks.within("epsilons", arrays["epsilons"], 0, 1)
    checks.within("visits", visits, 0, timeline.steps[-1])
    require((visits.sum(axis=(1, 2)) == timeline.steps).all(), "visits must add up to the steps")

    checks.within("trails", trails, 0, n_states - 1)
    n_cells = np.minimum(timeline.episode_steps + 1, loop.TRAIL_LENGTH)
    barred = np.isin(parse_layout(run.layout).ravel(), (Cell.WALL, Cell.CLIFF))[trails]
    barred &= np.arange(loop.TRAIL_LENGTH) < n_cells[:, None]
    require(not barred.any(), "trails must lead over cells that can be entered")
    state = trails[np.arange(len(trails)), n_cells - 1]
    under_way = timeline.open_steps > 0
    require(
        not run.world.terminal[state[under_way]].any(),
        "trails must not lead to where an episode ends while it is under way",
    )

    for field in ("state", "next_state"):
        checks.within(f"updates: {field}", updates[field], 0, n_states - 1)
    checks.within("updates: action", updates["action"], 0, n_actions - 1)
    for field in ("terminated", "explored"):
        checks.booleans(f"updates: {field}", updates[field])
    for field in ("reward", "old_value", "target", "td_error", "new_value"):
        checks.finite(f"updates: {field}", updates[field])
    begun = timeline.steps > 0
    require(
        (updates["next_state"] == state)[begun].all(),
        "updates: next_state must be the last cell of the trail",
    )


def _changes(arrays: dict[str, NDArray], total_steps: int) -> tuple[Change, ...]:
    try:
        changes = changes_from_array(arrays["changes"])
    except ValueError as error:
        raise LoadError(f"changes: {error}") from None
    made_at = np.array([change.total_steps for change in changes], np.int64)
    require(
        (np.diff(made_at) >= 0).all() and (made_at <= total_steps).all(),
        f"changes must be in order and not after {total_steps} steps",
    )
    expected = Timeline(made_at, arrays["episode_lengths"]).episodes
    require(
        [change.episode for change in changes] == expected.tolist(),
        "changes must tell the episodes that were completed by then",
    )
    return changes


def _scheduled_left(
    scheduled: Iterable[Change], numbers: dict[str, Any], total_steps: int
) -> tuple[Change, ...]:
    scheduled = sorted(scheduled, key=lambda change: change.total_steps)
    n_left = checks.whole("n_planned", numbers["n_planned"], 0, len(scheduled))
    n_made = len(scheduled) - n_left
    require(
        all(change.total_steps <= total_steps for change in scheduled[:n_made])
        and all(change.total_steps >= total_steps for change in scheduled[n_made:]),
        f"n_planned must be the changes planned after {total_steps} steps, got {n_left}",
    )
    return tuple(scheduled[n_made:])


def _place(
    run: Run,
    arrays: dict[str, NDArray],
    timeline: Timeline,
    i: int,
    changes: tuple[Change, ...],
    rates: dict[str, float],
) -> None:
    """Sets the run to its ``i``-th frame."""
    run.agent.q_values[...] = arrays["q_values"][i]
    run.visits[...] = arrays["visits"][i]
    run.transition[0] = arrays["updates"][i]
    step = int(timeline.episode_steps[i])
    of_trail = np.arange(max(0, step + 1 - loop.TRAIL_LENGTH), step + 1)
    run.trail[of_trail % loop.TRAIL_LENGTH] = arrays["trails"][i, : len(of_trail)]
    run.changes = changes
    for name, value in (rates | {change.name: change.value for change in changes}).items():
        setattr(run.agent, name, value)
    run.agent.epsilon = float(arrays["epsilons"][i])
    run.progress["state"] = arrays["trails"][i, len(of_trail) - 1]
    run.progress["step"] = step
    run.progress["episode"] = timeline.episodes[i]
    run.progress["total_steps"] = timeline.steps[i]
    run.progress["epsilon"] = run.agent.epsilon
    run.progress["between_episodes"] = timeline.open_steps[i] == 0


def _restore_evaluations(run: Run, state: RunState, between_episodes: bool) -> None:
    arrays, numbers, count = state.arrays, state.numbers, state.counts["evaluations"]
    interval = _interval("evaluation_interval", numbers, count, run.evaluations, run.episode)
    # Evaluations are taken between two episodes only: one due within an episode blocks the run.
    require(
        between_episodes or run.episode < count * interval,
        f"evaluation_interval must not be due in mid-episode, got {interval}",
    )
    checks.within("evaluation_epsilons", arrays["evaluation_epsilons"], 0, 1)
    checks.booleans("evaluation_known", arrays["evaluation_known"])
    returns = arrays["evaluation_returns"]
    checks.finite("evaluation_returns", returns[~np.isnan(returns)])  # NaN has a meaning there
    shape = run.agent.q_values.shape
    evaluations = []
    for i, packed in enumerate(arrays["evaluation_policies"]):
        policy = np.unpackbits(packed, count=run.agent.q_values.size).reshape(shape).astype(bool)
        require(policy.any(axis=1).all(), "evaluation_policies must take an action in each state")
        epsilon = float(arrays["evaluation_epsilons"][i])
        evaluation = Evaluation(i * interval, epsilon, policy)
        if arrays["evaluation_known"][i]:
            evaluation.expected_return = float(returns[i])
        evaluations.append(evaluation)
    most = min(run.optimal_evaluations, run.episode)
    evaluations[-1].n_optimal = checks.whole("n_optimal", numbers["n_optimal"], 0, most)
    run.evaluations.replace_all(evaluations, interval)

"""Sets a run to a saved state, after checking that such a run can have that state."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridworld.learning.recording import (
    NONE,
    STEP,
    TRAIL_LENGTH,
    UPDATE,
    keep_due,
)
from gridworld.runs.history import fits, places_of_trail
from gridworld.runs.run import Run
from gridworld.runs.snapshot import Change
from gridworld.runs.stages import Stage
from gridworld.saving import checks
from gridworld.saving.checks import LoadError, require
from gridworld.saving.schema import RunState, changes_from_array, memory_arrays
from gridworld.worlds.maps import Cell, parse_layout

_NUMBERS = (
    "total_steps",
    "episode_return",
    "n_optimal",
    "checked_episode",
    "n_scheduled",
    "keyframe_interval",
    "evaluation_interval",
    "agent_generator",
    "world_generator",
    "n_outcomes",
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


def restore(run: Run, state: RunState, scheduled: Iterable[Change]) -> None:
    """Sets a run that has just been made to a state.

    Args:
        run: The run; if an error is raised, it is left in no valid state.
        state: The state, with arrays of the types and shapes of `schema.array_shapes`.
        scheduled: All changes that were scheduled at the start.

    Raises:
        LoadError: If the run cannot have that state.
    """
    numbers = checks.names(state.numbers, _NUMBERS, "numbers")
    total_steps = checks.whole("total_steps", numbers["total_steps"], 0, _MAX_STEPS)
    arrays = state.arrays
    _restore_records(run, arrays, total_steps)

    n_keyframes, capacity = state.counts["frames"] - 1, len(run.recording.keyframes.q_values)
    interval = _interval("keyframe_interval", numbers, n_keyframes, capacity, total_steps)
    steps = np.append(np.arange(n_keyframes) * interval, total_steps)
    timeline = Timeline(steps, arrays["episode_lengths"])
    _check_frames(run, arrays, timeline)

    changes = _changes(arrays, total_steps)
    run.scheduled = _scheduled_left(scheduled, numbers, total_steps)
    run.changes = changes
    _restore_frames(run, arrays, timeline)
    run.recording.keyframes.thinning[0] = n_keyframes, interval
    made = {change.name: change.value for change in changes}
    run.set_rates(made | {"epsilon": float(arrays["epsilons"][-1])})
    run.progress["episode_return"] = checks.real("episode_return", numbers["episode_return"])
    is_between = bool(run.progress["between_episodes"][0])
    _restore_evaluations(run, state, is_between)
    _restore_memory(run, arrays, 0 if is_between else int(run.progress["step"][0]))
    of_agent, of_world = (
        checks.generator_state(name, numbers[name])
        for name in ("agent_generator", "world_generator")
    )
    run.learner_random.bit_generator.state = of_agent
    run.begin_again(of_world)
    # An interrupt may have prevented what was due when an earlier version wrote the file.
    keep_due(run.q_values, run.recording)


def _restore_records(run: Run, arrays: dict[str, NDArray], total_steps: int) -> None:
    returns, lengths = arrays["episode_returns"], arrays["episode_lengths"]
    checks.finite("episode_returns", returns)
    checks.within("episode_lengths", lengths, 1, run.longest_episode)
    checks.booleans("episode_successes", arrays["episode_successes"])
    open_steps = total_steps - int(lengths.sum())
    most = run.longest_episode - 1 if len(lengths) < run.num_episodes else 0
    require(
        0 <= open_steps <= most,
        f"total_steps must be episode_lengths and 0 to {most} steps more, got {total_steps}",
    )
    for name, record in run.recording.episodes._asdict().items():
        record[: len(lengths)] = arrays[f"episode_{name}"]


def _interval(name: str, numbers: dict[str, Any], count: int, capacity: int, reached: int) -> int:
    """Returns a valid interval between ``count`` records of a history."""
    interval = checks.whole(name, numbers[name], 1, _MAX_STEPS)
    require(
        fits(capacity, count, interval) and (count - 1) * interval <= reached <= count * interval,
        f"{name} must fit {count} records up to {reached}, got {interval}",
    )
    return interval


def _check_frames(run: Run, arrays: dict[str, NDArray], timeline: Timeline) -> None:
    n_states, n_actions = run.q_values.shape
    visits, trails, updates = arrays["visits"], arrays["trails"], arrays["updates"]
    checks.finite("q_values", arrays["q_values"])
    checks.within("epsilons", arrays["epsilons"], 0, 1)
    checks.within("visits", visits, 0, timeline.steps[-1])
    require((visits.sum(axis=(1, 2)) == timeline.steps).all(), "visits must add up to the steps")

    checks.within("trails", trails, 0, n_states - 1)
    n_cells = np.minimum(timeline.episode_steps + 1, TRAIL_LENGTH)
    is_barred = np.logical_and.reduce([_barred(stage) for stage in run.stages])
    barred = is_barred[trails]
    barred &= np.arange(TRAIL_LENGTH) < n_cells[:, None]
    require(not barred.any(), "trails must lead over cells that can be entered")
    state = trails[np.arange(len(trails)), n_cells - 1]
    under_way = timeline.open_steps > 0
    ends = np.logical_and.reduce(
        [
            np.zeros(n_states, np.bool_) if stage.world is None else stage.world.terminal
            for stage in run.stages
        ]
    )
    require(
        not ends[state[under_way]].any(),
        "trails must not lead to where an episode ends while it is under way",
    )

    steps = arrays["steps"]
    for field in ("state", "next_state"):
        checks.within(f"steps: {field}", steps[field], 0, n_states - 1)
    checks.within("steps: action", steps["action"], 0, n_actions - 1)
    _check_numbers("steps", steps, STEP)
    begun = timeline.steps > 0
    require(
        (steps["next_state"] == state)[begun].all(),
        "steps: next_state must be the last cell of the trail",
    )
    checks.within("updates: state", updates["state"], NONE, n_states - 1)
    checks.within("updates: action", updates["action"], 0, n_actions - 1)
    checks.within("updates: next_action", updates["next_action"], NONE, n_actions - 1)
    checks.within("updates: discount", updates["discount"], 0, 1)
    checks.within("updates: learning_rate", updates["learning_rate"], 0, np.inf)
    _check_numbers("updates", updates, UPDATE)


def _barred(stage: Stage) -> NDArray[np.bool_]:
    """Whether no agent can be in a state, as far as the map tells it, shape ``(S,)``."""
    if not stage.layout:
        return np.zeros(stage.n_states, np.bool_)
    return np.isin(parse_layout(stage.layout).ravel(), (Cell.WALL, Cell.CLIFF))


def _check_numbers(name: str, records: NDArray, kind: np.dtype) -> None:
    """Checks fields that hold any finite number, or true and false."""
    for field, (dtype, *_) in (kind.fields or {}).items():
        if dtype == np.bool_:
            checks.booleans(f"{name}: {field}", records[field])
        elif dtype == np.float64:
            checks.finite(f"{name}: {field}", records[field])


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
    n_left = checks.whole("n_scheduled", numbers["n_scheduled"], 0, len(scheduled))
    n_made = len(scheduled) - n_left
    require(
        all(change.total_steps <= total_steps for change in scheduled[:n_made])
        and all(change.total_steps >= total_steps for change in scheduled[n_made:]),
        f"n_scheduled must be the changes scheduled after {total_steps} steps, got {n_left}",
    )
    return tuple(scheduled[n_made:])


def _restore_frames(run: Run, arrays: dict[str, NDArray], timeline: Timeline) -> None:
    """Sets the keyframes, and the run itself to the last frame."""
    now, kept = run.recording, run.recording.keyframes
    n_kept = len(timeline.steps) - 1
    progress = np.zeros(n_kept + 1, kept.progress.dtype)
    rings = np.zeros((n_kept + 1, TRAIL_LENGTH), np.int64)
    for i, step in enumerate(timeline.episode_steps.tolist()):
        places = places_of_trail(step)
        rings[i, places] = arrays["trails"][i, : len(places)]
        progress["state"][i] = arrays["trails"][i, len(places) - 1]
    progress["step"] = timeline.episode_steps
    progress["episode"] = timeline.episodes
    progress["total_steps"] = timeline.steps
    progress["epsilon"] = arrays["epsilons"]
    progress["between_episodes"] = timeline.open_steps == 0
    for of_history, present, frames in (
        (kept.q_values, run.q_values, arrays["q_values"]),
        (kept.visits, now.visits, arrays["visits"]),
        (kept.trails, now.trail, rings),
        (kept.progress, now.progress, progress),
        (kept.steps, now.step, arrays["steps"]),
        (kept.updates, now.update, arrays["updates"]),
    ):
        of_history[:n_kept] = frames[:n_kept].reshape(n_kept, *of_history.shape[1:])
        present[...] = frames[n_kept]


def _restore_memory(run: Run, arrays: dict[str, NDArray], step: int) -> None:
    """Sets the memory; ``step`` is that of the episode under way, 0 between two episodes."""
    for name, array in memory_arrays(run.memory).items():
        given = arrays[name]
        if array.dtype == np.bool_:
            checks.booleans(name, given)
        if array.dtype == np.float64:
            checks.finite(name, given)
        array[...] = given
    try:
        run.algorithm.check(run.memory, step)
    except ValueError as error:
        raise LoadError(f"memory_{error}") from None


def _restore_evaluations(run: Run, state: RunState, is_between: bool) -> None:
    arrays, numbers, count = state.arrays, state.numbers, state.counts["evaluations"]
    policies, shape = run.recording.policies, run.q_values.shape
    capacity = len(policies.best)
    interval = _interval("evaluation_interval", numbers, count, capacity, run.episode)
    # Evaluations are taken between two episodes only: one due within an episode blocks the run.
    require(
        is_between or run.episode < count * interval,
        f"evaluation_interval must not be due in mid-episode, got {interval}",
    )
    checks.within("evaluation_epsilons", arrays["evaluation_epsilons"], 0, 1)
    checks.booleans("evaluation_known", arrays["evaluation_known"])
    returns = arrays["evaluation_returns"]
    checks.finite("evaluation_returns", returns[~np.isnan(returns)])  # NaN has a meaning there
    for i, packed in enumerate(arrays["evaluation_policies"]):
        policies.best[i] = np.unpackbits(packed, count=run.q_values.size)
    require(
        policies.best[:count].reshape(-1, *shape).any(axis=2).all(),
        "evaluation_policies must take an action in each state",
    )
    policies.epsilons[:count] = arrays["evaluation_epsilons"]
    policies.returns[:count] = returns
    policies.known[:count] = arrays["evaluation_known"]
    policies.thinning[0] = count, interval
    most = min(run.optimal_evaluations, run.episode)
    n_optimal = checks.whole("n_optimal", numbers["n_optimal"], 0, most)
    latest = run.evaluations.latest_episode
    checked = checks.whole("checked_episode", numbers["checked_episode"], 0, latest)
    run.optimal_in_a_row = checked, n_optimal

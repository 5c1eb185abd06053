"""The content of a file: `SavedRun`, and the state of a `Run` as numbers and arrays.

Numbers that follow from the records of the episodes are not saved, such as the episode and its
steps after so many steps of the run.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.learning import loop
from gridworld.runs.changes import TUNABLE, check_changes
from gridworld.runs.run import Run
from gridworld.runs.snapshot import Change, Snapshot
from gridworld.runs.spec import RunSpec
from gridworld.runs.status import Status

FORMAT, VERSION = "gridworld run", 1
#: Fields of the header.
FIELDS = (
    "format",
    "version",
    "status",
    "world",
    "learner",
    "learning",
    "seed",
    "counts",
    "numbers",
)
CHANGE = np.dtype([("total_steps", "i8"), ("episode", "i8"), ("name", "u1"), ("value", "f8")])


class RunState(NamedTuple):
    """A run's state.

    Attributes:
        counts: Numbers of completed ``episodes``, and of ``frames``, ``evaluations`` and
            ``changes``.
        numbers: Numbers, and the states of both generators, of types that JSON can hold.
        arrays: Records of the episodes; frames, which are the keyframes and then the present
            run; evaluations; changes. `array_shapes` has their types and shapes.
    """

    counts: dict[str, int]
    numbers: dict[str, Any]
    arrays: dict[str, NDArray]


class SavedRun(NamedTuple):
    """The content of a file.

    Attributes:
        origin: The spec that the run was made from.
        status: Its status.
        state: Its state.
    """

    origin: RunSpec
    status: Status
    state: RunState


def array_shapes(
    counts: dict[str, int], n_states: int, n_actions: int
) -> dict[str, tuple[np.dtype, tuple[int, ...]]]:
    """Type and shape of each array of a `RunState`."""
    n_frames, n_evaluations = counts["frames"], counts["evaluations"]
    table = (n_frames, n_states, n_actions)
    return {
        name: (np.dtype(dtype), shape)
        for name, dtype, shape in (
            ("episode_returns", "f8", (counts["episodes"],)),
            ("episode_lengths", "i8", (counts["episodes"],)),
            ("episode_successes", "?", (counts["episodes"],)),
            ("q_values", "f8", table),
            ("visits", "i8", table),
            ("trails", "i8", (n_frames, loop.TRAIL_LENGTH)),
            ("updates", loop.TRANSITION, (n_frames,)),
            ("epsilons", "f8", (n_frames,)),
            ("evaluation_policies", "u1", (n_evaluations, -(-n_states * n_actions // 8))),
            ("evaluation_epsilons", "f8", (n_evaluations,)),
            ("evaluation_returns", "f8", (n_evaluations,)),
            ("evaluation_known", "?", (n_evaluations,)),
            ("changes", CHANGE, (counts["changes"],)),
        )
    }


def state_of(run: Run) -> RunState:
    """The state of a run."""
    records = run.records
    frames = [*run.keyframes, run.frame(Status.RUNNING)]
    evaluations = list(run.evaluations)
    latest = run.evaluations.latest
    counts = {
        "episodes": run.episode,
        "frames": len(frames),
        "evaluations": len(evaluations),
        "changes": len(run.changes),
    }
    numbers = {
        "total_steps": run.total_steps,
        "episode_return": float(run.progress["episode_return"][0]),
        "n_optimal": latest.n_optimal if latest else 0,
        "n_planned": len(run.scheduled),
        "keyframe_interval": run.keyframes.interval,
        "evaluation_interval": run.evaluations.interval,
        "agent_generator": run.agent.np_random.bit_generator.state,
        "world_generator": run.np_random.bit_generator.state,
    }
    earned = [evaluation.expected_return for evaluation in evaluations]
    arrays = {
        "episode_returns": records.returns[: run.episode],
        "episode_lengths": records.lengths[: run.episode],
        "episode_successes": records.successes[: run.episode],
        "q_values": np.stack([frame.q_values for frame in frames]),
        "visits": np.stack([frame.visits for frame in frames]),
        "trails": np.stack([_trail(frame, run.world.shape[1]) for frame in frames]),
        "updates": np.array([_update(frame) for frame in frames], loop.TRANSITION),
        "epsilons": np.array([frame.epsilon for frame in frames]),
        "evaluation_policies": np.stack([np.packbits(e.policy) for e in evaluations]),
        "evaluation_epsilons": np.array([e.epsilon for e in evaluations]),
        "evaluation_returns": np.array([0.0 if value is None else value for value in earned]),
        "evaluation_known": np.array([value is not None for value in earned]),
        "changes": changes_to_array(run.changes),
    }
    return RunState(counts, numbers, arrays)


def changes_to_array(changes: Iterable[Change]) -> NDArray:
    """Changes of parameters as an array of `CHANGE`."""
    rows = [(c.total_steps, c.episode, TUNABLE.index(c.name), c.value) for c in changes]
    return np.array(rows, CHANGE)


def changes_from_array(array: NDArray) -> tuple[Change, ...]:
    """Changes of parameters from such an array; raises ValueError if one is not allowed."""
    return check_changes(
        Change(steps, episode, TUNABLE[name] if name < len(TUNABLE) else str(name), value)
        for steps, episode, name, value in array.tolist()
    )


def _trail(frame: Snapshot, n_cols: int) -> NDArray[np.int64]:
    trail = np.zeros(loop.TRAIL_LENGTH, np.int64)
    trail[: len(frame.trail)] = frame.trail @ (n_cols, 1)
    return trail


def _update(frame: Snapshot) -> tuple:
    return tuple(frame.last_update or np.zeros(1, loop.TRANSITION)[0].item())

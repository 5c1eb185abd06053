"""The content of a file: `SavedRun`, and the state of a `Run` as numbers and arrays.

Numbers that follow from the records of the episodes are not saved, such as the episode and its
steps after so many steps of the run.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.learning.recording import STEP, TRAIL_LENGTH, UPDATE
from gridworld.runs.changes import check_changes
from gridworld.runs.history import trail_of
from gridworld.runs.run import Run
from gridworld.runs.snapshot import Change
from gridworld.runs.spec import RunSpec
from gridworld.runs.status import Status

FORMAT, VERSION = "gridworld run", 4
#: What the parameters of the field ``world`` belong to: the environment's name in Gymnasium.
ENVIRONMENT = "GridWorld-v0"
#: Fields of the header.
FIELDS = (
    "format",
    "version",
    "status",
    "environment",
    "world",
    "algorithm",
    "exploration",
    "learning",
    "seed",
    "counts",
    "numbers",
)
CHANGE = np.dtype([("total_steps", "i8"), ("episode", "i8"), ("name", "S16"), ("value", "f8")])


class RunState(NamedTuple):
    """A run's state.

    Attributes:
        counts: Numbers of completed ``episodes``, and of ``frames``, ``evaluations`` and
            ``changes``.
        numbers: Numbers, and the states of both generators, of types that JSON can hold.
        arrays: Records of the episodes; frames, which are the keyframes and then the present
            run; the learner's memory beside the Q-table; evaluations; changes. `array_shapes`
            has their types and shapes.
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
    counts: dict[str, int], memory: Any
) -> dict[str, tuple[np.dtype, tuple[int, ...]]]:
    """Type and shape of each array of a `RunState`.

    Args:
        counts: Those of the state.
        memory: A memory of the algorithm, for this many states and actions.
    """
    n_frames, n_evaluations = counts["frames"], counts["evaluations"]
    n_states, n_actions = memory.q_values.shape
    table = (n_frames, n_states, n_actions)
    shapes = {
        name: (np.dtype(dtype), shape)
        for name, dtype, shape in (
            ("episode_returns", "f8", (counts["episodes"],)),
            ("episode_lengths", "i8", (counts["episodes"],)),
            ("episode_successes", "?", (counts["episodes"],)),
            ("q_values", "f8", table),
            ("visits", "i8", table),
            ("trails", "i8", (n_frames, TRAIL_LENGTH)),
            ("steps", STEP, (n_frames,)),
            ("updates", UPDATE, (n_frames,)),
            ("epsilons", "f8", (n_frames,)),
            ("evaluation_policies", "u1", (n_evaluations, -(-n_states * n_actions // 8))),
            ("evaluation_epsilons", "f8", (n_evaluations,)),
            ("evaluation_returns", "f8", (n_evaluations,)),
            ("evaluation_known", "?", (n_evaluations,)),
            ("changes", CHANGE, (counts["changes"],)),
        )
    }
    return shapes | {
        name: (array.dtype, array.shape) for name, array in memory_arrays(memory).items()
    }


def memory_arrays(memory: Any, prefix: str = "memory") -> dict[str, NDArray]:
    """The arrays of a memory beside the Q-table, by their names in a file."""
    arrays: dict[str, NDArray] = {}
    for name, field in memory._asdict().items():
        if hasattr(field, "_asdict"):
            arrays |= memory_arrays(field, f"{prefix}_{name}")
        elif name != "q_values" and isinstance(field, np.ndarray):
            arrays[f"{prefix}_{name}"] = field
    return arrays


def state_of(run: Run) -> RunState:
    """The state of a run."""
    now, kept, policies = run.recording, run.recording.keyframes, run.recording.policies
    n_frames, n_evaluations = len(run.keyframe_steps), len(run.evaluations)
    progress = np.concatenate([kept.progress[:n_frames], now.progress])
    rings = np.concatenate([kept.trails[:n_frames], now.trail[None]])
    counts = {
        "episodes": run.episode,
        "frames": n_frames + 1,
        "evaluations": n_evaluations,
        "changes": len(run.changes),
    }
    numbers = {
        "total_steps": run.total_steps,
        "episode_return": float(now.progress["episode_return"][0]),
        "n_optimal": run.optimal_in_a_row[1],
        "checked_episode": run.optimal_in_a_row[0],
        "n_scheduled": len(run.scheduled),
        "keyframe_interval": run.keyframe_steps.step,
        "evaluation_interval": run.evaluations.interval,
        "agent_generator": run.learner_random.bit_generator.state,
        "world_generator": run.world_generator_state,
        "n_outcomes": n_outcomes_of(run.memory),
    }
    known = policies.known[:n_evaluations].copy()
    arrays = {
        "episode_returns": now.episodes.returns[: run.episode],
        "episode_lengths": now.episodes.lengths[: run.episode],
        "episode_successes": now.episodes.successes[: run.episode],
        "q_values": _frames(kept.q_values[:n_frames], run.q_values),
        "visits": _frames(kept.visits[:n_frames], now.visits),
        "trails": np.stack(
            [_trail(*of_frame) for of_frame in zip(rings, progress["step"], strict=True)]
        ),
        "steps": np.concatenate([kept.steps[:n_frames], now.step]),
        "updates": np.concatenate([kept.updates[:n_frames], now.update]),
        "epsilons": progress["epsilon"],
        "evaluation_policies": np.stack(
            [np.packbits(best) for best in policies.best[:n_evaluations]]
        ),
        "evaluation_epsilons": policies.epsilons[:n_evaluations].copy(),
        "evaluation_returns": np.where(known, policies.returns[:n_evaluations], 0.0),
        "evaluation_known": known,
        "changes": changes_to_array(run.changes),
    }
    memory = {name: array.copy() for name, array in memory_arrays(run.memory).items()}
    return RunState(counts, numbers, arrays | memory)


def world_of(origin: RunSpec, state: RunState) -> dict[str, Any]:
    """The field ``world``: parameters of a grid world, or what tells an environment.

    An environment itself is in no file.
    """
    if origin.env is None:
        return origin.world
    n_states, n_actions = state.arrays["q_values"].shape[1:]
    return {
        "max_steps": origin.world["max_steps"],
        "n_states": n_states,
        "n_actions": n_actions,
    }


def n_outcomes_of(memory: Any) -> int:
    """The outcomes of each action for which a learned model has room; 0 without a model."""
    known = getattr(memory, "known", None)
    return 0 if known is None else len(known.pair) // memory.q_values.size


def changes_to_array(changes: Iterable[Change]) -> NDArray:
    """Changes of parameters as an array of `CHANGE`."""
    return np.array([(c.total_steps, c.episode, c.name, c.value) for c in changes], CHANGE)


def changes_from_array(array: NDArray) -> tuple[Change, ...]:
    """Changes of parameters from such an array; raises ValueError if one is not allowed."""
    return check_changes(
        Change(steps, episode, name.decode("ascii", "replace"), value)
        for steps, episode, name, value in array.tolist()
    )


def _frames(kept: NDArray, present: NDArray) -> NDArray:
    """Tables of the keyframes and of the present run, shape ``(n_frames, S, A)``."""
    return np.concatenate([kept.reshape(-1, *present.shape), present[None]])


def _trail(ring: NDArray[np.int64], step: int) -> NDArray[np.int64]:
    """States last visited, oldest first, and zeros up to the length of all trails."""
    trail = np.zeros(TRAIL_LENGTH, np.int64)
    visited = trail_of(ring, step)
    trail[: len(visited)] = visited
    return trail

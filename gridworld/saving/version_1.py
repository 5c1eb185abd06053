"""Files of version 1, which knew Q-learning only, read as files of the present version."""

from bisect import bisect_left
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms.q_learning import Q_LEARNING
from gridworld.learning.config import LearningConfig
from gridworld.learning.recording import NONE, STEP, UPDATE
from gridworld.saving import checks
from gridworld.saving.checks import LoadError
from gridworld.saving.schema import (
    CHANGE,
    ENVIRONMENT,
    changes_from_array,
)

VERSION = 1
_LEARNER = "QLearningConfig"
#: Parameters that could change during a run.
_TUNABLE = ("learning_rate", "discount_factor", "epsilon")
_FIELDS = (
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
#: What a step and the update that it led to were together.
_UPDATE = np.dtype(
    [
        *((name, STEP[name]) for name in STEP.names or ()),
        *((name, np.float64) for name in ("old_value", "target", "td_error", "new_value")),
    ]
)
#: A change, with the index of its parameter.
_CHANGE = np.dtype([("total_steps", "i8"), ("episode", "i8"), ("name", "u1"), ("value", "f8")])

Shapes = dict[str, tuple[np.dtype, tuple[int, ...]]]


def header_of(header: dict[str, Any]) -> dict[str, Any]:
    """The header as one of the present version."""
    header = dict(checks.names(header, _FIELDS, "header"))
    checks.one_of("learner", header.pop("learner"), [_LEARNER])
    for field, old, new in (
        ("counts", "planned", "scheduled"),
        ("numbers", "n_planned", "n_scheduled"),
    ):
        if isinstance(header[field], dict):
            header[field] = {
                new if name == old else name: value for name, value in header[field].items()
            }
    if isinstance(header["numbers"], dict):
        header["numbers"]["checked_episode"] = _latest_evaluation(header)
    return header | {
        "environment": ENVIRONMENT,
        "algorithm": Q_LEARNING.key,
        "exploration": "epsilon_greedy",
    }


def _latest_evaluation(header: dict[str, Any]) -> int:
    """Episodes completed at the latest evaluation; 0 if fields that are refused later are wrong."""
    counts, numbers = header["counts"], header["numbers"]
    count = counts.get("evaluations") if isinstance(counts, dict) else None
    interval = numbers.get("evaluation_interval")
    if isinstance(count, int) and isinstance(interval, int):
        return max(0, (count - 1) * interval)
    return 0


def shapes_of(shapes: Shapes) -> Shapes:
    """Types and shapes of the arrays in such a file, from those of the present version."""
    old = {name: shape for name, shape in shapes.items() if name not in ("steps", "scheduled")}
    return old | {
        "updates": (_UPDATE, shapes["updates"][1]),
        "changes": (_CHANGE, shapes["changes"][1]),
        "planned": (_CHANGE, shapes["scheduled"][1]),
    }


def arrays_of(
    old: dict[str, NDArray], numbers: Any, learning: LearningConfig
) -> dict[str, NDArray]:
    """The arrays as those of the present version.

    Args:
        old: The arrays of the file, of the types and shapes of `shapes_of`.
        numbers: The field of that name in the header.
        learning: The learner's parameters at the start.

    Raises:
        LoadError: If they cannot be those of a run.
    """
    arrays = dict(old)
    arrays["scheduled"] = _with_names(arrays.pop("planned"))
    arrays["changes"] = _with_names(arrays["changes"])
    updates = arrays["updates"]
    arrays["steps"] = np.empty(len(updates), STEP)
    for name in STEP.names or ():
        arrays["steps"][name] = updates[name]
    arrays["updates"] = _updates(arrays, numbers, learning)
    return arrays


def _with_names(changes: NDArray) -> NDArray:
    """Changes with the names of their parameters; of an index that there is none, its digits."""
    named = np.empty(len(changes), CHANGE)
    for name in ("total_steps", "episode", "value"):
        named[name] = changes[name]
    known = dict(enumerate(_TUNABLE))
    named["name"] = [known.get(index, str(index)) for index in changes["name"].tolist()]
    return named


def _updates(arrays: dict[str, NDArray], numbers: Any, learning: LearningConfig) -> NDArray:
    old, q_values = arrays["updates"], arrays["q_values"]
    n_frames, n_states, n_actions = q_values.shape
    for field, last in (("state", n_states), ("action", n_actions), ("next_state", n_states)):
        checks.within(f"updates: {field}", old[field], 0, last - 1)
    updates = np.zeros(n_frames, UPDATE)
    for field in set(UPDATE.names or ()) & set(_UPDATE.names or ()):
        updates[field] = old[field]
    updates["next_action"] = NONE
    # What S′ counted: its best value before the update, which may have been one of S′ itself.
    next_values = q_values[np.arange(n_frames), old["next_state"]]
    same = np.flatnonzero(old["next_state"] == old["state"])
    next_values[same, old["action"][same]] = old["old_value"][same]
    updates["next_value"] = np.where(old["terminated"], 0.0, next_values.max(axis=1))
    updates["learning_rate"], updates["discount"] = _rates(arrays, numbers, learning, n_frames)
    updates["state"][0] = NONE  # nothing was learned yet
    if numbers["total_steps"] == 0:
        updates["state"][-1] = NONE
    return updates


def _rates(
    arrays: dict[str, NDArray], numbers: Any, learning: LearningConfig, n_frames: int
) -> NDArray[np.float64]:
    """α and γ of the update before each frame, shape ``(2, n_frames)``."""
    checks.require(isinstance(numbers, dict), f"numbers must be named fields, got {numbers!r}")
    interval = checks.whole("keyframe_interval", numbers.get("keyframe_interval"), 1, 2**53)
    total_steps = checks.whole("total_steps", numbers.get("total_steps"), 0, 2**53)
    try:
        changes = changes_from_array(arrays["changes"])
    except ValueError as error:
        raise LoadError(f"changes: {error}") from None
    made_at = [change.total_steps for change in changes]
    rates = []
    for steps in [*range(0, (n_frames - 1) * interval, interval), total_steps]:
        now = {
            "learning_rate": float(learning.learning_rate),
            "discount_factor": float(learning.discount_factor),
        }
        # A change after so many steps counts from the next update on.
        now |= {change.name: change.value for change in changes[: bisect_left(made_at, steps)]}
        rates.append((now["learning_rate"], now["discount_factor"]))
    return np.array(rates).T

"""Checks of the changes that may be made to a learner during a run."""

from collections.abc import Iterable

import numpy as np

from gridworld.config import QLearningConfig
from gridworld.snapshot import Change

#: Parameters of the learner that may change in mid-run.
TUNABLE = ("learning_rate", "discount_factor", "epsilon")
#: Most changes in a run, so that what it keeps stays small.
MAX_CHANGES = 10_000
_MAX_STEPS = 2**63 - 1
_CHECKED = QLearningConfig()  # its parameters refuse what is not allowed


def check_value(name: str, value: float) -> float:
    """Returns a valid value of a parameter that may change; raises ValueError otherwise."""
    if name not in TUNABLE:
        raise ValueError(f"tune takes {', '.join(TUNABLE)}, got {name!r}")
    setattr(_CHECKED, name, value)
    return float(value)


def check_changes(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Returns valid changes of a whole run; raises ValueError otherwise."""
    changes = tuple(changes)
    check_number(len(changes))
    return tuple(_check_change(change) for change in changes)


def check_number(n_changes: int) -> None:
    """Raises ValueError if these are too many changes for a run."""
    if n_changes > MAX_CHANGES:
        raise ValueError(f"changes must be at most {MAX_CHANGES:,}, got {n_changes:,}")


def _check_change(change: Change) -> Change:
    if not isinstance(change, tuple) or len(change) != len(Change._fields):
        raise ValueError(f"changes must be of type Change, got {change!r}")
    total_steps, episode, name, value = change
    for field, count in (("total_steps", total_steps), ("episode", episode)):
        check_count(f"{field} of a change", count, _MAX_STEPS)
    return Change(int(total_steps), int(episode), name, check_value(name, value))


def check_count(name: str, count: int, most: int | None = None) -> int:
    """Returns a valid number of steps or episodes; raises ValueError otherwise."""
    whole = isinstance(count, (int, np.integer)) and not isinstance(count, bool)
    if not whole or count < 0 or (most is not None and count > most):
        to = "" if most is None else f" to {most}"
        raise ValueError(f"{name} must be a whole number from 0{to}, got {count!r}")
    return int(count)

"""Checks of the changes that may be made to a learner during a run."""

from collections.abc import Iterable

from gridworld.learning.config import LearningConfig
from gridworld.parameters import check_whole
from gridworld.runs.snapshot import Change

#: Parameters of the learner that may change during a run.
TUNABLE = ("learning_rate", "discount_factor", "epsilon", "temperature", "confidence")
#: Most changes in a run, so that its memory and its file stay small.
MAX_CHANGES = 10_000
#: Highest number of steps or episodes of a change; files keep it in 64 bits.
_MAX_STEPS = 2**63 - 1
_CHECKED = LearningConfig()  # assigning to it checks a value


def check_value(name: str, value: float) -> float:
    """Returns a valid value of a parameter that may change; raises ValueError otherwise."""
    if name not in TUNABLE:
        raise ValueError(f"tune takes {', '.join(TUNABLE)}, got {name!r}")
    setattr(_CHECKED, name, value)
    return float(getattr(_CHECKED, name))


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
    return Change(
        check_whole("total_steps of a change", total_steps, 0, _MAX_STEPS),
        check_whole("episode of a change", episode, 0, _MAX_STEPS),
        name,
        check_value(name, value),
    )

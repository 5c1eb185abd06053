"""Checks of the content of a file: `LoadError` says which field is wrong, and how."""

import math
from collections.abc import Iterable
from reprlib import repr as shortened
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Why a file is refused that something else wrote.
NO_RUN = "this file is no saved run of GridWorld Dashboard"


class LoadError(ValueError):
    """A file that is not a saved run, or is broken; the message names field and fault."""


def require(holds: Any, message: str) -> None:
    """Raises LoadError with the message unless ``holds``."""
    if not holds:
        raise LoadError(message)


def names(fields: Any, expected: Iterable[str], what: str) -> dict[str, Any]:
    """Returns a mapping that has exactly the expected names."""
    require(isinstance(fields, dict), f"{what} must be named fields, got {shortened(fields)}")
    expected = set(expected)
    missing, unknown = sorted(expected - set(fields)), sorted(set(fields) - expected)
    require(not missing, f"{what} must have the field {(missing or [''])[0]!r}, it is missing")
    require(not unknown, f"{what} has the unknown field {(unknown or [''])[0]!r}")
    return fields


def one_of(name: str, value: Any, allowed: Iterable[str]) -> str:
    """Returns a text that is one of those allowed."""
    allowed = [str(each) for each in allowed]
    among = f"one of {', '.join(allowed)}" if len(allowed) > 1 else allowed[0]
    require(value in allowed, f"{name} must be {among}, got {shortened(value)}")
    return str(value)


def whole(name: str, value: Any, low: int, high: int) -> int:
    """Returns a whole number within the bounds."""
    fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    require(fits, f"{name} must be a whole number from {low} to {high}, got {shortened(value)}")
    return int(value)


def real(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """Returns a finite number within the bounds."""
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < math.inf
    among = "a finite number" if high == math.inf else f"a number from {low} to {high}"
    require(fits and low <= value <= high, f"{name} must be {among}, got {shortened(value)}")
    return float(value)


def finite(name: str, values: NDArray) -> None:
    """Raises LoadError unless all values are finite."""
    wrong = values[~np.isfinite(values)]
    require(not wrong.size, f"{name} must be finite numbers, got {wrong[:1].tolist()}")


def within(name: str, values: NDArray, low: float, high: float) -> None:
    """Raises LoadError unless all values are within the bounds; NaN is not."""
    wrong = values[~((values >= low) & (values <= high))]
    require(not wrong.size, f"{name} must be from {low} to {high}, got {wrong[:1].tolist()}")


def booleans(name: str, values: NDArray[np.bool_]) -> None:
    """Raises LoadError unless all bytes are those of False or True."""
    raw = np.ascontiguousarray(values).view(np.uint8)
    require((raw <= 1).all(), f"{name} must be true or false, got a byte {raw.max(initial=0)}")


def generator_state(name: str, state: Any) -> dict[str, Any]:
    """Returns a state that NumPy's PCG64 can be in."""
    state = names(state, ("bit_generator", "state", "has_uint32", "uinteger"), name)
    kind = state["bit_generator"]
    require(kind == "PCG64", f"{name} must be of PCG64, got {shortened(kind)}")
    words = names(state["state"], ("state", "inc"), f"{name}: state")
    whole(f"{name}: state", words["state"], 0, 2**128 - 1)
    inc = whole(f"{name}: inc", words["inc"], 0, 2**128 - 1)
    require(inc % 2, f"{name}: inc must be odd, got {inc}")
    whole(f"{name}: has_uint32", state["has_uint32"], 0, 1)
    whole(f"{name}: uinteger", state["uinteger"], 0, 2**32 - 1)
    return state

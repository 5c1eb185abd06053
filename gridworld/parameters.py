"""Param's parameter types, stricter, and with messages that say what is allowed."""

import math
import reprlib
from collections.abc import Iterable
from numbers import Integral
from numbers import Real as RealNumber
from typing import Any, cast

import numpy as np
import param

MAX_SHIFT = 100

_BOOLS = (bool, np.bool_)


def as_float(value: Any) -> float:
    """The float for a number of any type, so that equal numbers have the same bits.

    Args:
        value: An int, a float, a NumPy scalar or an array of shape ``()``.

    Raises:
        TypeError: If it is no number; booleans and texts are none.
        OverflowError: If it is an int beyond all floats.
    """
    return float(_number(value)) + 0.0  # no negative zero


def as_whole(value: Any) -> int:
    """The int for a whole number of any type: 5, 5.0 and ``np.int64(5)`` are the same.

    Raises:
        TypeError: If it is no number; booleans and texts are none.
        ValueError: If it is not whole.
    """
    number = _number(value)
    if not isinstance(number, Integral) and not float(number).is_integer():
        raise ValueError(f"must be a whole number, got {value!r}")
    return int(number)


def check_whole(
    name: str, value: Any, low: int = 0, high: int | None = None, text: str | None = None
) -> int:
    """The whole number for a value within bounds.

    Args:
        name: What it is called.
        value: A number of any type.
        low: The least that is allowed.
        high: The most that is allowed, if there is such.
        text: What the value was read from, if anything: an error tells this then.

    Raises:
        ValueError: Naming it, what is allowed, and the value.
    """
    try:
        number = as_whole(value)
    except (TypeError, ValueError):
        number = low - 1
    if number < low or (high is not None and number > high):
        to = "" if high is None else f" to {high}"
        given = value if text is None else text
        raise ValueError(f"{name} must be a whole number from {low}{to}, got {given!r}")
    return number


def parse_number(text: Any) -> Any:
    """The number that a text tells; what tells none stays as it is, to be refused."""
    for kind in (int, float):
        try:
            return kind(text)
        except (TypeError, ValueError):
            continue
    return text


def parse_wholes(parts: Iterable[str]) -> tuple[int, ...]:
    """The whole numbers that some texts tell.

    Raises:
        TypeError: If one tells no number.
        ValueError: If one is not whole.
    """
    return tuple(as_whole(parse_number(part)) for part in parts)


def _number(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.shape == ():
        value = value[()]
    if isinstance(value, _BOOLS) or not isinstance(value, RealNumber):
        raise TypeError(f"must be a number, got {value!r}")
    return value


class Stated(param.Parameter):
    """Restates Param's complaints: the field, what is allowed, and the value."""

    def check(self, value: Any) -> None:
        """Raises ValueError if the value is not allowed."""
        self._validate(value)

    def _allowed(self) -> str:
        raise NotImplementedError

    def _accepts(self, val: Any) -> bool:
        return True

    def _plain(self, val: Any) -> Any:
        """The value as it is kept."""
        return val

    def _validate(self, val: Any) -> None:
        plain = self._plain(val)
        try:
            if not self._accepts(plain):
                raise ValueError
            super()._validate(plain)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(
                f"{self.name} must be {self._allowed()}, got {reprlib.repr(val)}"
            ) from None


class Real(Stated, param.Number):
    """A finite number, kept as a float whatever type of number is given.

    Param's own takes NaN, infinities, booleans and callables too, and keeps the type.
    """

    _kind = "a number "
    _as_plain: Any = staticmethod(as_float)

    def __set__(self, obj: Any, val: Any) -> None:
        self._validate(val)  # an error tells the value as it was given
        super().__set__(obj, self._plain(val))

    def _accepts(self, val: Any) -> bool:
        return isinstance(val, (int, float)) and not isinstance(val, bool) and math.isfinite(val)

    def _plain(self, val: Any) -> Any:
        # What is no such number stays as it is, to be refused.
        try:
            return self._as_plain(val)
        except (TypeError, ValueError, OverflowError):
            return val

    def _allowed(self) -> str:
        low, high = cast(tuple[float, float], self.bounds)
        above = "from" if self.inclusive_bounds[0] else "above"
        to = "to" if above == "from" else "and at most"
        return f"{self._kind if above == 'from' else ''}{above} {low:,} {to} {high:,}"


class Whole(Real, param.Integer):
    """A whole number, kept as an int whatever type of number is given."""

    _kind = "a whole number "
    _as_plain = staticmethod(as_whole)


class Choice(Stated, param.Selector):
    """One of a few names."""

    def _allowed(self) -> str:
        return "one of " + ", ".join(self.objects)


class Text(Stated, param.String):
    """Text, such as a map; what it must hold is checked by its owner."""

    def _allowed(self) -> str:
        return "text"


class Wind(Stated, param.Parameter):
    """Upward shift in cells, one whole number a column, kept as a tuple; empty for calm."""

    def _accepts(self, val: Any) -> bool:
        return isinstance(val, tuple) and all(0 <= as_whole(shift) <= MAX_SHIFT for shift in val)

    def _allowed(self) -> str:
        return f"whole numbers from 0 to {MAX_SHIFT}, one for each column, or empty"

    def __set__(self, obj: Any, val: Any) -> None:
        if isinstance(val, Iterable) and not isinstance(val, str):
            val = tuple(val)
        self._validate(val)
        super().__set__(obj, tuple(as_whole(shift) for shift in val))

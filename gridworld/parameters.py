"""Stricter versions of Param's types, with messages that say what is allowed."""

import math
import reprlib
from collections.abc import Iterable
from numbers import Integral
from numbers import Real as RealNumber
from typing import Any, cast

import numpy as np
import param

#: Most cells by which wind shifts the agent.
MAX_SHIFT = 100

_BOOLS = (bool, np.bool_)


def as_float(value: Any) -> float:
    """The float for a number of any type, so that equal numbers have the same bits.

    Args:
        value: An int, a float, a NumPy scalar or an array of shape ``()``.

    Raises:
        TypeError: If it is not a number; booleans and texts do not count as numbers.
        OverflowError: If it is an int that is too large for a float.
    """
    return float(_number(value)) + 0.0  # no negative zero


def as_whole(value: Any) -> int:
    """The int for a whole number of any type: 5, 5.0 and ``np.int64(5)`` are the same.

    Raises:
        TypeError: If it is not a number; booleans and texts do not count as numbers.
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
        name: Name of the value, for the error message.
        value: A number of any type.
        low: Lowest value that is allowed.
        high: Highest value that is allowed; None for no limit.
        text: Text that the value was read from, shown in the error message in its place.

    Raises:
        ValueError: With the name, the bounds and the value.
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
    """The number in a text; other values are returned unchanged, for a check to refuse."""
    if not isinstance(text, str):
        return text  # int() would cut a float's fraction off
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def parse_wholes(parts: Iterable[str]) -> tuple[int, ...]:
    """The whole numbers in some texts.

    Raises:
        TypeError: If one is not a number.
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
    """A parameter whose errors name the field, the allowed values and the given value."""

    def check(self, value: Any) -> None:
        """Raises ValueError if the value is not allowed."""
        self._validate(value)

    def _allowed(self) -> str:
        raise NotImplementedError

    def _accepts(self, val: Any) -> bool:
        return True

    def _plain(self, val: Any) -> Any:
        """The value in the form in which it is stored."""
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
    """A finite number of any type, stored as a float.

    Param's own type also accepts NaN, infinities, booleans and callables, and stores the type
    that is given.
    """

    _kind = "a number "
    _as_plain: Any = staticmethod(as_float)

    def __set__(self, obj: Any, val: Any) -> None:
        self._validate(val)  # before it is converted, so that an error shows the given value
        super().__set__(obj, self._plain(val))

    def _accepts(self, val: Any) -> bool:
        return isinstance(val, (int, float)) and not isinstance(val, bool) and math.isfinite(val)

    def _plain(self, val: Any) -> Any:
        # A value of another type is returned unchanged, for the validation to refuse.
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
    """A whole number of any type, stored as an int."""

    _kind = "a whole number "
    _as_plain = staticmethod(as_whole)


class Choice(Stated, param.Selector):
    """One of a few names, given with a title for each: ``objects={title: name}``."""

    @property
    def titles(self) -> dict[str, str]:
        """The title of each name."""
        return {name: title for title, name in self.names.items()}

    def _allowed(self) -> str:
        return "one of " + ", ".join(self.titles)


class Text(Stated, param.String):
    """Text, such as a map; the class that has the parameter checks its content."""

    def _allowed(self) -> str:
        return "text"


class Wind(Stated, param.Parameter):
    """Upward shift in cells, one whole number a column, stored as a tuple; empty for calm."""

    def _accepts(self, val: Any) -> bool:
        return isinstance(val, tuple) and all(0 <= as_whole(shift) <= MAX_SHIFT for shift in val)

    def _allowed(self) -> str:
        return f"whole numbers from 0 to {MAX_SHIFT}, one for each column, or empty"

    def __set__(self, obj: Any, val: Any) -> None:
        if isinstance(val, Iterable) and not isinstance(val, str):
            val = tuple(val)
        self._validate(val)
        super().__set__(obj, tuple(as_whole(shift) for shift in val))

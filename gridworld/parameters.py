"""Param's parameter types, stricter, and with messages that say what is allowed."""

import math
import reprlib
from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import param

MAX_SHIFT = 100

_BOOLS = (bool, np.bool_)


class _Stated(param.Parameter):
    """Restates Param's complaints: the field, what is allowed, and the value."""

    def _allowed(self) -> str:
        raise NotImplementedError

    def _accepts(self, val: Any) -> bool:
        return True

    def _validate(self, val: Any) -> None:
        try:
            if not self._accepts(val):
                raise ValueError
            super()._validate(val)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(
                f"{self.name} must be {self._allowed()}, got {reprlib.repr(val)}"
            ) from None


class Real(_Stated, param.Number):
    """A finite number; Param's own takes NaN, infinities, booleans and callables too."""

    _kind = "a number "

    def _accepts(self, val: Any) -> bool:
        return not callable(val) and not isinstance(val, _BOOLS) and math.isfinite(val)

    def _allowed(self) -> str:
        low, high = cast(tuple[float, float], self.bounds)
        above = "from" if self.inclusive_bounds[0] else "above"
        to = "to" if above == "from" else "and at most"
        return f"{self._kind if above == 'from' else ''}{above} {low:,} {to} {high:,}"


class Whole(Real, param.Integer):
    """A whole number."""

    _kind = "a whole number "


class Choice(_Stated, param.Selector):
    """One of a few names."""

    def _allowed(self) -> str:
        return "one of " + ", ".join(self.objects)


class Text(_Stated, param.String):
    """Text, such as a map; what it must hold is checked by its owner."""

    def _allowed(self) -> str:
        return "text"


class Wind(_Stated, param.Parameter):
    """Upward shift in cells, one whole number a column, kept as a tuple; empty for calm."""

    def _accepts(self, val: Any) -> bool:
        return isinstance(val, tuple) and all(
            isinstance(shift, (int, np.integer))
            and not isinstance(shift, _BOOLS)
            and 0 <= shift <= MAX_SHIFT
            for shift in val
        )

    def _allowed(self) -> str:
        return f"whole numbers from 0 to {MAX_SHIFT}, one for each column, or empty"

    def __set__(self, obj: Any, val: Any) -> None:
        if isinstance(val, Iterable) and not isinstance(val, str):
            val = tuple(val)
        self._validate(val)
        super().__set__(obj, tuple(int(shift) for shift in val))

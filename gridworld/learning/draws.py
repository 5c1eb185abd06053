"""Draws from NumPy's generators in compiled code, at a low cost for each call.

To pass a generator to compiled code, Numba looks up each of its functions in Python. This takes
longer than the few steps of a frame. Here two addresses are passed instead; the numbers that
are drawn are the same.
"""

import ctypes
from functools import cache
from typing import Any, NamedTuple, Self

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload
from numpy.random import BitGenerator, Generator


class Draws(NamedTuple):
    """A generator for compiled code; valid as long as the generator exists.

    Attributes:
        function: Address of the C function that draws a number from [0, 1).
        state: Address of the generator's state, the argument of that function.
    """

    function: int
    state: int

    @classmethod
    def of(cls, rng: Generator) -> Self:
        """The draws of a generator."""
        bit_generator = rng.bit_generator
        return cls(_function_of(type(bit_generator)), bit_generator.ctypes.state_address)


def draw(rng: Generator | Draws) -> float:
    """A number from [0, 1); the source is `Draws` in compiled code, a generator in Python."""
    return rng.random()  # type: ignore[union-attr]


@overload(draw, strict=False)  # strict would compare annotations
def _draw(_rng: types.NamedUniTuple) -> Any:
    return lambda rng: _call(rng.function, rng.state)


@intrinsic
def _call(_context: Any, function: Any, state: Any) -> Any:
    """Calls a function of one address that returns a float."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.DoubleType(), [pointer]).as_pointer()
        at, of = arguments
        return builder.call(builder.inttoptr(at, kind), [builder.inttoptr(of, pointer)])

    return types.float64(function, state), generate


@cache
def _function_of(kind: type[BitGenerator]) -> int:
    # It is the same for all generators of a kind.
    address = ctypes.cast(kind().ctypes.next_double, ctypes.c_void_p).value
    assert address is not None
    return address

"""Draws from NumPy's generators in compiled code, at a low cost for each call and each draw.

NumPy's default generator, PCG64, is drawn from without a call: `local` reads its state into
registers, `draw` advances it there, and `save` writes it back. Any other generator is drawn
from through its C function. The numbers are the same in all cases, and interpreted code draws
from the generator itself.
"""

import ctypes
from functools import cache
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import intrinsic, overload, register_model
from numpy.random import PCG64, BitGenerator, Generator


class Draws(NamedTuple):
    """Any generator for compiled code; valid as long as the generator exists.

    Attributes:
        function: Address of the C function that draws a number from [0, 1).
        state: Address of the generator's state, the argument of that function.
    """

    function: int
    state: int


class Pcg64(NamedTuple):
    """A generator of kind PCG64 for compiled code; valid as long as the generator exists.

    Attributes:
        state: Address of the bit generator's C struct, which begins with the address of two
            numbers of 128 bits: the state and the increment.
        low: Which half of such a number is the low one, 0 or 1.
    """

    state: int
    low: int


def draws_of(rng: Generator) -> Draws | Pcg64:
    """A generator as an argument of compiled code."""
    bit_generator = rng.bit_generator
    kind, state = type(bit_generator), bit_generator.ctypes.state_address
    low = _low_half() if kind is PCG64 else None
    return Draws(_function_of(kind), state) if low is None else Pcg64(state, low)


def local(rng: Any) -> Any:
    """The generator to `draw` from until `save`."""
    return rng


def draw(rng: Any) -> float:
    """A number from [0, 1), of a `local` generator."""
    return rng.random()  # type: ignore[no-any-return]


def save(local_rng: Any, rng: Any) -> None:
    """Writes the state of a `local` generator back."""


def natural(number: int) -> int:
    """The number, of which compiled code may assume that it is at least 0.

    An index that is known not to count from the end costs less.
    """
    return number


@cache
def _function_of(kind: type[BitGenerator]) -> int:
    # It is the same for all generators of a kind.
    address = ctypes.cast(kind().ctypes.next_double, ctypes.c_void_p).value
    assert address is not None
    return address


@cache
def _low_half() -> int | None:
    """Which half of PCG64's numbers is the low one; None if its memory is not as expected."""
    # NumPy has compilers do it that know numbers of 128 bits, and a struct with others.
    generator = PCG64(0)
    state = generator.state["state"]
    words = [state[name] >> shift & (2**64 - 1) for name in ("state", "inc") for shift in (0, 64)]
    numbers = ctypes.c_uint64.from_address(generator.ctypes.state_address).value
    found = list((ctypes.c_uint64 * 4).from_address(numbers))
    swapped = [found[1], found[0], found[3], found[2]]
    return 0 if found == words else 1 if swapped == words else None


_WORD, _LONG, _DOUBLE = ir.IntType(64), ir.IntType(128), ir.DoubleType()
_MULTIPLIER = _LONG(0x2360ED051FC65DA44385DF649FCCF645)
_STATE = ir.LiteralStructType([_LONG, _LONG])  # state and increment


class _Local(types.Type):
    """Numba's type of a `local` PCG64: a pointer to a `_STATE` that LLVM keeps in registers."""

    def __init__(self) -> None:
        super().__init__(name="LocalPcg64")


_LOCAL = _Local()


@register_model(_Local)
class _LocalModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _STATE.as_pointer())


def _is(rng: Any, kind: type) -> bool:
    return getattr(rng, "instance_class", None) is kind


@overload(local, strict=False, inline="always")  # strict would compare annotations
def _local(rng: Any) -> Any:
    return (lambda rng: _load(rng.state, rng.low)) if _is(rng, Pcg64) else (lambda rng: rng)


@overload(draw, strict=False, inline="always")
def _draw(rng: Any) -> Any:
    if isinstance(rng, _Local):
        return lambda rng: _next(rng)
    return lambda rng: _call(rng.function, rng.state)


@overload(save, strict=False, inline="always")
def _save(local_rng: Any, rng: Any) -> Any:
    if isinstance(local_rng, _Local):
        return lambda local_rng, rng: _store(local_rng, rng.state, rng.low)
    return lambda local_rng, rng: None


def _halves(builder: Any, number: int, state: Any, low: Any) -> tuple[Any, Any]:
    """Pointers to the low and to the high half of one of PCG64's two numbers."""
    pointers = builder.inttoptr(state, _WORD.as_pointer().as_pointer())
    numbers = builder.load(pointers)
    first = _WORD(2 * number)
    return (
        builder.gep(numbers, [builder.add(first, low)]),
        builder.gep(numbers, [builder.sub(_WORD(2 * number + 1), low)]),
    )


@intrinsic
def _load(_context: Any, state: Any, low: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        copy = cgutils.alloca_once(builder, _STATE)
        for number in range(2):
            halves = [builder.load(at) for at in _halves(builder, number, *arguments)]
            low, high = (builder.zext(half, _LONG) for half in halves)
            value = builder.or_(low, builder.shl(high, _LONG(64)))
            builder.store(value, cgutils.gep_inbounds(builder, copy, 0, number))
        return copy

    return _LOCAL(state, low), generate


@intrinsic
def _next(_context: Any, rng: Any) -> Any:
    """PCG64's next double (O'Neill 2014: PCG XSL RR 128/64), as `Generator.random`."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        at, increment = (cgutils.gep_inbounds(builder, arguments[0], 0, i) for i in range(2))
        product = builder.mul(builder.load(at), _MULTIPLIER)
        state = builder.add(product, builder.load(increment))
        builder.store(state, at)
        high = builder.trunc(builder.lshr(state, _LONG(64)), _WORD)
        mixed = builder.xor(high, builder.trunc(state, _WORD))
        kind = ir.FunctionType(_WORD, [_WORD] * 3)
        rotate = builder.module.declare_intrinsic("llvm.fshr", [_WORD], kind)
        drawn = builder.call(rotate, [mixed, mixed, builder.lshr(high, _WORD(58))])
        whole = builder.sitofp(builder.lshr(drawn, _WORD(11)), _DOUBLE)  # below 2**53
        return builder.fmul(whole, _DOUBLE(2.0**-53))

    return types.float64(rng), generate


@intrinsic
def _store(_context: Any, rng: Any, state: Any, low: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        copy, *where = arguments
        value = builder.load(cgutils.gep_inbounds(builder, copy, 0, 0))
        low, high = _halves(builder, 0, *where)
        builder.store(builder.trunc(value, _WORD), low)
        builder.store(builder.trunc(builder.lshr(value, _LONG(64)), _WORD), high)
        return context.get_dummy_value()

    return types.none(rng, state, low), generate


@intrinsic
def _call(_context: Any, function: Any, state: Any) -> Any:
    """Calls a function of one address that returns a float."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(_DOUBLE, [pointer]).as_pointer()
        at, of = arguments
        return builder.call(builder.inttoptr(at, kind), [builder.inttoptr(of, pointer)])

    return types.float64(function, state), generate


@overload(natural, strict=False, inline="always")
def _natural(number: Any) -> Any:
    return lambda number: _assumed(number)


@intrinsic
def _assumed(_context: Any, number: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(1)])
        assume = builder.module.declare_intrinsic("llvm.assume", (), kind)
        builder.call(assume, [builder.icmp_signed(">=", arguments[0], arguments[0].type(0))])
        return arguments[0]

    return number(number), generate

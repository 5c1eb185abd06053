"""One update of Q-learning as mathematics: MathML, which browsers set by themselves."""

from math import isinf, isnan
from typing import NamedTuple

from gridworld import Snapshot, Transition, is_rounding

#: Decimals of a shown number; its tooltip has the exact one.
DECIMALS = 4
NAN = float("nan")


class Arithmetic(NamedTuple):
    """The numbers that one update was made of.

    Attributes:
        transition: The update.
        learning_rate: Step size α of this update.
        discount_factor: Discount γ of this update.
        next_values: *Q(S′, a)* as they were before it, one for each action.
        next_best: Value of *S′* in the target: their maximum, or 0 where *S′* is terminal.
    """

    transition: Transition
    learning_rate: float
    discount_factor: float
    next_values: list[float]
    next_best: float


def arithmetic(snapshot: Snapshot, update: Transition) -> Arithmetic:
    """The numbers of the snapshot's last update.

    Values that have changed since are restored: *Q(S, A)* itself, where *S′* is *S*, and
    parameters that were tuned after the update.
    """
    next_values = snapshot.q_values[update.next_state].tolist()
    if update.next_state == update.state:
        next_values[update.action] = update.old_value
    next_best = 0.0 if update.terminated else max(next_values)
    return Arithmetic(
        update,
        _used(snapshot.learning_rate, update.old_value, update.td_error, update.new_value),
        _used(snapshot.discount_factor, update.reward, next_best, update.target),
        next_values,
        next_best,
    )


def _used(present: float, base: float, times: float, result: float) -> float:
    """The parameter for which ``base + parameter * times`` was ``result``."""
    if times == 0 or base + present * times == result:
        return present
    return (result - base) / times


def number(value: float, decimals: int = DECIMALS) -> str:
    """A value with a fixed number of decimals and a true minus sign; a dash for NaN.

    A value that would be rounded to 0 is written as ``1.2e−9``: rewards may be that small.
    """
    if value != value:
        return "–"
    return _shown(value, decimals).replace("-", "−")


def known_number(value: float | None, digits: int) -> str:
    """A value with some significant digits; ∞ where it has no end, a dash where it is not known."""
    if value is None or isnan(value):
        return "–"
    return "∞" if isinf(value) else f"{value:.{digits}g}"


def _shown(value: float, decimals: int) -> str:
    if not value or abs(value) >= 0.5 * 10.0**-decimals:
        return f"{value + 0.0:,.{decimals}f}"
    return scientific(value)


def scientific(value: float) -> str:
    """A number with two digits and an exponent, in at most eight characters: ``-1.2e-10``."""
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


_NEXT = '<mi>S</mi><mo lspace="0" rspace="0">′</mo>'
_Q, _Q_NEXT = (
    f"<mrow><mi>Q</mi><mo>(</mo>{state}<mo>,</mo><mi>{action}</mi><mo>)</mo></mrow>"
    for state, action in (("<mi>S</mi>", "A"), (_NEXT, "a"))
)
_MAX = f'<munder><mo lspace="0.2em" rspace="0.2em">max</mo><mi>a</mi></munder>{_Q_NEXT}'
_TARGET = f"<mi>R</mi><mo>+</mo><mi>γ</mi>{_MAX}"


def _math(content: str) -> str:
    return f'<math displaystyle="true">{content}</math>'


#: The update rule, Sutton & Barto 2018, equation 6.8, page 131; it may break in two.
RULE = _math(f"{_Q}<mo>←</mo>{_Q}") + _math(
    f'<mo form="infix">+</mo><mi>α</mi><mo>[</mo>{_TARGET}<mo>−</mo>{_Q}<mo>]</mo>'
)

#: Name and symbols of each line of `worked_lines`.
_LINES = (
    ("Target", _math(_TARGET)),
    ("TD error δ", _math(f"<mtext>target</mtext><mo>−</mo>{_Q}")),
    ("New Q(S, A)", _math(f"{_Q}<mo>+</mo><mi>α</mi><mi>δ</mi>")),
)


def worked_lines(numbers: Arithmetic | None) -> str:
    """The update line by line, in symbols and in its numbers; with dashes for None."""
    if numbers is None:
        blanks = (("+", NAN), ("−", None), ("+", NAN))
        filled = [_filled(NAN, sign, factor, NAN, NAN) for sign, factor in blanks]
    else:
        update = numbers.transition
        alpha, gamma = numbers.learning_rate, numbers.discount_factor
        filled = [
            _filled(update.reward, "+", gamma, numbers.next_best, update.target),
            _filled(update.target, "−", None, update.old_value, update.td_error),
            _filled(update.old_value, "+", alpha, update.td_error, update.new_value),
        ]
    return "".join(
        f'<div class="line" title="{exact}"><b>{name}</b>{symbols}<p>{worked}</p></div>'
        for (name, symbols), (exact, worked) in zip(_LINES, filled, strict=True)
    )


def _filled(
    first: float, sign: str, factor: float | None, second: float, result: float
) -> tuple[str, str]:
    """``= first sign factor × second = result``: exactly, as text, and rounded, as MathML."""
    rounded = [_rounded(value) for value in (first, second, result)]
    term = rounded[1] if factor is None else float(f"{factor:.6g}") * rounded[1]
    computed = rounded[0] + (term if sign == "+" else -term)
    # Rounded numbers may not add up in their last place; then the sign is ≈.
    adds_up = is_rounding(abs(computed - rounded[2]), abs(rounded[0]) + abs(term) + abs(rounded[2]))
    relation = "=" if adds_up or computed != computed else "≈"
    exact = f"{first!r} {sign} " + (f"{factor!r} × " if factor is not None else "")
    exact += f"{second!r} = {result!r}"
    product = "" if factor is None else f"<mn>{_factor(factor)}</mn><mo>×</mo>"
    # Two parts, since MathML breaks no lines by itself.
    parts = (
        f"<mo>=</mo>{_fixed(first)}<mo>{sign}</mo>{product}{_fixed(second, operand=True)}",
        f'<mo form="infix">{relation}</mo>{_fixed(result)}',
    )
    return exact if first == first else "Nothing yet", "".join(map(_math, parts))


def _rounded(value: float) -> float:
    """The number that is shown of a value."""
    return value if value != value else float(_shown(value, DECIMALS).replace(",", ""))


def _factor(value: float) -> str:
    return "–" if value != value else f"{value:.6g}"


def _fixed(value: float, operand: bool = False) -> str:
    """A number in a box of fixed width, so that lines hold still; an operand in brackets.

    The box is HTML's, as not every browser gives MathML's own elements a width.
    """
    shown = number(value)
    if operand and shown.startswith("−"):
        shown = f"({shown})"
    style = "operand" if operand else "number"
    return f'<mtext><span class="{style}">{shown}</span></mtext>'

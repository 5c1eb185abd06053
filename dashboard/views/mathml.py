"""One update of the Q-table as mathematics: MathML, which browsers set by themselves."""

import re
from math import isinf, isnan

from gridworld import Equation, Step, Update, is_rounding

#: Decimals of a shown number; its tooltip has the exact one.
DECIMALS = 4
NAN = float("nan")


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


#: Parts of an equation's text: operators over an action, names, the prime, signs.
_PARTS = re.compile(r"(?:max|Σ)_a|[^\W\d_]+\([^()]*\)|[^\W\d_]+|′|\S")
_PARTS_OF_A_VALUE = re.compile(r"[^\W\d_]+|′|\S")
_SIGNS = "←+−(),[]|·"


def mathematics(text: str) -> str:
    """An equation's text as MathML: ``max_a Q(S′, a)`` and the like."""
    return _math("".join(map(_element, _PARTS.findall(text))))


def _element(part: str) -> str:
    if "(" in part and len(part) > 1:  # a row of its own, so that brackets are as high as it is
        return f"<mrow>{''.join(map(_element, _PARTS_OF_A_VALUE.findall(part)))}</mrow>"
    if part.endswith("_a"):
        sign = f'<mo lspace="0.2em" rspace="0.2em">{part.removesuffix("_a")}</mo>'
        return f"<munder>{sign}<mi>a</mi></munder>"
    if part == "′":
        return '<mo lspace="0" rspace="0">′</mo>'
    return f"<mo>{part}</mo>" if part in _SIGNS else f"<mi>{part}</mi>"


def rule(equation: Equation) -> str:
    """The update rule; it may break in two before the step size."""
    value, _, step = equation.rule.partition(" + α ")
    if not step:
        return mathematics(value)
    return mathematics(value) + mathematics(f"+ α {step}").replace("<mo>", '<mo form="infix">', 1)


def _math(content: str) -> str:
    return f'<math displaystyle="true">{content}</math>'


def worked_lines(equation: Equation, step: Step | None, update: Update | None) -> str:
    """The update line by line, in symbols and in its numbers; with dashes for None."""
    if step is None or update is None:
        blanks = (("+", NAN), ("−", None), ("+", NAN))
        filled = [_filled(NAN, sign, factor, NAN, NAN) for sign, factor in blanks]
    else:
        filled = [
            _filled(step.reward, "+", update.discount, update.next_value, update.target),
            _filled(update.target, "−", None, update.old_value, update.td_error),
            _filled(update.old_value, "+", update.learning_rate, update.td_error, update.new_value),
        ]
    lines = (
        ("Target", mathematics(f"R + γ {equation.next_value}")),
        ("TD error δ", _math(f"<mtext>target</mtext>{_element('−')}{_Q}")),
        ("New Q(S, A)", mathematics("Q(S, A) + α δ")),
    )
    return "".join(
        f'<div class="line" title="{exact}"><b>{name}</b>{symbols}<p>{worked}</p></div>'
        for (name, symbols), (exact, worked) in zip(lines, filled, strict=True)
    )


_Q = "".join(map(_element, _PARTS.findall("Q(S, A)")))


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

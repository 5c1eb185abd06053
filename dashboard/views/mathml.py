"""One update of the Q-table as mathematics: MathML, which browsers set by themselves."""

import re
from collections.abc import Callable

from dashboard.words.numbers import exact_number, given_number, short_number
from gridworld import Equation, Step, Update, is_rounding

#: Parts of an equation's text: operators over an action, names, the prime, signs.
_LETTERS = r"[^\W\d_]\u0302?(?:_[1-9n]|\^n)|[^\W\d_]+\u0302?"
_PARTS = re.compile(rf"(?:argmax|max|Σ)_a|[^\W\d_]\u0302?(?:_[1-9])?\([^()]*\)|{_LETTERS}|′|\S")
_PARTS_OF_A_VALUE = re.compile(rf"{_LETTERS}|′|\S")
_SIGNS = "←+−(),[]|·…"


def mathematics(text: str) -> str:
    """An equation's text as MathML: ``max_a Q(S′, a)`` and the like."""
    return _math(_elements(text))


def _elements(text: str) -> str:
    return "".join(map(_element, _PARTS.findall(text)))


def _element(part: str) -> str:
    if len(part) > 2 and part[1] in "_^" and "(" not in part and not part.endswith("_a"):
        kind = "msub" if part[1] == "_" else "msup"
        return f"<{kind}><mi>{part[0]}</mi><mi>{part[2:]}</mi></{kind}>"
    if "(" in part and len(part) > 1:  # a row of its own, so that brackets are as high as it is
        return f"<mrow>{''.join(map(_element, _PARTS_OF_A_VALUE.findall(part)))}</mrow>"
    if part.endswith("_a"):
        sign = f'<mo lspace="0.1em" rspace="0">{part.removesuffix("_a")}</mo>'
        return f'<msub>{sign}<mi>a</mi></msub><mspace width="0.15em"/>'
    if part == "′":
        return '<mo lspace="0" rspace="0">′</mo>'
    if part in "()[]|":  # as high as a letter: a line has no room for more
        return f'<mo stretchy="false">{part}</mo>'
    return f"<mo>{part}</mo>" if part in _SIGNS else f"<mi>{part}</mi>"


def rule(equation: Equation) -> str:
    """The update rule, with reward and next value marked; it may break before the step size."""
    value, _, step = equation.rule.partition(" + α ")
    if not step:
        return _math(_marked(equation.rule, equation))
    term = _marked(f"+ α {step}", equation).replace("<mo>", '<mo form="infix">', 1)
    return mathematics(value) + _math(term)


def _marked(text: str, equation: Equation) -> str:
    """Elements of a text; *R* and what *S′* counts are of the classes of their numbers."""
    before, counted, after = text.partition(equation.next_value)
    elements = _elements(before).replace("<mi>R</mi>", '<mi class="reward">R</mi>')
    if counted:
        elements += f'<mrow class="next">{_elements(counted)}</mrow>{_elements(after)}'
    return elements


def _math(content: str) -> str:
    return f"<math>{content}</math>"


def is_one_step(step: Step, update: Update) -> bool:
    """Whether an update is of the step's own action, towards *R* + γ · what *S′* counts."""
    target = step.reward + update.discount * update.next_value
    added = abs(step.reward) + abs(update.discount * update.next_value)
    return (step.state, step.action) == (update.state, update.action) and (
        target == update.target or bool(is_rounding(abs(target - update.target), added))
    )


def worked(step: Step, update: Update) -> str:
    """The update in its numbers, as one line of HTML that may break at a few places."""
    old, new = (short_number(value) for value in (update.old_value, update.new_value))
    rate, result = _factor(update.learning_rate), _read(new)
    if is_one_step(step, update):
        reward, following = given_number(step.reward), short_number(update.next_value)
        target = _read(reward) + float(f"{update.discount:.6g}") * _read(following)
        looked_ahead = (
            f"{_exact(reward, step.reward, 'reward')} +</span> <span>"
            f"{_exact(_factor(update.discount), update.discount)} · "
            f"{_exact(_operand(following), update.next_value, 'next')}"
        )
    else:
        shown = short_number(update.target)
        target, looked_ahead = _read(shown), _exact(shown, update.target, "next")
    before = _read(old)
    computed = before + float(f"{update.learning_rate:.6g}") * (target - before)
    adds_up = is_rounding(abs(computed - result), abs(before) + abs(target) + abs(result))
    return (
        f"<span><i>Q</i>(<i>S</i>, <i>A</i>) ← {_exact(old, update.old_value)} + "
        f"{_exact(rate, update.learning_rate)} ·</span> "
        f"<span>[ {looked_ahead}</span> "
        f"<span>− {_exact(_operand(old), update.old_value)} ]</span> "
        f"<span>{'=' if adds_up else '≈'} <b>{_exact(new, update.new_value)}</b></span>"
    )


def worked_lines(equation: Equation, step: Step, update: Update) -> str:
    """The update line by line: in symbols, in rounded numbers, and in all their digits."""
    lines = [
        (
            "TD error δ",
            f"<math><mtext>target</mtext>{_element('−')}{_Q}</math>",
            _filled(update.target, "−", None, update.old_value, update.td_error),
        ),
        (
            "New Q(S, A)",
            mathematics("Q(S, A) + α δ"),
            _filled(update.old_value, "+", update.learning_rate, update.td_error, update.new_value),
        ),
    ]
    if is_one_step(step, update):
        target = _filled(
            step.reward, "+", update.discount, update.next_value, update.target, given_number
        )
        lines.insert(0, ("Target", mathematics(f"R + γ {equation.next_value}"), target))
    return "".join(
        f'<div class="line"><b>{name}</b><p>{symbols} {rounded}</p><small>{exact}</small></div>'
        for name, symbols, (exact, rounded) in lines
    )


_Q = _elements("Q(S, A)")


def _filled(
    first: float,
    sign: str,
    factor: float | None,
    second: float,
    result: float,
    write_first: Callable[[float], str] = short_number,
) -> tuple[str, str]:
    """``first sign factor × second = result``, with all digits and rounded."""
    shown = [write_first(first), short_number(second), short_number(result)]
    one, other, whole = (_read(text) for text in shown)
    term = other if factor is None else float(f"{factor:.6g}") * other
    computed = one + (term if sign == "+" else -term)
    # Rounded numbers may not add up in their last place; then the sign is ≈.
    adds_up = is_rounding(abs(computed - whole), abs(one) + abs(term) + abs(whole))
    exact = f"{first!r} {sign} " + ("" if factor is None else f"{factor!r} × ")
    exact += f"{_operand(repr(second))} = {result!r}"
    product = "" if factor is None else f"{_factor(factor)} · "
    rounded = (
        f"= {shown[0]} {sign} {product}{_operand(shown[1])} "
        f"{'=' if adds_up else '≈'} <strong>{shown[2]}</strong>"
    )
    return exact.replace("-", "−"), rounded


def _read(shown: str) -> float:
    """The number that a text shows."""
    return float(shown.replace(",", "").replace("−", "-"))


def _factor(value: float) -> str:
    return given_number(value)


def _operand(shown: str) -> str:
    """A number after a sign: in brackets if it has a sign of its own."""
    return f"({shown})" if shown.startswith(("−", "-")) else shown


def _exact(shown: str, value: float, style: str = "") -> str:
    """A shown number with all its digits as its tooltip, in a box that holds still."""
    style = f"number {style}".rstrip()
    return f'<span class="{style}" title="{exact_number(value)}">{shown}</span>'

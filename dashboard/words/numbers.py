"""Numbers as a person reads them: a true minus sign, no negative zero, no needless digits."""

from math import floor, isinf, isnan, log10

#: The textbook's symbols of parameters.
SYMBOLS = {
    "learning_rate": "α",
    "discount_factor": "γ",
    "epsilon": "ε",
    "temperature": "τ",
    "confidence": "c",
    "trace_decay": "λ",
    "bonus": "κ",
    "threshold": "θ",
}
#: Decimals of a shown number; its tooltip has the exact one.
DECIMALS = 4
#: From here on, and below the inverse of ``_SMALL``, a number is written with an exponent.
_LARGE = 1e9
_SMALL = 1e-4
#: From here on a short number is written with an exponent.
_LONG = 1e6


def number(value: float, decimals: int = DECIMALS) -> str:
    """A value with a fixed number of decimals and a true minus sign; a dash for NaN.

    A value that would be rounded to 0 is written as ``1.2e−9``: rewards may be that small.
    """
    if value != value:
        return "–"
    return fixed(value, decimals).replace("-", "−")


def short_number(value: float, digits: int = DECIMALS) -> str:
    """A value of a limited width: fewer decimals the more digits stand before the point.

    Args:
        value: A number; NaN gives a dash.
        digits: Decimals of a number below 10, 1 or more.
    """
    if value != value:
        return "–"
    if abs(value) >= _LONG:
        return scientific(value).replace("-", "−")
    before = floor(log10(abs(value))) if abs(value) >= 1 else 0
    return number(value, max(0, digits - before))


def given_number(value: float) -> str:
    """A number as a person gave it, such as a reward or a rate: up to six digits."""
    return "–" if value != value else f"{value + 0.0:.6g}".replace("-", "−")


def exact_number(value: float) -> str:
    """All digits of a value, with a true minus sign; words for NaN."""
    value = float(value) + 0.0
    return "no value" if value != value else repr(value).replace("-", "−")


def known_number(value: float | None, digits: int) -> str:
    """A value with some significant digits; ∞ where it has no end, a dash where it is not known.

    No zeros at the end, commas between thousands, and an exponent for the very large and small.
    """
    if value is None or isnan(value):
        return "–"
    if isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size and not _SMALL <= size < _LARGE:
        return scientific(value).replace("-", "−")
    if size >= 10.0**digits:
        return f"{value:,.0f}".replace("-", "−")
    # Rounding to the digits first tells how many of them stand after the point.
    rounded = float(f"{value:.{digits}g}")
    whole = len(f"{abs(rounded):.0f}") if abs(rounded) >= 1 else 0
    decimals = max(0, digits - whole)
    if 0 < abs(rounded) < 1:
        decimals = digits - 1 - int(f"{rounded:e}".split("e")[1])
    text = f"{rounded + 0.0:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−")


def fixed(value: float, decimals: int) -> str:
    """A value with so many decimals, or with an exponent where these would be zeros."""
    if not value or abs(value) >= 0.5 * 10.0**-decimals:
        return f"{value + 0.0:,.{decimals}f}"
    return scientific(value)


def scientific(value: float) -> str:
    """A number with two digits and an exponent, in at most eight characters: ``-1.2e-10``."""
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def percent(share: float) -> str:
    """A share from 0 to 1 in percent; "0%" and "100%" only where it is exactly that."""
    if share in (0, 1):
        return f"{share:.0%}"
    if share < 0.0001:
        return "under 0.01%"
    if share < 0.01:
        return f"{100 * share:.1g}%"
    if share >= 0.995:
        return "over 99%"
    return f"{share:.0%}"


def counted(n: int, thing: str, things: str = "") -> str:
    """A number of things: "1 step", "2,000 steps"."""
    return f"{n:,} {thing if n == 1 else things or thing + 's'}"


def cell(row: int, col: int) -> str:
    """A cell, its row and column counted from 0."""
    return f"({row}, {col})"

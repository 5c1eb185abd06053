"""Colours that mean the same in every view."""

from typing import NamedTuple

from bokeh.core.properties import value

from dashboard.widgets.theme import FONTS

# Okabe and Ito's palette, which is safe for the colour-blind.
BLUE = "#0072b2"
SKY_BLUE = "#56b4e9"
GREEN = "#009e73"
ORANGE = "#e69f00"
VERMILION = "#d55e00"
PURPLE = "#cc79a7"

#: The agent, on a light page.
AGENT = "#d6267f"
#: Letters on any of these colours.
LETTERS = "#111111"
#: Letters on a dark and on a light colour: on any colour one of them has a contrast of 4.5.
ON_DARK, ON_LIGHT = "#ffffff", "#050505"
#: Letters in a canvas; a list of fonts that is no more than a string is taken for a column.
FONT = value(FONTS)


class Theme(NamedTuple):
    """Colours of what is drawn in a canvas, which CSS does not reach.

    Attributes:
        free: A cell never visited.
        wall: A wall.
        ink: Letters and arrows on a cell never visited.
        muted: Numbers beside the map.
        line: Lines between parts of a cell.
        agent: The agent and its trail.
        accent: What a person has chosen.
        optimal: What planning has found.
    """

    free: str
    wall: str
    ink: str
    muted: str
    line: str
    agent: str
    accent: str
    optimal: str


LIGHT = Theme(
    free="#eef1f4",
    wall="#5b636b",
    ink="#15191d",
    muted="#5f6b76",
    line="#f6f8fa",
    agent=AGENT,
    accent="#0b63ce",
    optimal="#00795a",
)
DARK = Theme(
    free="#232a31",
    wall="#4b545c",
    ink="#e8edf2",
    muted="#94a1ad",
    line="#14181d",
    agent="#f25ca8",
    accent="#7db8ff",
    optimal="#3fcf9f",
)


def contrasting(colour: str) -> str:
    """The colour of letters on a colour ``#rrggbb``, with a contrast of 4.5 or more."""
    light = _luminance(colour) + 0.05
    return ON_DARK if (1.05 / light) > light / (_luminance(ON_LIGHT) + 0.05) else ON_LIGHT


def contrast(one: str, other: str) -> float:
    """Contrast of two colours ``#rrggbb`` as WCAG 2 defines it, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

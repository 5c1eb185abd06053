"""Colours that mean different things differ for people who see fewer of them, too."""

from itertools import combinations

import numpy as np
import pytest

from dashboard.views import colours
from dashboard.views.curves import figure

#: How linear RGB is seen: Machado, Oliveira and Fernandes 2009, table 1, severity 1.
SEEN = {
    "all colours": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
#: CIE XYZ of linear sRGB, and of its white.
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
#: Least difference in CIE L*a*b*: 2.3 is just noticeable.
LEAST = 15


def lab(colour, seen):
    """A colour ``#rrggbb`` in CIE L*a*b*, as it is seen."""
    rgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(seen @ linear, 0, 1) / XYZ.sum(axis=1)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def too_near(pairs, seen):
    """Those of the pairs that cannot be told apart, with how much they differ."""
    differences = {
        (one, other): np.linalg.norm(lab(one, seen) - lab(other, seen)) for one, other in pairs
    }
    return {pair: difference for pair, difference in differences.items() if difference < LEAST}


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
@pytest.mark.parametrize("palette", [figure.LIGHT, figure.DARK, figure.EITHER])
def test_the_lines_of_the_curve_can_be_told_apart(palette, seen):
    lines = [palette.lines[part] for part in ("episodes", "means", "greedy", "optimum")]
    assert too_near(combinations(lines, 2), np.array(seen)) == {}


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
@pytest.mark.parametrize("theme", [colours.LIGHT, colours.DARK], ids=["light", "dark"])
def test_agent_choice_and_map_can_be_told_apart(theme, seen):
    ground = [theme.free, theme.wall, colours.GREEN, colours.ORANGE, colours.VERMILION]
    # A goal has a flag, too, and the agent a white rim.
    marks = [(mark, theme.free) for mark in (theme.agent, theme.accent, theme.optimal)]
    assert too_near([*marks, *combinations(ground, 2)], np.array(seen)) == {}

"""What colours stand for what values, and what letters can be read on them."""

from collections.abc import Sequence

import numpy as np
from bokeh.models import LinearColorMapper
from bokeh.palettes import cividis, interp_palette
from numpy.typing import NDArray

from dashboard.views.colours import GREEN, VERMILION, Theme, contrasting
from dashboard.views.layers.base import CLEAR, Scale

PALETTE = tuple(cividis(256))
#: From few visits to many; like that of values, it gets lighter.
VISITS_PALETTE = tuple(interp_palette(("#152f4e", "#2a6ca8", "#63b7ec", "#e6f5ff"), 256))
#: From transparent, for no difference, to vermilion.
DIFFERENCE_PALETTE = tuple(f"{VERMILION}{round(225 * i / 255):02x}" for i in range(256))
#: From transparent, for none, to green.
TRACES_PALETTE = tuple(f"{GREEN}{round(225 * i / 255):02x}" for i in range(256))
#: The palette of each background.
PALETTES = {
    "State values": PALETTE,
    "Optimal values": PALETTE,
    "Q-values": PALETTE,
    "Visits": VISITS_PALETTE,
    "Difference": DIFFERENCE_PALETTE,
    "Traces": TRACES_PALETTE,
    "Queue": DIFFERENCE_PALETTE,
}
_NOTHING = "#00000000"
_INKS = {
    palette: np.array([contrasting(colour) for colour in palette])
    for palette in (PALETTE, VISITS_PALETTE)
}


def mapper_of(palette: Sequence[str]) -> LinearColorMapper:
    """Maps places in a palette to its colours, and `CLEAR` to none."""
    return LinearColorMapper(palette=list(palette), low=0, high=255, high_color=_NOTHING)


def ink_on(kind: str, places: NDArray, theme: Theme) -> NDArray:
    """Colours of letters that can be read on places of a background's palette."""
    inks = _INKS.get(PALETTES[kind])
    if inks is None:
        return np.full(places.shape, theme.ink)
    return np.where(places == CLEAR, theme.ink, inks[np.minimum(places, 255)])


def places_of(kind: str, values: NDArray, scale: Scale) -> NDArray:
    """Places of a background's values in its palette; visits by their logarithm."""
    if kind != "Visits":
        return scale.indices(values)
    most = np.nanmax(values, initial=1)
    share = np.log1p(values) / np.log1p(most)
    return np.where(np.isnan(share), CLEAR, np.rint(255 * np.nan_to_num(share))).astype(np.int64)

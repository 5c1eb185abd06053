"""`PictureView`: what an environment without a map draws of itself, in place of the grid."""

import io
from base64 import b64encode
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import panel as pn
from numpy.typing import NDArray
from PIL import Image

from dashboard.session.view import View
from dashboard.widgets.markup import Markup
from dashboard.words.facts import has_map, state_of, where
from gridworld import Snapshot

#: Draws a state, or the present one; None where it has no picture.
Render = Callable[[int | None], NDArray[np.uint8] | None]

_NO_PICTURE = "This environment has no picture of itself."
_NOT_OF_THEN = "There is a picture of the present alone."
_NOT_INSTALLED = (
    'Its picture needs Pygame: python -m pip install "gridworld-dashboard[envs]", and start the '
    "server again."
)


class PictureView:
    """Shows the environment itself in place of the grid, at most twice a second.

    Args:
        render: Draws a state of the run.
        is_live: Returns whether the present is shown, and not an earlier moment.

    Attributes:
        panel: The picture, as it is placed on the page.
    """

    min_interval = 0.5

    def __init__(self, render: Render, is_live: Callable[[], bool]) -> None:
        self._render, self._is_live = render, is_live
        self._markup = Markup.wide("picture", _STYLE)
        self.panel = pn.Column(self._markup.pane(), stylesheets=[_BOX], margin=0)
        self._drawn: tuple[Any, ...] = ()

    def update(self, snapshot: Snapshot) -> None:
        """Draws the state that the agent is in, if the world has no map."""
        if has_map(snapshot):
            return
        state, is_live = state_of(snapshot, snapshot.position), self._is_live()
        now = snapshot.total_steps, snapshot.episode, state, is_live, snapshot.layout
        if now != self._drawn:
            self._drawn = now
            self._markup.text = self._describe(snapshot, state, is_live)

    def _describe(self, snapshot: Snapshot, state: int, is_live: bool) -> str:
        told = f"The agent is in {where(snapshot, state)}."
        try:
            drawn = self._render(None if is_live else state)
        except ImportError:
            return f"<p>{told} {escape(_NOT_INSTALLED)}</p>"
        if drawn is None:
            return f"<p>{told} {_NO_PICTURE if is_live else _NOT_OF_THEN}</p>"
        url = f"data:image/png;base64,{b64encode(png_of(drawn)).decode()}"
        return f'<img src="{url}" alt="{told}"><p>{told}</p>'


def png_of(pixels: NDArray[np.uint8]) -> bytes:
    """Pixels, shape ``(H, W, 3)``, as a PNG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


class OnMap:
    """Has a view draw worlds with a map alone.

    Args:
        view: The view.
    """

    def __init__(self, view: View) -> None:
        self._view, self.panel = view, getattr(view, "panel", None)

    @property
    def min_interval(self) -> float:
        """Seconds between two drawings."""
        return self._view.min_interval

    def update(self, snapshot: Snapshot) -> None:
        """Draws the snapshot."""
        if has_map(snapshot):
            self._view.update(snapshot)


class Placing:
    """Has the grid or the picture placed, as the world has a map or none.

    Args:
        place: Places them.
        panel: Stands for what is placed.
    """

    min_interval = 0.25

    def __init__(self, place: Callable[[], None], panel: Any) -> None:
        self._place, self.panel = place, panel
        self._has_map: bool | None = None

    def update(self, snapshot: Snapshot) -> None:
        """Places them, if it is another kind of world."""
        if has_map(snapshot) is not self._has_map:
            self._has_map = has_map(snapshot)
            self._place()


_BOX = ":host { flex: 1 1 auto; min-height: 260px; }"
_STYLE = """
:host { color: var(--mui-palette-text-secondary); font-size: 13px; line-height: 18px;
        font-variant-numeric: tabular-nums; }
:host > div { width: 100%; display: flex !important; flex-direction: column; align-items: center; }
img { display: block; max-width: 100%; max-height: 62vh; border-radius: 8px;
      border: 1px solid var(--mui-palette-divider); }
p { margin: 8px 0 0; text-align: center; }
"""

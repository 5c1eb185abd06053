"""`View`: draws snapshots on a page; and `OneMessage`, which holds its changes together."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import panel as pn

from gridworld import Snapshot

#: Makes one message of all changes within.
OneMessage = Callable[[], AbstractContextManager[Any]]


class View(Protocol):
    """Something that draws snapshots."""

    @property
    def min_interval(self) -> float:
        """Seconds between two drawings during a run; always 0 for one of each frame."""

    def update(self, snapshot: Snapshot) -> None:
        """Shows the snapshot."""


class PlacedView(View, Protocol):
    """A view with a place of its own on the page."""

    @property
    def panel(self) -> pn.viewable.Viewable:
        """The view as it is placed on the page."""

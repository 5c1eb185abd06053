"""Tells Material components again what changed while the browser drew them for the first time.

Panel's React components read a property when they are first drawn, and hear of its changes only
once React has come to their effects, which on a page that loads may be seconds later. A change
in between is in Bokeh's model, but is not seen: a button stays disabled for good. (Panel 1.9 and
1.10, ``react_component.ts``, ``useState``.)
"""

from typing import Any

import panel as pn
from bokeh.document import Document
from bokeh.document.events import ModelChangedEvent
from bokeh.model import Model
from panel.models.esm import ReactComponent

#: Times from when components came to the first telling, and from each to the next one.
_ROUNDS_MILLISECONDS = (1_500, 2_500, 6_000, 10_000)

#: Kinds of value that are told again; others are models, which React's own children draw.
_PLAIN = (bool, int, float, str, type(None))

_Properties = dict[tuple[Model, str], Any]


class Mounting:
    """Follows the Material components of a page while the browser draws them.

    Args:
        document: The page's Bokeh document; None for none, as in a notebook: then nothing is done.
    """

    def __init__(self, document: Document | None) -> None:
        self._document = document
        self._under_way: list[_Telling] = []

    def begin(self) -> None:
        """Takes note of the components, as the browser is told them to draw them."""
        if self._document is not None:
            self._under_way.append(_Telling(self._document))

    def close(self) -> None:
        """Lets go of the components: Panel may keep the document of a page that has gone."""
        for telling in self._under_way:
            telling.end()
        self._under_way.clear()


class _Telling:
    """Tells the components that a document has now again, a few times."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._first = self._latest = _properties(document)
        self._rounds = iter(_ROUNDS_MILLISECONDS)
        self._go_on()

    def end(self) -> None:
        """Tells nothing any more."""
        self._first = self._latest = {}
        self._rounds = iter(())

    def _go_on(self) -> None:
        if (milliseconds := next(self._rounds, None)) is not None:
            self._document.add_timeout_callback(self._tell, milliseconds)
        else:
            self.end()

    async def _tell(self) -> None:
        first, latest = self._first, self._latest
        now = {(model, name): getattr(model, name) for model, name in first}
        # What changes just now is left to the next round: it may be in a person's hand.
        missed = {key: first[key] for key in first if first[key] != now[key] == latest[key]}
        self._latest = now
        _tell_again(self._document, missed)
        self._go_on()


def _properties(document: Document) -> _Properties:
    """What the browser is told of Material components, by the model that has it and the name."""
    told = {}
    for component in document.models:
        if isinstance(component, ReactComponent):
            for name, value in component.data.properties_with_values().items():
                if isinstance(value, _PLAIN):
                    told[component.data, name] = value
    return told


def _tell_again(document: Document, missed: _Properties) -> None:
    """Tells the browser former values and then the present ones, in one message.

    A value that the browser's model has already is none that it passes on. React draws the last
    of several values that come at once: who has heard of the change sees nothing.
    """
    with pn.io.hold(document, policy="collect"):
        for (model, name), former in missed.items():
            for value in (former, getattr(model, name)):
                document.callbacks.trigger_on_change(
                    ModelChangedEvent(document, model, name, value)
                )

"""`Markup`: text with HTML that changes often."""

from typing import Any

import panel as pn
from panel.models import HTML

from dashboard.widgets.layout import bokeh_pane


class Markup:
    """Text with HTML on the page.

    Bokeh's own `Div` has the whole page laid out anew at each change of its text; Panel's pane
    works out its whole style on the server.

    Args:
        params: Parameters of the Bokeh model.

    Attributes:
        model: The Bokeh model.
    """

    @classmethod
    def wide(cls, name: str, style: str) -> "Markup":
        """Text over the whole width.

        Args:
            name: Name of the model.
            style: Its stylesheet.
        """
        return cls(sizing_mode="stretch_width", stylesheets=[style], name=name)

    def __init__(self, **params: Any) -> None:
        self._text = ""
        self.model = HTML(**{"disable_math": True, "run_scripts": False, "margin": 0} | params)

    @property
    def text(self) -> str:
        """What is shown, as HTML."""
        return self._text

    @text.setter
    def text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            # The model in the browser reads entities first, and then the markup.
            self.model.text = text.replace("&", "&amp;").replace("<", "&lt;")

    def pane(self) -> pn.pane.Bokeh:
        """The text as it is placed on the page, over the whole width."""
        return bokeh_pane(self.model)

    @property
    def visible(self) -> bool:
        """Whether it is shown."""
        return bool(self.model.visible)

    @visible.setter
    def visible(self, visible: bool) -> None:
        self.model.visible = visible

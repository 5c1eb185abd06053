"""`Note`: one line above the map, with the problem of the map or how it is painted."""

from html import escape

import panel as pn

_STYLE = """
:host { margin: 0; font-size: 14px; line-height: 20px; }
.line { box-sizing: border-box; min-height: 32px; padding: 6px 10px; border-radius: 8px; }
.problem { color: var(--mui-palette-text-primary); box-shadow: inset 3px 0 0 #d55e00;
           background: color-mix(in srgb, #d55e00 12%, var(--mui-palette-background-paper)); }
.hint { color: var(--mui-palette-text-secondary); }
"""


class Note:
    """Says what is wrong with the map; without a fault, while it is edited, how to paint.

    The line keeps its height while the map is edited, so that nothing moves under the pointer
    when a stroke makes a fault or mends one.

    Attributes:
        panel: The line; without height where there is nothing to say.
    """

    def __init__(self) -> None:
        self.panel = pn.pane.HTML(
            _html(None, None), stylesheets=[_STYLE], sizing_mode="stretch_width", margin=0
        )

    def say(self, problem: str | None, hint: str | None) -> None:
        """Shows a problem, else a hint, else nothing."""
        text = _html(problem, hint)
        if text != self.panel.object:
            self.panel.object = text


def _html(problem: str | None, hint: str | None) -> str:
    # An element that is there before it has a text: screen readers read out what changes in it.
    style = ' class="line problem"' if problem else ""
    alert = f'<div role="alert"{style}>{escape(problem or "")}</div>'
    is_hint = hint is not None and not problem
    return alert + (f'<div class="line hint">{escape(hint)}</div>' if is_hint and hint else "")

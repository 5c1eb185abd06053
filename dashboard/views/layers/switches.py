"""The buttons that choose what the grid shows."""

from collections.abc import Mapping
from typing import Any, ClassVar

import panel as pn

from dashboard.widgets.hinted import TELLS_CHOSEN, Hinted, RadioButtonGroup
from dashboard.widgets.theme import SEGMENTED, soft

#: What is written on the buttons.
_CAPTIONS = {
    "State values": "Values",
    "Q-values": "Q",
    "Optimal values": "v*",
    "Difference": "|Q − q*|",
    "Optimal policy": "Optimal",
}
_CHIPS = f"""
.bk-btn-group {{ display: inline-flex; flex-wrap: nowrap; gap: 6px; background: none; }}
.bk-btn-group > .bk-btn, .bk-btn-group > .bk-btn:hover {{ flex: none; margin: 0 !important;
    font-size: 13px; line-height: 26px; min-height: 28px; padding: 0 11px;
    border-radius: 14px !important; border: 1px solid var(--mui-palette-divider) !important;
    background: var(--mui-palette-background-paper) !important; box-shadow: none !important;
    color: var(--mui-palette-text-secondary) !important; white-space: nowrap; }}
.bk-btn-group > .bk-btn:hover {{ color: var(--mui-palette-text-primary) !important; }}
.bk-btn-group > .bk-btn.bk-active {{ color: var(--mui-palette-primary-main) !important;
    font-weight: 700; border-color: transparent !important; background: {soft()} !important; }}
.bk-btn-group > .bk-btn.bk-active::before {{ content: "✓ " / ""; }}
.bk-btn-group > .bk-btn:focus-visible {{ outline: 2px solid var(--mui-palette-primary-main);
    outline-offset: 1px; }}
"""
#: Where both groups share the width of a phone or of a notebook's column.
_NARROW = "@container (max-width: 500px)"
_TIGHT = f"""
{_NARROW} {{ .bk-btn-group > .bk-btn, .bk-btn-group > .bk-btn:hover {{
    font-size: 12px; padding: 0 5px; }} }}
"""
_TIGHT_CHIPS = f"""
{_NARROW} {{
  .bk-btn-group {{ gap: 3px; }}
  .bk-btn-group > .bk-btn, .bk-btn-group > .bk-btn:hover {{ font-size: 12px; padding: 0 6px; }}
  .bk-btn-group > .bk-btn.bk-active::before {{ content: none; }} }}
"""


#: With more buttons than there are as a rule.
_DENSE = """
.bk-btn-group { gap: 3px; }
.bk-btn-group > .bk-btn, .bk-btn-group > .bk-btn:hover { padding: 0 7px; }
"""


class _Named(Hinted):
    """A group of buttons with a name that is read out.

    Args:
        titles: What each of them shows, in words, by its name.
    """

    _sheets: ClassVar[list[str]]

    def __init__(self, titles: Mapping[str, str], **params: Any) -> None:
        self._usual = len(titles)
        super().__init__(
            options={_CAPTIONS.get(title, title): title for title in titles},
            hint=_hint(titles),
            stylesheets=self._sheets,
            margin=0,
            **params,
        )

    def _get_model(self, *args: Any, **kwargs: Any) -> Any:
        model = super()._get_model(*args, **kwargs)
        name = {"role": "group", "aria-label": self.label}
        model.html_attributes = {**model.html_attributes, **name}
        return model

    def offer(self, titles: Mapping[str, str]) -> None:
        """Has other buttons; of those that are pressed the ones stay that are there still."""
        options = {_CAPTIONS.get(title, title): title for title in titles}
        if options != self.options:
            dense = [_DENSE] if len(options) > self._usual else []
            self.param.update(
                options=options,
                hint=_hint(titles),
                value=self._kept(titles),
                stylesheets=[*self._sheets, *dense],
            )


class BackgroundChoice(_Named, RadioButtonGroup):
    """Buttons of which one is pressed: the background.

    Args:
        titles: What each background shows, in words, by its name; the first is chosen.
    """

    _sheets: ClassVar[list[str]] = [SEGMENTED, _TIGHT, TELLS_CHOSEN]

    def __init__(self, titles: Mapping[str, str]) -> None:
        super().__init__(titles, label="Background", value=next(iter(titles)))

    def _kept(self, titles: Mapping[str, str]) -> str:
        return str(self.value) if self.value in titles else next(iter(titles))


class OverlayChoice(_Named, pn.widgets.CheckButtonGroup):
    """Buttons each of which may be pressed: the overlays.

    Args:
        titles: What each overlay shows, in words, by its name.
        on: Those that are on.
    """

    _sheets: ClassVar[list[str]] = [_CHIPS, _TIGHT_CHIPS, TELLS_CHOSEN]

    def __init__(self, titles: Mapping[str, str], on: list[str]) -> None:
        super().__init__(titles, label="Overlays", value=on)

    def _kept(self, titles: Mapping[str, str]) -> list[str]:
        return [title for title in titles if title in self.value]


def _hint(titles: Mapping[str, str]) -> str:
    return "\n".join(titles.values())

"""The numbers of the run: four at first, the rest one click deep, a hint for each."""

import time
from collections import deque
from collections.abc import Iterable

from bokeh.models.widgets import Div

from dashboard.widgets.layout import overlaid_pane
from dashboard.widgets.markup import Markup
from dashboard.words.counters import details_of, first_of
from dashboard.words.facts import Verdict, verdict_of
from dashboard.words.hints import HINTS
from gridworld import Snapshot, Status

#: Characters above which a number is written smaller.
_LONG = 7

# The numbers change twice a second, and what is drawn anew loses the focus and closes a
# hint. So they lie below a sheet that stays: it has the buttons for the hints, and the fold. Both
# are laid out alike. The sheet alone has a height; what it does not cover is cut off.
_GRID = """
:host { color: var(--mui-palette-text-primary); font-size: 14px; container-type: inline-size; }
:host > div { box-sizing: border-box; width: 100%; }
.cards, .more { display: grid; gap: 8px; margin: 0;
                grid-template-columns: 1.15fr 0.95fr 0.95fr 1.25fr; }
.cards > div { box-sizing: border-box; height: 56px; min-width: 0; position: relative; }
.fold { height: 30px; line-height: 30px; }
.more { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0 8px; }
.more > div { box-sizing: border-box; height: 44px; min-width: 0; position: relative; }
@container (max-width: 300px) {
  .cards { grid-template-columns: 1fr 1fr; }
  .more { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
"""
_NUMBERS_STYLE = (
    _GRID
    + """
:host { position: absolute; inset: 0; overflow: hidden; }
.cards > div { padding: 7px 8px 0; border: 1px solid var(--mui-palette-divider);
               border-radius: 12px; background: var(--mui-palette-background-paper); }
.more > div { padding: 2px 8px 0; }
dt, dd { margin: 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
dt { color: var(--mui-palette-text-secondary); font-size: 12px; line-height: 16px;
     letter-spacing: -0.01em; }
dd { font-variant-numeric: tabular-nums; line-height: 24px; font-weight: 700; }
.cards dd { font-size: 17px; }
.cards dd.long { font-size: 13px; }
.cards small { font-size: 12px; font-weight: 400; color: var(--mui-palette-text-secondary); }
.more dd { font-weight: 600; line-height: 20px; }
@container (max-width: 390px) {
  .cards > div { padding: 7px 6px 0; }
  .cards dt { font-size: 11px; letter-spacing: -0.03em; }
  .cards small { display: none; }
}
@container (max-width: 370px) {
  .cards > div { padding: 7px 5px 0; }
  .cards dd { font-size: 16px; }
}
dd.good { color: var(--mui-palette-success-main); }
dd.good::after { content: " ✓" / " optimal"; }
"""
)
_SHEET_STYLE = (
    _GRID
    + """
button { position: absolute; inset: 0; width: 100%; padding: 0; border: 0; background: none;
         border-radius: 12px; cursor: help; }
.more button { border-radius: 8px; }
button:hover { background: color-mix(in srgb, var(--mui-palette-primary-main) 6%, transparent); }
button:focus-visible, summary:focus-visible { outline: 2px solid var(--mui-palette-primary-main);
                                              outline-offset: 1px; }
summary { cursor: pointer; color: var(--mui-palette-text-secondary); font-size: 12px;
          width: max-content; padding: 0 8px; border-radius: 8px; }
[popover] { box-sizing: border-box; width: max-content; max-width: min(320px, 90vw);
            padding: 10px 14px; border: 1px solid var(--mui-palette-divider); border-radius: 12px;
            background: var(--mui-palette-background-paper);
            color: var(--mui-palette-text-primary); font-size: 14px; line-height: 1.45;
            box-shadow: 0 6px 24px rgb(0 0 0 / 18%); }
[popover] b { display: block; }
@supports (position-area: bottom) {
  [popover] { margin: 6px 0; inset: auto; position-area: bottom span-right;
              position-try-fallbacks: flip-inline, flip-block; }
}
"""
)


class NumbersView:
    """Gap, exploring, last return and successes; more below a fold, which has a hint each, too.

    Attributes:
        div: The Bokeh model of the numbers.
        panel: Numbers and hints as they are placed on the page.
    """

    min_interval = 0.5

    def __init__(self, snapshot: Snapshot) -> None:
        self._readings: deque[tuple[float, int]] = deque(maxlen=4)
        self.div = Markup.wide("numbers", _NUMBERS_STYLE)
        self._names: tuple[str, ...] = ()
        self._sheet = Div(
            sizing_mode="stretch_width",
            stylesheets=[_SHEET_STYLE],
            margin=0,
            name="hints",
        )
        self.panel = overlaid_pane(self.div.model, self._sheet)
        self.update(snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Writes the numbers, if any has changed."""
        values, details = first_of(snapshot), details_of(snapshot, self._speed(snapshot))
        if (names := (*values, *details)) != self._names:
            self._names = names
            self._sheet.text = _sheet(values, details)
        is_good = verdict_of(snapshot) is Verdict.OPTIMAL
        cards = "".join(
            _card(name, value, is_good and name == "Gap to optimal")
            for name, value in values.items()
        )
        more = "".join(
            f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in details.items()
        )
        self.div.text = (
            f'<dl class="cards">{cards}</dl><div class="fold"></div><dl class="more">{more}</dl>'
        )

    def _speed(self, snapshot: Snapshot) -> float | None:
        """Steps a second over the last readings; None where there are too few."""
        if snapshot.status is not Status.RUNNING:
            self._readings.clear()
            return None
        self._readings.append((time.monotonic(), snapshot.total_steps))
        (since, before), (now, after) = self._readings[0], self._readings[-1]
        return (after - before) / (now - since) if now > since else None


def _card(name: str, value: str, is_good: bool) -> str:
    number, of, rest = value.partition(" of ")
    small = f"<small>{of}{rest}</small>" if of else ""
    style = "good" if is_good else "long" if len(number) > _LONG else ""
    return f'<div><dt>{name}</dt><dd class="{style}">{number}{small}</dd></div>'


def _sheet(first: Iterable[str], more: Iterable[str]) -> str:
    """Buttons over the numbers, and the hints that they open."""
    return (
        f'<div class="cards">{"".join(map(_hinted, first))}</div>'
        '<details><summary class="fold">More numbers</summary>'
        f'<div class="more">{"".join(map(_hinted, more))}</div></details>'
    )


def _hinted(name: str) -> str:
    # The title is for the mouse, and it is what a screen reader reads as a description.
    key, hint = "hint-" + "".join(filter(str.isalnum, name)).lower(), HINTS[name]
    return (
        f'<div><button type="button" popovertarget="{key}" aria-label="What is {name}?" '
        f'title="{hint}"></button><div popover id="{key}"><b>{name}</b>{hint}</div></div>'
    )

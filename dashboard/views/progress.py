"""How far the run is, for the bar above the page."""

from dashboard.widgets.markup import Markup
from dashboard.words.facts import episode_shown, plans, unit
from gridworld import Snapshot

_STYLE = """
:host { color: var(--mui-palette-text-primary); font-size: 14px; min-width: 0; }
:host > div { box-sizing: border-box; width: 100%; }
.episode { line-height: 18px; white-space: nowrap; font-variant-numeric: tabular-nums; }
progress { appearance: none; display: block; width: 100%; height: 6px; margin-top: 5px; border: 0;
           border-radius: 3px; overflow: hidden; background: var(--mui-palette-divider);
           color: var(--mui-palette-primary-main); }
progress::-webkit-progress-bar { background: var(--mui-palette-divider); }
progress::-webkit-progress-value { background: var(--mui-palette-primary-main); }
progress::-moz-progress-bar { background: var(--mui-palette-primary-main); }
"""


class ProgressView:
    """The episode that is under way, and a bar of those completed: at most 40 px high.

    Args:
        snapshot: The run.

    Attributes:
        div: The Bokeh model.
        panel: The model as it is placed on the page.
    """

    min_interval = 0.2

    def __init__(self, snapshot: Snapshot) -> None:
        self.div = Markup.wide("progress", _STYLE)
        self.panel = self.div.pane()
        self.update(snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Writes the episode."""
        of_all = "" if plans(snapshot) else f" of {snapshot.num_episodes:,}"
        unit_of = unit(snapshot).capitalize()
        self.div.text = (
            f'<div class="episode">{unit_of} <b>{episode_shown(snapshot):,}</b>{of_all}</div>'
            f'<progress aria-label="{unit_of}s completed" value="{snapshot.episode}" '
            f'max="{snapshot.num_episodes}"></progress>'
        )

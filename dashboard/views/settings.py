"""The settings of a run as text, for pages that only watch it."""

from html import escape
from typing import Any, NamedTuple

import panel as pn
import param

from dashboard.rooms.room import Room
from dashboard.session.subscriptions import Watch, watch_always
from gridworld import LEVELS, GridWorldConfig, LearningConfig, Snapshot, parameters

_STYLE = """
h2 { margin: 16px 0 4px; font-size: 1.1rem; }
dl { display: grid; grid-template-columns: 1fr fit-content(62%); gap: 4px 12px; margin: 0;
     font-variant-numeric: tabular-nums; }
dt { color: var(--mui-palette-text-secondary); }
dd { margin: 0; text-align: right; }
"""


_OF_THE_NEXT = "These are the next run's. What is shown was learned with earlier settings."
#: Label of the setting that is left out: the grid shows the map already.
_MAPS = tuple(GridWorldConfig.param[name].label for name in ("layout", "later_layout"))


class Setting(NamedTuple):
    """One parameter: its label, its value as text, what it means."""

    label: str
    value: str
    doc: str


class SettingsView:
    """Shows the settings of the training.

    Args:
        room: The training.
        watch: Watches its settings.

    Attributes:
        panel: Names and values.
    """

    min_interval = 0.5

    def __init__(self, room: Room, watch: Watch = watch_always) -> None:
        self._room = room
        self._is_new = self._is_other = True
        self.panel = pn.pane.HTML(
            stylesheets=[_STYLE], sizing_mode="stretch_width", margin=(0, 16), name="settings"
        )
        for owner in room.setting_owners:
            watch(owner, list(owner.param), self._note)
        self.update(room.snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Writes the settings if they have changed."""
        room = self._room
        is_other = room.settings_changed
        if not self._is_new and is_other == self._is_other:
            return
        self._is_new, self._is_other = False, is_other
        groups = {
            "Environment": settings_of(room.world_config),
            "Agent": [*settings_of(room.learner), *settings_of(room.learning_config)],
            "Run": [Setting("Seed", f"{room.seed}", "")],
        }
        note = f"<p>{_OF_THE_NEXT}</p>" if is_other else ""
        self.panel.object = note + "".join(
            f"<h2>{title}</h2><dl>"
            + "".join(
                f'<dt title="{escape(doc)}">{escape(label)}</dt><dd>{escape(value)}</dd>'
                for label, value, doc in rows
                if label not in _MAPS
            )
            + "</dl>"
            for title, rows in groups.items()
        )

    def _note(self) -> None:
        self._is_new = True


def settings_of(config: param.Parameterized) -> list[Setting]:
    """The parameters of a config that matter to its run."""
    return [
        Setting(config.param[name].label, _value_text(config, name), config.param[name].doc)
        for name in _relevant(config)
    ]


def _relevant(config: param.Parameterized) -> list[str]:
    """Names of the parameters that matter to the run, in the order of the class."""
    if isinstance(config, LearningConfig):
        return list(config.in_effect)
    unused = _unused(config) if isinstance(config, GridWorldConfig) else set()
    return [name for name in config.param if name not in {"name", *unused}]


def _unused(config: GridWorldConfig) -> set[str]:
    """Parameters of a world that do not matter to it."""
    unused = set() if config.level == "random" else {"wall_density", "map_seed"}
    if not any(config.wind):
        unused.add("gust")
    if not config.later_layout:
        unused |= {"later_layout", "change_after"}
    if LEVELS[config.level].env is not None:
        unused |= {*GridWorldConfig.FIXED_PARAMETERS}
    if not config.layout:
        unused |= {"layout", "n_rows", "n_cols"}
    return unused


def _value_text(config: param.Parameterized, name: str) -> str:
    value: Any = getattr(config, name)
    if isinstance(config.param[name], parameters.Choice):
        return str(config.param[name].titles[value])
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "none"
    if isinstance(value, int) and name != "map_seed":
        return f"{value:,}"
    return str(value)

"""`GridWorldConfig`: every setting of a world.

A value that is not allowed raises ValueError at once, whether it is given to the
constructor or assigned later, and the object stays as it was.
"""

from typing import Any

import param

from gridworld.parameters import Choice, Real, Text, Whole, Wind
from gridworld.worlds.levels import LEVELS
from gridworld.worlds.maps import MAX_SIZE, MIN_SIZE, check_playable, parse_layout
from gridworld.worlds.random_maps import MAX_DENSITY, random_layout

#: Parameters that only a drawn map has, with their names in `random_layout`.
_DRAWN = {
    "n_rows": "n_rows",
    "n_cols": "n_cols",
    "wall_density": "wall_density",
    "map_seed": "seed",
}
#: Parameters that a level sets along with its map.
_PRESET = (
    "wind",
    "step_reward",
    "bump_reward",
    "goal_reward",
    "pit_reward",
    "cliff_reward",
    "max_steps",
)


class GridWorldConfig(param.Parameterized):
    """A grid world: its map, its chance and its rewards.

    Choosing a ``level`` sets the map and the level's own rewards; a parameter given in
    the same breath wins over the level's. Giving a ``layout`` makes the level
    ``custom``; wind that does not fit its width is gone with the map before.
    ``n_rows`` and ``n_cols`` always tell the map's size and, like ``wall_density`` and
    ``map_seed``, may be chosen for level ``random`` only.

    Example:
        >>> GridWorldConfig(level="hard", slip=0.1).n_rows
        7

    Raises:
        ValueError: Naming the parameter, the value and what is allowed.
    """

    level = Choice(
        default="easy",
        objects=list(LEVELS),
        doc="Named map with its rewards; custom is a map of your own.",
    )
    n_rows = Whole(
        default=8,
        bounds=(MIN_SIZE, MAX_SIZE),
        label="Rows",
        doc="Height of the map, in cells; to be chosen for level random.",
    )
    n_cols = Whole(
        default=8,
        bounds=(MIN_SIZE, MAX_SIZE),
        label="Columns",
        doc="Width of the map, in cells; to be chosen for level random.",
    )
    wall_density = Real(
        default=0.25,
        bounds=(0, MAX_DENSITY),
        step=0.05,
        doc="Share of all cells that are walls, for level random.",
    )
    map_seed = Whole(
        default=0,
        bounds=(0, 2**32 - 1),
        doc="Seed of the map drawn for level random; the same seed gives the same map.",
    )
    layout = Text(
        default="",
        label="Map text",
        doc="The map, one line a row: S start, G goal, . free, # wall, X pit (ends the "
        "episode), C cliff (back to start). 2 to 100 cells a side.",
    )
    slip = Real(
        default=0.0,
        bounds=(0, 1),
        step=0.05,
        doc="Probability that a move goes to one of the two perpendicular directions "
        "instead, half each.",
    )
    wind = Wind(default=(), doc="Upward shift in cells, one value a column; empty for calm.")
    step_reward = Real(
        default=-0.01, bounds=(-1_000_000, 1_000_000), doc="Reward of an ordinary step."
    )
    bump_reward = Real(
        default=-0.05,
        bounds=(-1_000_000, 1_000_000),
        doc="Reward of moving into a wall or over the edge, in place of the step reward.",
    )
    goal_reward = Real(
        default=1.0,
        bounds=(-1_000_000, 1_000_000),
        doc="Reward of reaching a goal, which ends the episode.",
    )
    pit_reward = Real(
        default=-1.0,
        bounds=(-1_000_000, 1_000_000),
        doc="Reward of falling into a pit, which ends the episode.",
    )
    cliff_reward = Real(
        default=-1.0,
        bounds=(-1_000_000, 1_000_000),
        doc="Reward of stepping off a cliff, back to the start.",
    )
    max_steps = Whole(
        default=1000,
        bounds=(1, 10_000_000),
        label="Maximum steps",
        doc="Steps after which an episode is cut off (truncated).",
    )

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._settling = False
        self._settle(given=set(params))

    def copy_from(self, other: "GridWorldConfig") -> None:
        """Takes all parameters of another world as they are, so that nothing follows from them."""
        self._settled: dict[str, Any] = other._settled
        self.param.update(**self._settled)

    @param.depends(*_DRAWN, *_PRESET, "level", "layout", "slip", watch=True)
    def _resettle(self) -> None:
        if self._settling:  # our own derived values, already checked
            return
        given = {name for name, value in self._settled.items() if getattr(self, name) != value}
        try:
            self._settle(given)
        except ValueError:
            with param.parameterized.discard_events(self):
                self.param.update(**self._settled)
            raise

    def _settle(self, given: set[str]) -> None:
        """Brings what hangs together into agreement with the ``given`` parameters.

        Raises:
            ValueError: If they cannot agree; nothing has been changed then.
        """
        values = self.param.values()
        del values["name"]
        values |= _derive(values, given)
        cells = parse_layout(values["layout"])
        for field, size in zip(("n_rows", "n_cols"), cells.shape, strict=True):
            if field in given and values[field] != size:
                raise ValueError(f"{field} must be the layout's {size}, got {values[field]}")
            values[field] = size
        n_cols, n_shifts = values["n_cols"], len(values["wind"])
        if n_shifts not in (0, n_cols):
            if "wind" in given:
                raise ValueError(
                    f"wind has {n_shifts} values, expected {n_cols}, one for each column"
                )
            values["wind"] = ()  # that of the map before
        check_playable(cells, values["wind"])
        self._settling = True
        try:
            self.param.update(**values)
        finally:
            self._settling = False
        self._settled = values


def _derive(values: dict[str, Any], given: set[str]) -> dict[str, Any]:
    """What follows from the ``given`` ones of a world's ``values``."""
    level = values["level"]
    if "layout" in given and not ("level" in given and values["layout"] == _map_of(level, values)):
        return {"level": "custom"}
    for field in (f for f in _DRAWN if f in given and level != "random" and "layout" not in given):
        raise ValueError(
            f"{field} may be chosen for level random only, got {values[field]!r} for level {level}"
        )
    if level == "custom":
        if not values["layout"]:
            raise ValueError("layout must be given for level custom, got none")
        return {}
    derived: dict[str, Any] = {}
    if "level" in given or not values["layout"]:
        defaults = {field: GridWorldConfig.param[field].default for field in _PRESET}
        preset = defaults | LEVELS[level].parameters
        derived = {field: value for field, value in preset.items() if field not in given}
    if level != "random" or given & {"level", *_DRAWN} or not values["layout"]:
        derived["layout"] = _map_of(level, values)
    return derived


def _map_of(level: str, values: dict[str, Any]) -> str:
    """The map that a level has of its own; empty for level custom."""
    if level == "random":
        return random_layout(**{_DRAWN[field]: values[field] for field in _DRAWN})
    return LEVELS[level].layout

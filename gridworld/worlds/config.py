"""`GridWorldConfig`: every setting of a world.

A value that is not allowed raises ValueError at once, in the constructor and when it is
assigned later, and leaves the object unchanged.
"""

from typing import Any, ClassVar

import param

from gridworld.parameters import Choice, Real, Text, Whole, Wind
from gridworld.worlds.levels import LEVELS
from gridworld.worlds.maps import (
    MAX_SIZE,
    MIN_SIZE,
    Cells,
    check_playable,
    format_layout,
    parse_layout,
)
from gridworld.worlds.moves import MOVE_SETS
from gridworld.worlds.random_maps import MAX_DENSITY, random_layout


class GridWorldConfig(param.Parameterized):
    """A grid world: its map, its chance and its rewards.

    Choosing a ``level`` sets the map and the parameters that come with the level, except
    those that are given at the same time. Giving a ``layout`` makes the level ``custom``; wind of
    another width than the new map's, and a later map of another size, are dropped. ``n_rows``
    and ``n_cols`` always are the map's size and, like ``wall_density`` and ``map_seed``, may be
    chosen for level ``random`` only.

    Example:
        >>> GridWorldConfig(level="hard", slip=0.1).n_rows
        7

    Raises:
        ValueError: Naming the parameter, the value and what is allowed.
    """

    #: Parameters from which the map of level ``random`` is drawn.
    DRAWN_PARAMETERS: ClassVar[tuple[str, ...]] = ("n_rows", "n_cols", "wall_density", "map_seed")
    #: Parameters that make the map.
    MAP_PARAMETERS: ClassVar[tuple[str, ...]] = ("level", *DRAWN_PARAMETERS, "layout")
    #: Parameters that a level sets together with its map.
    LEVEL_PARAMETERS: ClassVar[tuple[str, ...]] = (
        "moves",
        "wind",
        "gust",
        "later_layout",
        "change_after",
        "step_reward",
        "bump_reward",
        "goal_reward",
        "pit_reward",
        "cliff_reward",
        "max_steps",
    )

    #: What the world of a level that is another maker's environment has of its own.
    FIXED_PARAMETERS: ClassVar[tuple[str, ...]] = (
        *(name for name in LEVEL_PARAMETERS if name != "max_steps"),
        "slip",
    )

    level = Choice(
        default="easy",
        objects={level.title: name for name, level in LEVELS.items()},
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
    moves = Choice(
        default="four",
        objects={
            "Four": "four",
            "King's, eight": "king",
            "King's and staying, nine": "king_or_stay",
        },
        doc="The actions: up, right, down and left; the diagonals, too, as a king in chess moves; "
        "and staying, too.",
    )
    wind = Wind(default=(), doc="Upward shift in cells, one value a column; empty for calm.")
    gust = Real(
        default=0.0,
        bounds=(0, 1),
        step=0.05,
        doc="Probability that the wind is one cell weaker or stronger, half each, where it blows.",
    )
    later_layout = Text(
        default="",
        label="Later map text",
        doc="The map that takes the place of the first one in mid-run, of the same size; empty "
        "for none. Planning, which takes no steps, stays in the first one.",
    )
    change_after = Whole(
        default=1000,
        bounds=(1, 10_000_000),
        label="Change after",
        doc="Steps of the whole run after which the later map takes the place of the first one.",
    )
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
        """Sets all parameters to those of another world; nothing is derived from them."""
        self._settled: dict[str, Any] = other._settled
        self.param.update(**self._settled)

    @param.depends(*MAP_PARAMETERS, *LEVEL_PARAMETERS, "slip", watch=True)
    def _resettle(self) -> None:
        if self._settling:  # values that _settle has derived and checked
            return
        given = {name for name, value in self._settled.items() if getattr(self, name) != value}
        try:
            self._settle(given)
        except ValueError:
            with param.parameterized.discard_events(self):
                self.param.update(**self._settled)
            raise

    def _settle(self, given: set[str]) -> None:
        """Derives the parameters that depend on the ``given`` ones.

        Raises:
            ValueError: If the given ones contradict each other; then nothing has changed.
        """
        values = self.param.values()
        del values["name"]
        values |= _derive(values, given)
        level = LEVELS[values["level"]]
        if level.env is not None:
            values |= _fixed(values, given)
        if level.env is None or level.layout:
            _settle_map(values, given)
        else:  # it has no map
            values["layout"] = ""
        self._settling = True
        try:
            self.param.update(**values)
        finally:
            self._settling = False
        self._settled = values


def _derive(values: dict[str, Any], given: set[str]) -> dict[str, Any]:
    """Values that the ``given`` ones of a world's ``values`` determine."""
    level = values["level"]
    if "layout" in given and not ("level" in given and values["layout"] == _map_of(level, values)):
        return {"level": "custom"}
    drawn = [field for field in GridWorldConfig.DRAWN_PARAMETERS if field in given]
    if drawn and level != "random" and "layout" not in given:
        field = drawn[0]
        raise ValueError(
            f"{field} may be chosen for level random only, got {values[field]!r} for level {level}"
        )
    if level == "custom":
        if not values["layout"]:
            raise ValueError("layout must be given for level custom, got none")
        return {}
    derived: dict[str, Any] = {}
    if "level" in given or not values["layout"]:
        defaults = {
            field: GridWorldConfig.param[field].default
            for field in GridWorldConfig.LEVEL_PARAMETERS
        }
        preset = defaults | LEVELS[level].parameters
        derived = {field: value for field, value in preset.items() if field not in given}
    if level != "random" or drawn or "level" in given or not values["layout"]:
        derived["layout"] = _map_of(level, values)
    return derived


def _fixed(values: dict[str, Any], given: set[str]) -> dict[str, Any]:
    """What is as it is in the world of another maker's environment."""
    level = values["level"]
    fixed = {
        name: LEVELS[level].parameters.get(name, GridWorldConfig.param[name].default)
        for name in GridWorldConfig.FIXED_PARAMETERS
    }
    for name, value in fixed.items():
        if name in given and values[name] != value:
            raise ValueError(
                f"{name} must be {value!r} for level {level}, which has chance and rewards of its "
                f"own, got {values[name]!r}"
            )
    return fixed


def _settle_map(values: dict[str, Any], given: set[str]) -> None:
    """Settles what depends on the map, in ``values``.

    Raises:
        ValueError: If the map cannot be played, or the given ones contradict each other.
    """
    cells, moves = parse_layout(values["layout"]), MOVE_SETS[values["moves"]]
    values["layout"] = _with_own_letters(values["layout"])
    for field, size in zip(("n_rows", "n_cols"), cells.shape, strict=True):
        if field in given and values[field] != size:
            raise ValueError(f"{field} must be the layout's {size}, got {values[field]}")
        values[field] = size
    n_cols, n_shifts = values["n_cols"], len(values["wind"])
    if n_shifts not in (0, n_cols):
        if "wind" in given:
            raise ValueError(f"wind has {n_shifts} values, expected {n_cols}, one for each column")
        values["wind"] = ()  # it was the wind of the old map
    check_playable(cells, values["wind"], values["gust"], moves)
    if values["later_layout"]:
        later = _later_cells(values["later_layout"])
        if later.shape == cells.shape:
            check_playable(later, values["wind"], values["gust"], moves, "later_layout")
        elif "later_layout" in given:
            raise ValueError(
                f"later_layout must have {cells.shape[0]} rows and {cells.shape[1]} columns as "
                f"the map, got {later.shape[0]} and {later.shape[1]}"
            )
        else:
            values["later_layout"] = ""  # it was that of the old map


def _with_own_letters(layout: str) -> str:
    """The text of a map, with FrozenLake's letters replaced; as it is, if it has none."""
    return format_layout(parse_layout(layout)) if {"F", "H"} & set(layout) else layout


def _later_cells(layout: str) -> Cells:
    try:
        return parse_layout(layout)
    except ValueError as error:
        raise ValueError(f"later_{error}") from None


def _map_of(level: str, values: dict[str, Any]) -> str:
    """The map of a level; empty for level custom."""
    if level == "random":
        return random_layout(*(values[name] for name in GridWorldConfig.DRAWN_PARAMETERS))
    return LEVELS[level].layout

"""Settings as the text of a link, and back, and those that a link need not name.

A link has to survive being mailed, so a map is written in characters that no address
escapes: ``~`` for a wall and ``-`` between rows. ``#`` and ``|`` are read too.
"""

import reprlib
from collections.abc import Collection
from functools import cache, partial
from typing import Any
from urllib.parse import parse_qsl

import param

from dashboard.rooms.brought import Brought
from dashboard.rooms.learner import values_of
from dashboard.rooms.pace import Pace
from dashboard.rooms.room import Room
from dashboard.session.labels import with_label
from gridworld import GridWorldConfig, parameters

#: Names in a link of parameters that are called otherwise in their class.
KEYS = {
    "layout": "map",
    "later_layout": "later_map",
    "n_rows": "rows",
    "n_cols": "columns",
    "num_episodes": "episodes",
}
#: Other names that a link by hand may have: the textbook's symbols.
_ALIASES = {"alpha": "learning_rate", "gamma": "discount_factor"}
#: Name in a link of the key that leads to a training.
ROOM_KEY = "room"
#: A map of 100 × 100 cells, each escaped, and all the rest fit in.
MAX_LENGTH = 40_000
_MAX_FIELDS = 100
_TO_LINK = str.maketrans("#\n", "~-")
_FROM_LINK = str.maketrans("~-|", "#\n\n")


def parse_link(search: str, keys: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """Takes the part of an address after its question mark apart.

    Args:
        search: That part, with or without the question mark.
        keys: The settings that there are.

    Returns:
        The settings' texts by key, and what is wrong with the rest, a sentence each. Of a
        setting given several times the first is taken.
    """
    search = search.removeprefix("?")
    if len(search) > MAX_LENGTH:
        return {}, [f"Address must have at most {MAX_LENGTH:,} characters, got {len(search):,}"]
    try:
        pairs = parse_qsl(search, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}, [f"Address must have at most {_MAX_FIELDS} settings"]
    texts: dict[str, str] = {}
    complaints = []
    for key, text in pairs:
        if _is_no_setting(key):
            continue
        key = _ALIASES.get(key, key)
        if key not in keys:
            known = ", ".join(keys)
            complaints.append(f"Address has no setting {reprlib.repr(key)}, allowed are {known}")
        elif key in texts:
            first, other = (reprlib.repr(value) for value in (texts[key], text))
            complaints.append(f"Address must give {key} once, got {other} after {first}")
        else:
            texts[key] = text
    return texts, complaints


def read_own(search: str) -> dict[str, str]:
    """Texts in a part of an address that are no settings but Panel's own, and the room's key."""
    own: dict[str, str] = {}
    for key, text in parse_qsl(search.removeprefix("?"), keep_blank_values=True):
        if _is_no_setting(key):
            own.setdefault(key, text)
    return own


def _is_no_setting(key: str) -> bool:
    """Whether a key of a link is Panel's or Bokeh's own, or the room's."""
    return key in ("theme", ROOM_KEY) or key.startswith("bokeh-")


def parse_value(parameter: param.Parameter, text: str) -> Any:
    """Turns a text of a link into a value that the parameter takes.

    Raises:
        ValueError: Naming the parameter, what is allowed, and the text.
    """
    value: Any = text
    match parameter:
        case parameters.Real():
            value = parameters.parse_number(text)
        case parameters.Wind():
            value = _shifts(text)
        case parameters.Text():
            value = text.translate(_FROM_LINK)
        case param.Boolean():
            if text not in ("true", "false"):
                raise ValueError(
                    f"{parameter.name} must be true or false, got {reprlib.repr(text)}"
                )
            value = text == "true"
    # Checked before any is assigned: of several, Param's update keeps those before a wrong one.
    if isinstance(parameter, parameters.Stated):
        parameter.check(value)
    return value


def value_text(value: Any) -> str:
    """Turns a parameter's value into the text that a link has for it."""
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(map(str, value))
        case str():
            return value.translate(_TO_LINK)
    return str(value).removesuffix(".0")


def describe(error: ValueError, owner: param.Parameterized) -> str:
    """The message of an error about a link, with the parameter's label for its name."""
    return f"Address: {with_label(error, owner)}"


def _shifts(text: str) -> Any:
    """Whole numbers with commas between them; text that is none stays text, to be refused."""
    try:
        return parameters.parse_wholes(text.split(",") if text else ())
    except (TypeError, ValueError):
        return text


class Before:
    """The settings of a room as they are when this is made, and what a link makes of them.

    Args:
        room: The room; later changes of it do not count.
    """

    def __init__(self, room: Room) -> None:
        self._world = values_of(room.world_config)
        self._learner = room.learner.copy()
        self._pace, self._seed = values_of(room.pace), room.seed
        self._brought_by = room.brought.level
        self.after = cache(partial(self._after))

    @property
    def level(self) -> str:
        """The name of the level."""
        return str(self._world["level"])

    def _after(self, level: str, algorithm: str) -> dict[str, Any]:
        """The settings, by their keys in a link, that a link leaves which names no others.

        Args:
            level: The level that it names, or that there was before. It brings its own along.
            algorithm: The algorithm of the learner whose settings are wanted; that of the
                result is what the level leaves.
        """
        world, pace = GridWorldConfig(**self._world), Pace(**self._pace)
        learner = self._learner.copy()
        if level not in ("custom", self.level):
            brought = Brought(world, learner, pace)
            brought.level = self._brought_by
            world.param.update(level=level)
            brought.follow()
        left = {"algorithm": learner.algorithm}
        learner.param.update(algorithm=algorithm)
        values = values_of(world) | left | values_of(learner.config) | values_of(pace)
        return {KEYS.get(name, name): value for name, value in values.items()} | {
            "seed": self._seed
        }

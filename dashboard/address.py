"""`Address`: the page's address carries its settings, so that a link restores them."""

from functools import cache
from typing import Any
from urllib.parse import urlencode

import panel as pn
import param
from panel.io.location import Location

from dashboard.draft import format_cells, read_cells
from dashboard.link import KEYS, ROOM_KEY, describe, parse_link, parse_value, value_text
from dashboard.notify import toast
from dashboard.room import Room
from dashboard.watching import Watch, watch_always
from gridworld import GridWorldConfig, Snapshot

#: Complaints that are shown; an address of nonsense must not bury the page.
MAX_TOASTS = 5
#: Settings of a level of its own, and all that make a map together.
_DRAWN = ("n_rows", "n_cols", "wall_density", "map_seed")
_MAP = ("level", "layout", *_DRAWN, "wind")


class Address:
    """Reads the settings from the page's address when it is opened, and keeps it up to date.

    The address has what differs from the room as it was before. What is wrong in it is told
    in toasts and left out, what is right is taken. Where there is no page with an address,
    in a notebook or a test, nothing is read or written by itself.

    Once there is something to come back to, it has the room's key too, and leads to the
    training itself.

    Args:
        room: The training whose settings these are; it should not have been drawn yet.
        watch: What to watch the settings with.
        before: A room as it was before; by default the room itself. If given, the room has
            been at work, and nothing is read.
        key: Leads to the room.
    """

    min_interval = 0.5

    def __init__(
        self,
        room: Room,
        watch: Watch = watch_always,
        before: Room | None = None,
        key: str | None = None,
    ) -> None:
        self._world = room.world_config
        self._settings = _settings(room)
        pristine = _settings(before or room)
        self._before = {key: getattr(*setting) for key, setting in pristine.items()}
        self._key, self._is_revealed = key, False
        self._values_of = cache(self._values_of_level)
        self._location = _find_location()
        if self._location is None:
            return
        complaints = self.apply(self._location.search) if before is None else []
        if complaints:
            pn.state.onload(lambda: _tell(complaints))
        for owner, names in _names_by_owner(room).items():
            watch(owner, names, self._show)

    @property
    def query(self) -> str:
        """The settings that differ, as ``?level=hard&slip=0.1``; empty if none does."""
        differing = self._differing()
        texts = {key: value_text(self._now(key)) for key in self._settings if key in differing}
        if self._key is not None and self._is_revealed:
            texts[ROOM_KEY] = self._key
        return f"?{urlencode(texts, safe=',')}" if texts else ""

    def update(self, snapshot: Snapshot) -> None:
        """Leads to the training once there is one, like a view that draws snapshots."""
        if snapshot.total_steps:
            self.reveal()

    def reveal(self) -> None:
        """Leads to the training from now on, not only to its settings."""
        if not self._is_revealed:
            self._is_revealed = True
            self._show()

    def apply(self, search: str) -> list[str]:
        """Takes settings from the part of an address that begins with the question mark.

        Returns:
            What was wrong with it, a sentence each.
        """
        texts, complaints = parse_link(search, self._settings)
        values = {}
        for key, text in texts.items():
            owner, name = self._settings[key]
            try:
                values[key] = parse_value(owner.param[name], text)
            except ValueError as error:
                complaints.append(describe(error, owner))
        # The map first: a level brings rewards along, and those given win over them.
        keys = {name: KEYS.get(name, name) for name in _MAP}
        of_map = {name: values.pop(key) for name, key in keys.items() if key in values}
        complaints += self._apply_map(of_map)
        if "wind" in of_map:  # again: a level may have brought its own
            values["wind"] = of_map["wind"]
        for key, value in values.items():
            owner, name = self._settings[key]
            try:
                setattr(owner, name, value)
            except ValueError as error:
                complaints.append(describe(error, owner))
        return complaints

    def _apply_map(self, values: dict[str, Any]) -> list[str]:
        """Takes what makes a map together, and drops from ``values`` what does not fit."""
        complaints = []
        level = values.pop("level", None) if "layout" in values else None
        if level not in (None, "custom"):
            complaints.append(
                f"Address: Level must be custom with a map, got {level}; the map was taken"
            )
        while values:
            try:
                self._world.param.update(**values)
                break
            except ValueError as error:
                culprit = str(error).partition(" ")[0]
                if culprit not in values or culprit == "layout":
                    # The wind may be what leaves no way.
                    culprit = next(name for name in ("wind", culprit, *values) if name in values)
                complaints.append(describe(error, self._world))
                del values[culprit]
                if culprit == "layout" and level is not None:
                    complaints = [text for text in complaints if not text.endswith("was taken")]
                    values["level"] = level
        return list(dict.fromkeys(complaints))

    def _differing(self) -> set[str]:
        """Keys of the settings that a link has to name."""
        level, n_cols = self._now("level"), self._now("columns")
        before = self._values_of(level)
        if len(before["wind"]) != n_cols:
            before = {**before, "wind": ()}  # it would be gone with the size
        differing = {key for key, value in before.items() if self._now(key) != value}
        differing -= {"level", "map"}
        if level != "random":
            differing -= {KEYS.get(name, name) for name in _DRAWN}
        if level == "custom":
            if level != self._before["level"] or not self._has_map(before["map"]):
                differing.add("map")
        elif level != self._before["level"]:
            differing.add("level")
        return differing

    def _has_map(self, layout: str) -> bool:
        return format_cells(read_cells(layout)) == self._now("map")

    def _now(self, key: str) -> Any:
        value = getattr(*self._settings[key])
        # Blank space around rows is no part of the map.
        return format_cells(read_cells(value)) if key == "map" else value

    def _values_of_level(self, level: str) -> dict[str, Any]:
        """The settings as they were before, but for the level and what it brings along."""
        if level in ("custom", self._before["level"]):
            return self._before
        names = {name: KEYS.get(name, name) for name in _names(self._world)}
        config = GridWorldConfig(**{name: self._before[key] for name, key in names.items()})
        config.param.update(level=level)
        return self._before | {key: getattr(config, name) for name, key in names.items()}

    def _show(self) -> None:
        if self._location is not None:
            self._location.search = self.query


def _names_by_owner(room: Room) -> dict[param.Parameterized, list[str]]:
    owners: tuple[param.Parameterized, ...] = (room.world_config, room.learning_config, room.pace)
    return {owner: _names(owner) for owner in owners} | {room: ["seed"]}


def _settings(room: Room) -> dict[str, tuple[param.Parameterized, str]]:
    """Owner and name of each setting, by its key in a link."""
    return {
        KEYS.get(name, name): (owner, name)
        for owner, names in _names_by_owner(room).items()
        for name in names
    }


def _names(owner: param.Parameterized) -> list[str]:
    return [name for name in owner.param if name != "name"]


def _find_location() -> Location | None:
    """The address of the page that is being made, None without one."""
    document: Any = pn.state.curdoc
    if document is None or document.session_context is None:
        return None
    try:
        return pn.state.location
    except ValueError:
        # Panel 1.9 cannot read an address with two question marks, nor a host by its number
        # in IPv6, and would not make the page either.
        search = document.session_context.request.uri.partition("?")[2].partition("#")[0]
        pn.state._locations[document] = Location(search=f"?{search}")
        return pn.state.location


def _tell(complaints: list[str]) -> None:
    for complaint in complaints[:MAX_TOASTS]:
        toast("warning", complaint)
    if len(complaints) > MAX_TOASTS:
        toast("warning", f"Address: {len(complaints) - MAX_TOASTS} more mistakes were left out")

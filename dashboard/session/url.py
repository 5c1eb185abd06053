"""`UrlSync`: the page's address leads back to its training, and carries its settings."""

from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

import panel as pn
import param
from panel.io.location import Location

from dashboard.compat.documents import set_location
from dashboard.rooms.learner import values_of
from dashboard.rooms.room import Room
from dashboard.session.processes import are_several
from dashboard.session.toasts import toast
from dashboard.session.url_values import (
    KEYS,
    ROOM_KEY,
    Before,
    describe,
    parse_link,
    parse_value,
    read_own,
    value_text,
)
from gridworld import ALGORITHMS, GridWorldConfig, Snapshot, format_layout, read_cells

#: Complaints that are shown; an address of nonsense must not bury the page.
MAX_TOASTS = 5
#: Settings of a level of its own, and all that make a map together.
_DRAWN = GridWorldConfig.DRAWN_PARAMETERS
_MAP = ("level", "layout", *_DRAWN, "moves", "wind", "gust", "later_layout", "change_after")
_ALGORITHM = "algorithm"
#: Panel tells that the browser went back if that changes the address's fragment, only then.
_FRAGMENT = "#training"


class UrlSync:
    """Reads the settings from the page's address, and writes to it what leads back here.

    What is wrong in the address is told in toasts and left out, what is right is taken. Where
    there is no page with an address, in a notebook or a test, nothing is read or written by
    itself.

    Each change makes an entry of the browser's history. So the address is written when the
    page has loaded, unless it has the room's key already, and when a run begins, with the
    settings of that run. Where Back leads to an entry from before the key was written, the
    address is restored.

    Args:
        room: The training whose settings these are; it should not have been drawn yet.
        before: A room as it was before; by default the room itself. If given, the room has
            been at work, and nothing is read.
        key: Leads to the room.

    Attributes:
        complaints: What was wrong with the address, a sentence each.
    """

    min_interval = 0.5

    def __init__(
        self,
        room: Room,
        before: Room | None = None,
        key: str | None = None,
    ) -> None:
        self._room, self._world = room, room.world_config
        self._run = (room.trainer, room.locked)
        # The algorithms differ in the learner's own.
        self._settings_of = cache(partial(_settings, room))
        self._before = Before(before or room)
        self._key, self._is_guarded = key, False
        self._location = _find_location()
        self.complaints: list[str] = []
        if self._location is not None:
            if before is None:
                self.complaints = self.apply(self._location.search)
            pn.state.onload(self._enter)

    @property
    def _settings(self) -> dict[str, tuple[param.Parameterized, str]]:
        return self._settings_of(self._room.learner.algorithm)

    @property
    def query(self) -> str:
        """The settings that differ from before, as ``?level=hard&slip=0.1``, or nothing."""
        return _query(self._differing_texts())

    @property
    def leads_elsewhere(self) -> bool:
        """Whether the page's address has a key that is not the room's."""
        key = self._written.get(ROOM_KEY)
        return bool(key) and key != self._key

    def leading_by(self, key: str) -> str:
        """What follows the question mark, with it, in an address that leads here by a key."""
        return _query(self._differing_texts() | self._written | {ROOM_KEY: key})

    def update(self, snapshot: Snapshot) -> None:
        """Writes the settings of a run that has begun, like a view that draws snapshots."""
        (trainer, was_locked), self._run = self._run, (self._room.trainer, self._room.locked)
        has_begun = self._room.locked and not was_locked
        is_another = self._room.trainer is not trainer and snapshot.total_steps > 0
        if has_begun or is_another:
            self._write()

    def apply(self, search: str) -> list[str]:
        """Takes settings from the part of an address that begins with the question mark.

        Returns:
            What was wrong with it, a sentence each.
        """
        known = dict.fromkeys(key for each in ALGORITHMS for key in self._settings_of(each))
        texts, complaints = parse_link(search, known)
        # The map first: a level brings its learner and rewards, and those given win over them.
        keys = {name: KEYS.get(name, name) for name in _MAP}
        told = {key: texts.pop(key) for key in keys.values() if key in texts}
        values = self._parse(told, complaints)
        of_map = {name: values[key] for name, key in keys.items() if key in values}
        complaints += self._apply_map(of_map)
        complaints += self._apply_algorithm(texts)
        values = self._parse(texts, complaints)
        # Again: a level may have brought its own.
        again = [name for name in GridWorldConfig.LEVEL_PARAMETERS if name in of_map]
        values |= {KEYS.get(name, name): of_map[name] for name in again}
        for key, value in values.items():
            owner, name = self._settings[key]
            try:
                setattr(owner, name, value)
            except ValueError as error:
                complaints.append(describe(error, owner))
        return complaints

    def _parse(self, texts: dict[str, str], complaints: list[str]) -> dict[str, Any]:
        """The values of some settings by their keys; of those that are none it complains."""
        values = {}
        for key, text in texts.items():
            owner, name = self._settings[key]
            try:
                values[key] = parse_value(owner.param[name], text)
            except ValueError as error:
                complaints.append(describe(error, owner))
        return values

    def _apply_algorithm(self, texts: dict[str, str]) -> list[str]:
        """Takes the algorithm, and drops from ``texts`` what other ones have."""
        learner, complaints = self._room.learner, []
        if _ALGORITHM in texts:
            try:
                learner.param.update(algorithm=texts.pop(_ALGORITHM))
            except ValueError as error:
                complaints.append(describe(error, learner))
        for key in [key for key in texts if key not in self._settings]:
            title = ALGORITHMS[learner.algorithm].title
            complaints.append(f"Address has {key}, which is no setting of {title}")
            del texts[key]
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
        before = self._before.after(level, self._room.learner.algorithm)
        if len(before["wind"]) != n_cols:
            before = {**before, "wind": ()}  # it would be gone with the size
        if before["later_map"] and read_cells(before["later_map"]).shape != self._shape:
            before = {**before, "later_map": ""}
        differing = {key for key, value in before.items() if self._now(key) != value}
        differing -= {"level", "map"}
        if level != "random":
            differing -= {KEYS.get(name, name) for name in _DRAWN}
        if level == "custom":
            if level != self._before.level or not self._has_map(before["map"]):
                differing.add("map")
        elif level != self._before.level:
            differing.add("level")
        return differing

    @property
    def _shape(self) -> tuple[int, ...]:
        layout = self._now("map")
        return read_cells(layout).shape if layout else ()

    def _has_map(self, layout: str) -> bool:
        return bool(layout) and format_layout(read_cells(layout)) == self._now("map")

    def _now(self, key: str) -> Any:
        value = getattr(*self._settings[key])
        # Blank space around rows is no part of the map.
        return format_layout(read_cells(value)) if key in ("map", "later_map") and value else value

    def _differing_texts(self) -> dict[str, str]:
        differing = self._differing()
        return {key: value_text(self._now(key)) for key in self._settings if key in differing}

    @property
    def _written(self) -> dict[str, str]:
        """What the page's address has besides settings."""
        return read_own(self._location.search) if self._location is not None else {}

    def _enter(self) -> None:
        """Leads to the training from now on; to be called once the page has loaded."""
        assert self._location is not None
        self._is_guarded = self._location.hash == _FRAGMENT
        self._location.param.watch(self._on_hash, "hash")
        # A reload may yet find a training of another process.
        is_elsewhere = self.leads_elsewhere and are_several()
        if self._written.get(ROOM_KEY) != self._key and not is_elsewhere:
            self._write()

    def _write(self) -> None:
        if self._location is None or self._key is None:
            return
        had_key = self._written.get(ROOM_KEY) == self._key
        self._location.search = self.leading_by(self._key)
        if not had_key:
            self._is_guarded = True
            self._location.hash = _FRAGMENT  # an entry of its own; the key is in it already

    def _on_hash(self, _: param.parameterized.Event) -> None:
        # Panel itself has written the rest again.
        if self._is_guarded and self._location is not None:
            self._location.hash = _FRAGMENT


def _query(texts: dict[str, str]) -> str:
    return f"?{urlencode(texts, safe=',')}" if texts else ""


def names_by_owner(room: Room) -> dict[param.Parameterized, list[str]]:
    """The parameters that may be settings of a room, by the object that they belong to."""
    *owners, _ = room.setting_owners
    return {owner: list(values_of(owner)) for owner in (*owners, room.pace)} | {room: ["seed"]}


def _settings(room: Room, algorithm: str) -> dict[str, tuple[param.Parameterized, str]]:
    """Owner and name of each setting with an algorithm, by its key in a link."""
    others = [config for key, config in room.learner.configs.items() if key != algorithm]
    return {
        KEYS.get(name, name): (owner, name)
        for owner, names in names_by_owner(room).items()
        if owner not in others
        for name in names
    }


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
        set_location(document, f"?{search}")
        return pn.state.location


def tell(complaints: list[str]) -> None:
    """Shows the first complaints in toasts, and how many more there are."""
    for complaint in complaints[:MAX_TOASTS]:
        toast("warning", complaint)
    if len(complaints) > MAX_TOASTS:
        toast("warning", f"Address: {len(complaints) - MAX_TOASTS} more mistakes were left out")

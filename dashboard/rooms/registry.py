"""`RoomRegistry`: the rooms of a server, and the keys in the links that lead to them."""

import asyncio
import atexit
import logging
import math
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import RLock
from typing import NamedTuple

from dashboard.rooms import persistence
from dashboard.rooms.locking import alone
from dashboard.rooms.look import Look
from dashboard.rooms.persistence import SavedRoom
from dashboard.rooms.room import Room
from gridworld import LoadError

_log = logging.getLogger(__name__)

#: Rooms of a server, pages of a room, and pages of all rooms, at the same time.
MAX_ROOMS, MAX_PAGES, MAX_ALL_PAGES = 200, 100, 400
#: Minutes that a room without a page is kept, unless the environment tells otherwise.
KEEP_MINUTES = 30.0
#: Pages that were closed or cut off which a room knows again.
_MAX_REMEMBERED = 2 * MAX_PAGES
_KEY_BYTES = 16
#: Seconds that a room is kept at least for the page that is about to come.
_GRACE = 30.0


class RegistryError(RuntimeError):
    """There is no room for another training, or for another page of one."""


@dataclass(eq=False)
class RoomEntry:
    """A room with the keys that lead to it.

    Attributes:
        room: The training.
        control_key: Leads to pages that control it.
        watch_key: Leads to pages that watch it.
        pages: For each page that is open, whether it controls.
        cut: Those of them whose connection is cut; a reloaded or closed page is, for the while
            in which it might come back.
        remembered: The same for pages that may come back after their connection broke.
        empty_since: When the last page closed, in the lobby's seconds; infinite while
            there is one.
        news: What its first page is to tell, a sentence each.
        look: What a page of it shows that is loaded anew.
    """

    room: Room
    control_key: str = field(default_factory=lambda: secrets.token_urlsafe(_KEY_BYTES))
    watch_key: str = field(default_factory=lambda: secrets.token_urlsafe(_KEY_BYTES))
    pages: dict[str, bool] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    remembered: OrderedDict[str, bool] = field(default_factory=OrderedDict)
    empty_since: float = math.inf
    news: list[str] = field(default_factory=list)
    look: Look = field(default_factory=Look)

    def count_pages(self) -> None:
        """Tells the room how many pages show it."""
        n_pages = len(self.pages) - len(self.cut)
        if self.room.n_pages != n_pages:
            self.room.n_pages = n_pages


class Membership(NamedTuple):
    """A page's place in a room."""

    entry: RoomEntry
    page: str
    in_control: bool

    @property
    def room(self) -> Room:
        """The training that the page shows."""
        return self.entry.room


class RoomRegistry:
    """Keeps rooms while their pages come and go.

    A key is 128 random bits, and the two of a room have nothing to do with one another: who
    watches cannot work out how to control.

    Args:
        keep_minutes: Minutes that a room without a page is kept.
        folder: Where rooms are kept while the server is down; None for nowhere.
        clock: Tells seconds since 1970.
    """

    def __init__(
        self,
        keep_minutes: float = KEEP_MINUTES,
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.lock = RLock()
        self._keep_seconds = 60 * keep_minutes
        self._folder, self._clock = folder, clock
        self._entries: list[RoomEntry] = []
        self._kept = list(persistence.read(folder)) if folder is not None else []

    @property
    @alone
    def rooms(self) -> list[Room]:
        """All rooms."""
        return [entry.room for entry in self._entries]

    @property
    def policy(self) -> str:
        """What becomes of a training that nobody has open, in words."""
        return (
            f"A training without an open page is kept for {_in_words(self._keep_seconds)}, then "
            "dropped; download the run to keep it."
        )

    @property
    @alone
    def n_pages(self) -> int:
        """Pages of all rooms, those included whose connection broke a moment ago."""
        return sum(len(entry.pages) for entry in self._entries)

    @property
    @alone
    def n_viewers(self) -> int:
        """Pages that watch and do not control."""
        return sum(not controls for entry in self._entries for controls in entry.pages.values())

    @alone
    def enter(self, page: str, key: str | None) -> Membership | None:
        """Brings a page to a room that is there.

        Args:
            page: The page's session; one that was here before gets its place again.
            key: What its link says.

        Returns:
            Its place; None if neither leads to a room.

        Raises:
            RegistryError: If the room has as many pages as it may.
        """
        found = self._find(page, key)
        if found is None:
            return None
        place, in_control = found
        entry = self._revive(place) if isinstance(place, SavedRoom) else place
        return self._admit(entry, page, in_control) if entry is not None else None

    @alone
    def knows(self, page: str, key: str | None) -> bool:
        """Whether there is a room for a page, as for `enter`."""
        return self._find(page, key) is not None

    @alone
    def check(self) -> None:
        """Makes sure that there is room for another training.

        Raises:
            RegistryError: If there is none.
        """
        self.sweep()
        if self._n_places >= MAX_ROOMS:
            self._drop_an_unused_one()
        if self._n_places >= MAX_ROOMS:
            raise RegistryError(
                f"This server holds {MAX_ROOMS} trainings at a time, and all are taken. "
                "Try again later."
            )

    @alone
    def open(self, page: str, room: Room) -> Membership:
        """Gives a page a room of its own, and control of it.

        Raises:
            RegistryError: If there are as many rooms, or pages, as there may be.
        """
        self.check()
        entry = RoomEntry(room)
        membership = self._admit(entry, page, in_control=True)
        self._entries.append(entry)
        return membership

    @alone
    def reserve(self, room: Room, news: list[str]) -> RoomEntry:
        """Keeps a room for a page that is about to come by one of its keys.

        Args:
            room: The room.
            news: What the page is to tell, a sentence each.

        Raises:
            RegistryError: If there are as many rooms, or pages, as there may be.
        """
        self.check()
        grace = max(0.0, _GRACE - self._keep_seconds)
        entry = RoomEntry(room, empty_since=self._clock() + grace, news=news)
        self._check_pages(entry)
        self._entries.append(entry)
        self._sweep_later()
        return entry

    @alone
    def leave(self, page: str) -> None:
        """Takes note that a page is closed; its room is kept for a while."""
        for entry in self._entries:
            if entry.pages.pop(page, None) is None:
                continue
            entry.cut.discard(page)
            entry.count_pages()
            if not entry.pages:
                entry.empty_since = self._clock()
                self._sweep_later()

    @alone
    def note_connection(self, page: str, connected: bool) -> None:
        """Takes note that a page's connection was cut, or is there again.

        A page keeps its place until it leaves; while it is cut off it is not counted.
        """
        for entry in self._entries:
            if page in entry.pages:
                (entry.cut.discard if connected else entry.cut.add)(page)
                entry.count_pages()

    @alone
    def sweep(self) -> None:
        """Drops the rooms that have been without a page for long."""
        latest = self._clock() - self._keep_seconds
        self._kept = [kept for kept in self._kept if kept.empty_since > latest]
        for entry in [entry for entry in self._entries if entry.empty_since <= latest]:
            self._drop(entry)
        for entry in self._entries:
            entry.room.let_go()

    @alone
    def save(self) -> None:
        """Writes all rooms to the folder, if there is one."""
        if self._folder is None:
            return
        self.sweep()
        now = self._clock()
        rooms = (
            (
                entry.room,
                SavedRoom(
                    file=f"room-{number}-{secrets.token_hex(4)}.npz",
                    control_key=entry.control_key,
                    watch_key=entry.watch_key,
                    remembered=dict(entry.remembered),
                    room=persistence.describe(entry.room),
                    empty_since=min(now, entry.empty_since),
                ),
            )
            for number, entry in enumerate(self._entries)
        )
        persistence.write(self._folder, rooms, self._kept)

    def _revive(self, kept: SavedRoom) -> RoomEntry | None:
        """Opens a room again that was kept in the folder; None if it cannot be read."""
        self._kept.remove(kept)
        assert self._folder is not None
        try:
            room = persistence.revive(self._folder, kept)
        except LoadError:
            _log.exception("A room that was kept is lost")
            return None
        remembered = OrderedDict(kept.remembered)
        # Without a page as yet, and maybe for longer: there may be no place for this one.
        entry = RoomEntry(
            room,
            kept.control_key,
            kept.watch_key,
            remembered=remembered,
            empty_since=kept.empty_since,
        )
        self._entries.append(entry)
        return entry

    def _admit(self, entry: RoomEntry, page: str, in_control: bool) -> Membership:
        if page not in entry.pages:
            self._check_pages(entry)
        entry.pages[page] = entry.remembered[page] = in_control
        entry.remembered.move_to_end(page)
        while len(entry.remembered) > _MAX_REMEMBERED:
            entry.remembered.popitem(last=False)
        entry.empty_since = math.inf
        entry.cut.discard(page)
        entry.count_pages()
        return Membership(entry, page, in_control)

    def _find(self, page: str, key: str | None) -> tuple[RoomEntry | SavedRoom, bool] | None:
        """Where a page belongs, and whether it controls the training; None if nowhere."""
        self.sweep()
        places: list[RoomEntry | SavedRoom] = [*self._entries, *self._kept]
        for place in places:
            in_control = _control_of(place, page, key)
            if in_control is not None:
                return place, in_control
        return None

    def _check_pages(self, entry: RoomEntry) -> None:
        """Raises RegistryError if there is no place for another page of the room."""
        if len(entry.pages) >= MAX_PAGES:
            raise RegistryError(
                f"{MAX_PAGES} pages show this training already, as many as may. Try again later."
            )
        if self.n_pages >= MAX_ALL_PAGES:
            raise RegistryError(
                f"This server has {MAX_ALL_PAGES} pages open, as many as may. Try again later."
            )

    @property
    def _n_places(self) -> int:
        return len(self._entries) + len(self._kept)

    def _drop_an_unused_one(self) -> None:
        """Drops the room without a page, and without a run to come back to, longest so."""
        unused = [
            entry
            for entry in self._entries
            if not entry.pages and not entry.room.snapshot.total_steps
        ]
        if unused:
            self._drop(min(unused, key=lambda entry: entry.empty_since))

    def _drop(self, entry: RoomEntry) -> None:
        self._entries.remove(entry)
        entry.room.close()

    def _sweep_later(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # whoever comes next sweeps
        # In no page's context, or it would be kept for as long.
        loop.call_later(self._keep_seconds + 1, self.sweep, context=Context())


def _in_words(seconds: float) -> str:
    """A duration in the largest unit of which it is a whole number."""
    size, unit = 1, "second"
    for larger in ((60, "minute"), (3600, "hour")):
        if seconds and seconds % larger[0] == 0:
            size, unit = larger
    number = seconds / size
    return f"{number:,.10g} {unit}{'' if number == 1 else 's'}"


def _control_of(place: RoomEntry | SavedRoom, page: str, key: str | None) -> bool | None:
    """Whether a page that was there, or else a key, controls a room; None if it has no place."""
    if page in place.remembered:
        return place.remembered[page]
    for known, in_control in ((place.control_key, True), (place.watch_key, False)):
        if key and secrets.compare_digest(known.encode(), key.encode()):
            return in_control
    return None


@cache
def lobby() -> RoomRegistry:
    """The rooms of this process, as its environment tells; written when it ends in good order."""
    folder = os.environ.get("GRIDWORLD_STATE")
    minutes = float(os.environ.get("GRIDWORLD_KEEP_MINUTES", KEEP_MINUTES))
    made = RoomRegistry(minutes, Path(folder) if folder else None)
    atexit.register(made.save)
    return made

"""Rooms written to a folder when the server stops, and read from it when it is back."""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.room import Room
from gridworld import LoadError, Status, Trainer, replacing

_log = logging.getLogger(__name__)

_INDEX = "rooms.json"
#: What is kept of a room beside its training: parameters of its pace, and its own.
_PACE = ("update_interval", "frame_rate", "finish_in", "turbo")


@dataclass(frozen=True)
class Kept:
    """A room in a folder.

    Attributes:
        file: The training's file.
        control_key: Leads to pages that control it.
        watch_key: Leads to pages that watch it.
        remembered: For each page that may come back, whether it controls.
        room: What else there is to the room.
        empty_since: When the last page closed, in seconds since 1970.
    """

    file: str
    control_key: str
    watch_key: str
    remembered: dict[str, bool]
    room: dict[str, Any]
    empty_since: float


def describe(room: Room) -> dict[str, Any]:
    """What there is to a room beside its training."""
    return {
        "running": room.status is Status.RUNNING,
        "seconds": room.seconds,
        "goal_episode": room.goal_episode,
        "tuning": room.tuning.allowed,
        "pace": {name: getattr(room.pace, name) for name in _PACE},
    }


def revive(folder: Path, kept: Kept) -> Room:
    """Makes a room again as it was; a run that was going goes on.

    Raises:
        LoadError: If its file cannot be read.
    """
    try:
        room = Room(trainer=Trainer.load(folder / kept.file))
        room.param.update(goal_episode=kept.room["goal_episode"])
        room.pace.param.update(**kept.room["pace"])
        room.tuning.allowed = kept.room["tuning"]
        room.seconds = float(kept.room["seconds"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise LoadError(f"a room that was kept cannot be read: {error}") from error
    if kept.room["running"] and room.status is Status.PAUSED:
        room.resume()
    return room


def write(folder: Path, rooms: Iterable[tuple[Room, Kept]], others: Iterable[Kept]) -> None:
    """Writes rooms to a folder, and forgets all else that was there.

    A room that cannot be written is logged, and the others are written all the same.

    Args:
        folder: Made if there is none; nobody else may look into it, as it holds keys.
        rooms: The rooms, and what to write of each beside the training.
        others: What was written before and is still to be kept.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = list(others)
    for room, kept in rooms:
        try:
            room.trainer.save(folder / kept.file)
        except OSError:
            _log.exception("A room could not be saved")
        else:
            written.append(kept)
    with replacing(folder / _INDEX, "w") as index:
        json.dump([vars(kept) for kept in written], index)
    known = {kept.file for kept in written}
    for file in folder.glob("room-*.npz"):
        if file.name not in known:
            file.unlink(missing_ok=True)


def read(folder: Path) -> Iterator[Kept]:
    """What a folder holds."""
    try:
        entries = json.loads((folder / _INDEX).read_text())
        for entry in entries:
            yield Kept(**entry)
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError):
        _log.exception("The rooms that were kept in %s cannot be read", folder)

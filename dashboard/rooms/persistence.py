"""Rooms written to a folder when the server stops, and read from it when it is back."""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from dashboard.rooms.room import Room
from gridworld import LoadError, Status, Trainer, replacing

_log = logging.getLogger(__name__)

_INDEX, _FILES = "rooms.json", "room-*.npz"
_PRIVATE_FOLDER, _PRIVATE = 0o700, 0o600
#: What the fields of an entry must be.
_KINDS: dict[str, Any] = {
    "file": str,
    "control_key": str,
    "watch_key": str,
    "remembered": dict,
    "room": dict,
    "empty_since": (int, float),
}
#: What is kept of a room beside its training: parameters of its pace, and its own.
_PACE = ("update_interval", "frame_rate", "finish_in", "turbo")


@dataclass(frozen=True)
class SavedRoom:
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
    with room.lock:
        return _describe(room)


def _describe(room: Room) -> dict[str, Any]:
    settings = room.trainer.settings  # may be others by now than the run's
    return {
        "running": room.status is Status.RUNNING,
        "until": room.until,
        "seconds": room.seconds,
        "seed": room.seed,
        "world": settings.world,
        "algorithm": settings.algorithm,
        "learning": settings.learning,
        "goal_episode": room.goal_episode,
        "tuning": room.tuning.allowed,
        "pace": {name: getattr(room.pace, name) for name in _PACE},
    }


def revive(folder: Path, kept: SavedRoom) -> Room:
    """Makes a room again as it was; a run that was going goes on.

    Raises:
        LoadError: If its file cannot be read.
    """
    try:
        room = Room(trainer=Trainer.load(folder / kept.file))
        settings = room.trainer.settings
        room.set_up(
            settings._replace(
                # Earlier versions did not write these two.
                world=kept.room.get("world", settings.world),
                algorithm=kept.room.get("algorithm", settings.algorithm),
                learning=kept.room["learning"],
                seed=kept.room["seed"],
            )
        )
        room.goal_episode = kept.room["goal_episode"]
        room.pace.param.update(**kept.room["pace"])
        room.tuning.allowed = kept.room["tuning"]
        room.seconds = float(kept.room["seconds"])
        if kept.room["running"] and room.status is Status.PAUSED:
            room.resume()
            room.until = kept.room["until"]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise LoadError(f"a room that was kept cannot be read: {error!r}") from error
    return room


def write(
    folder: Path, rooms: Iterable[tuple[Room, SavedRoom]], others: Iterable[SavedRoom]
) -> None:
    """Writes rooms to a folder, and forgets all else that was there.

    A room that cannot be written is logged, and the others are written all the same.

    Args:
        folder: Made if there is none; nobody else may look into it, as it holds keys.
        rooms: The rooms, and what to write of each beside the training.
        others: What was written before and is still to be kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(_PRIVATE_FOLDER)  # before there is anything in it
    written = list(others)
    for room, kept in rooms:
        try:
            room.saving()(folder / kept.file)
            (folder / kept.file).chmod(_PRIVATE)
        except Exception:  # one room must not take the others with it
            _log.exception("A room could not be saved")
        else:
            written.append(kept)
    with replacing(folder / _INDEX, "w") as index:
        json.dump([vars(kept) for kept in written], index)
    (folder / _INDEX).chmod(_PRIVATE)
    known = {kept.file for kept in written}
    for file in folder.glob(_FILES):
        if file.name not in known:
            file.unlink(missing_ok=True)


def read(folder: Path) -> Iterator[SavedRoom]:
    """What a folder holds; what cannot be read is logged and left out."""
    try:
        entries = list(json.loads((folder / _INDEX).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError):
        _log.exception("The rooms that were kept in %s cannot be read", folder)
        return
    for entry in entries:
        try:
            kept = SavedRoom(**entry)
            _check(kept)
        except (ValueError, TypeError):
            _log.exception("A room that was kept in %s cannot be read", folder)
        else:
            yield kept


def _check(kept: SavedRoom) -> None:
    for name, kind in _KINDS.items():
        value = getattr(kept, name)
        if not isinstance(value, kind):
            raise TypeError(f"{name} must be {kind}, got {value!r}")
    if not fnmatch(kept.file, _FILES) or Path(kept.file).name != kept.file:
        raise ValueError(f"file must be named {_FILES}, got {kept.file!r}")
    if not all(isinstance(in_control, bool) for in_control in kept.remembered.values()):
        raise TypeError(f"remembered must hold true and false, got {kept.remembered!r}")

"""`Actions`: what the actions of a run are called, in words and by signs."""

from functools import lru_cache
from typing import NamedTuple

from gridworld import Snapshot, action_names

_ARROWS = {
    "UP": "↑",
    "RIGHT": "→",
    "DOWN": "↓",
    "LEFT": "←",
    "UP_RIGHT": "↗",
    "DOWN_RIGHT": "↘",
    "DOWN_LEFT": "↙",
    "UP_LEFT": "↖",
    "STAY": "•",
}
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Actions(NamedTuple):
    """The actions of a run, in their order.

    Attributes:
        signs: An arrow for each, or its number where they are no moves over a map.
        names: Such as "up", or "action 3".
        titles: Both, as in "↑ up".
    """

    signs: tuple[str, ...]
    names: tuple[str, ...]
    titles: tuple[str, ...]

    @property
    def all(self) -> str:
        """As in "all four"."""
        n = len(self.signs)
        return f"all {_COUNTS[n] if n < len(_COUNTS) else f'{n:,}'}"


def actions_of(snapshot: Snapshot) -> Actions:
    """The actions of a run."""
    known = action_names(snapshot.moves, snapshot.q_values.shape[1])
    return _made(known, snapshot.moves is not None)


@lru_cache(maxsize=8)
def _made(known: tuple[str, ...], are_moves: bool) -> Actions:
    if not are_moves:
        names = tuple(f"action {number}" for number in known)
        return Actions(known, names, names)
    signs = tuple(_ARROWS[name] for name in known)
    names = tuple(name.lower().replace("_", " ") for name in known)
    return Actions(signs, names, tuple(map(" ".join, zip(signs, names, strict=True))))

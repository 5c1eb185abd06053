"""Changes of parameters, and of the map, during a run, as they are marked on the curve."""

from collections.abc import Sequence
from typing import NamedTuple

from dashboard.words.numbers import SYMBOLS
from gridworld import Change, Snapshot


class Mark(NamedTuple):
    """A change, or several of one parameter after the same episode.

    Attributes:
        episode: Episodes completed before it.
        total_steps: Steps taken before it.
        text: What changed, as in ``α 0.1 → 0.9``.
    """

    episode: int
    total_steps: int
    text: str


class Marks:
    """Marks of the changes of a run; remembers what the parameters were before.

    A snapshot tells new values only.
    """

    def __init__(self) -> None:
        self._first: dict[str, float] = {}
        self._changes: tuple[Change, ...] | None = None
        self._marks: list[Mark] = []

    def forget(self) -> None:
        """Begins with another run."""
        self._first, self._changes = {}, None

    def of(self, snapshot: Snapshot) -> list[Mark]:
        """The marks of a run, oldest first."""
        changed = {change.name for change in snapshot.changes}
        # Until it is changed, α is what it was at the start. ε falls all the time, so that its
        # value before a change is not known.
        for name in ("learning_rate", "discount_factor"):
            if name not in changed:
                self._first[name] = getattr(snapshot, name)
        if snapshot.changes != self._changes:
            self._changes = snapshot.changes
            self._marks = marks_of(snapshot.changes, self._first)
        maps = [Mark(each.episode, each.total_steps, "new map") for each in snapshot.new_maps]
        return sorted([*self._marks, *maps], key=lambda mark: mark.total_steps)


def marks_of(changes: Sequence[Change], before: dict[str, float]) -> list[Mark]:
    """Marks of changes.

    Args:
        changes: Oldest first.
        before: Values of parameters before the first change, where they are known.
    """
    values: dict[str, float] = dict(before)
    marks: dict[tuple[int, str], tuple[Change, float | None]] = {}
    for change in changes:
        key = change.episode, change.name
        old = marks[key][1] if key in marks else values.get(change.name)
        marks[key] = change, old
        if change.name != "epsilon":
            values[change.name] = change.value
    return [
        Mark(change.episode, change.total_steps, _text(change, old))
        for change, old in marks.values()
    ]


def _text(change: Change, old: float | None) -> str:
    symbol = SYMBOLS.get(change.name, change.name.replace("_", " "))
    return f"{symbol} {'' if old is None else f'{old:.4g} '}→ {change.value:.4g}"

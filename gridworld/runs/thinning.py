"""`Spaced`: a bounded number of records, evenly spaced over a run of any length."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Spaced(Generic[T]):
    """Records taken at 0, ``interval``, 2 ``interval`` … of a count that only grows.

    When they would become too many, every other one is dropped and the interval doubles,
    so which are kept depends on the count alone.

    Args:
        capacity: Most records that are kept, at least 2; made even.
        interval: Count between two records, to begin with.

    Attributes:
        interval: Count between two records.
        due: Count at which the next one is to be taken.
    """

    def __init__(self, capacity: int, interval: int = 1) -> None:
        self._capacity = max(2, capacity - capacity % 2)
        self._records: list[T] = []
        self.interval = interval
        self.due = 0

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[T]:
        return iter(self._records)

    @property
    def latest(self) -> T | None:
        """The record taken last, which is always kept; None before the first."""
        return self._records[-1] if self._records else None

    def add(self, record: T) -> None:
        """Takes the record that is due."""
        records, interval = [*self._records, record], self.interval
        if len(records) > self._capacity:
            records, interval = records[::2], interval * 2
        due = len(records) * interval
        # All at once, so that an interrupt finds the one state or the other.
        self._records, self.interval, self.due = records, interval, due

    def refill(self, records: Iterable[T], interval: int) -> None:
        """Takes the place of all records: these, taken so far apart."""
        self._records, self.interval = list(records), interval
        self.due = len(self._records) * interval

    def fits(self, n_records: int, interval: int) -> bool:
        """Whether so many records, taken so far apart, can be kept at some time."""
        doubled = interval >= 1 and interval & (interval - 1) == 0
        least = 1 if interval == 1 else self._capacity // 2 + 1
        return doubled and least <= n_records <= self._capacity

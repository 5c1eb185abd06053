"""`Spaced`: a bounded number of records, evenly spaced over a run of any length."""

from collections.abc import Iterator
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

    def add(self, record: T) -> None:
        """Takes the record that is due."""
        self._records.append(record)
        if len(self._records) > self._capacity:
            self._records = self._records[::2]
            self.interval *= 2
        self.due = len(self._records) * self.interval

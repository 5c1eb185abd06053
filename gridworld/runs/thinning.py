"""`ThinnedRecords`: a bounded number of records, evenly spaced over a run of any length."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class ThinnedRecords(Generic[T]):
    """Records taken at 0, ``interval``, 2 ``interval`` … of a count that only grows.

    When there are too many, every other one is dropped and the interval doubles, so that the
    count alone decides which are kept.

    Args:
        capacity: Most records that are kept, at least 2; made even.
        interval: Count between two records at the beginning.

    Attributes:
        interval: Count between two records.
        due: Count at which the next record must be added.
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
        """The record added last, which is always kept; None before the first."""
        return self._records[-1] if self._records else None

    def add(self, record: T) -> None:
        """Adds the record of the count ``due``."""
        records, interval = [*self._records, record], self.interval
        if len(records) > self._capacity:
            records, interval = records[::2], interval * 2
        due = len(records) * interval
        # In one statement, so that an interrupt leaves either the old values or the new ones.
        self._records, self.interval, self.due = records, interval, due

    def replace_all(self, records: Iterable[T], interval: int) -> None:
        """Replaces all records by others, which were taken ``interval`` apart."""
        self._records, self.interval = list(records), interval
        self.due = len(self._records) * interval

    def fits(self, n_records: int, interval: int) -> bool:
        """Whether so many records can have been kept at that interval, starting from 1."""
        doubled = interval >= 1 and interval & (interval - 1) == 0
        least = 1 if interval == 1 else self._capacity // 2 + 1
        return doubled and least <= n_records <= self._capacity

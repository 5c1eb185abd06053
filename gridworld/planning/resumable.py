"""`Resumable`: work that can be left at any time and taken up again later."""

from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

#: Outcomes of transitions that a piece of compiled work goes through, in 1 to 2 milliseconds.
OUTCOMES_PER_PIECE = 500_000


class Resumable(Generic[T]):
    """Work in pieces of a few milliseconds; iterating over it does it.

    A loop over it that was left continues where it stopped when the next loop begins. If a
    piece fails or is interrupted, the work starts from the beginning the next time.

    Args:
        begin: Starts the work: a generator that yields after each piece and returns the result.
    """

    def __init__(self, begin: Callable[[], Generator[None, None, T]]) -> None:
        self._begin = begin
        self._under_way: Generator[None, None, T] | None = None
        self._results: list[T] = []

    def __iter__(self) -> Iterator[None]:
        while not self._results:
            if self._under_way is None:
                self._under_way = self._begin()
            try:
                next(self._under_way)
            except StopIteration as end:
                self._results, self._under_way = [end.value], None
            except BaseException:
                self._under_way = None
                raise
            else:
                yield

    def result(self) -> T:
        """The result; does all the work that is left first."""
        for _ in self:
            pass
        return self._results[0]

"""`Pieces`: work that can be left at any time and taken up again later."""

from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Pieces(Generic[T]):
    """Work in pieces of a few milliseconds; to iterate over it is to do it.

    Whoever stops iterating goes on from there the next time. If a piece fails or is
    interrupted, the work begins anew.

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

    def finish(self) -> T:
        """Does all that is left.

        Returns:
            The result.
        """
        for _ in self:
            pass
        return self._results[0]

import pytest

from gridworld.planning.resumable import Resumable


class Sum:
    """Adds up the numbers below n, one a piece; fails at each of ``failures``, once."""

    def __init__(self, n, *failures):
        self.n, self.failures = n, list(failures)
        self.done = []

    def __call__(self):
        self.done.clear()
        for number in range(self.n):
            if number in self.failures:
                self.failures.remove(number)
                raise KeyboardInterrupt
            self.done.append(number)
            yield
        return sum(self.done)


def test_work_that_is_left_goes_on_where_it_was():
    work = Sum(5)
    resumable = Resumable(work)
    for _, _ in zip(range(2), resumable, strict=False):
        pass
    n_done = len(work.done)
    assert 2 <= n_done <= 3
    next(iter(resumable))
    assert work.done == list(range(n_done + 1))
    assert resumable.result() == 10


def test_work_that_is_done_is_not_done_again():
    work = Sum(3)
    resumable = Resumable(work)
    assert resumable.result() == resumable.result() == 3
    assert list(resumable) == []


def test_a_result_may_be_none():
    def work():
        yield

    resumable = Resumable(work)
    assert resumable.result() is None
    assert list(resumable) == []


def test_work_that_was_interrupted_begins_anew():
    resumable = Resumable(Sum(4, 2))
    with pytest.raises(KeyboardInterrupt):
        resumable.result()
    assert resumable.result() == 6

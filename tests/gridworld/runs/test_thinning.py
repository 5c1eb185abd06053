from hypothesis import given
from hypothesis import strategies as st

from gridworld.runs.thinning import Spaced


def fill(capacity, count, interval=1):
    """Records of a count that went from 0 to ``count``, each telling when it was taken."""
    spaced = Spaced(capacity, interval)
    while spaced.due <= count:
        spaced.add(spaced.due)
    return spaced


@given(st.integers(0, 50), st.integers(0, 3000), st.integers(1, 7))
def test_records_are_evenly_spaced_and_bounded_and_reach_the_end(capacity, count, interval):
    spaced = fill(capacity, count, interval)
    assert list(spaced) == list(range(0, count + 1, spaced.interval))
    assert 1 <= len(spaced) <= max(2, capacity)
    assert spaced.due == spaced.latest + spaced.interval > count
    assert spaced.interval % interval == 0


@given(st.integers(2, 50), st.integers(0, 3000))
def test_at_least_half_of_the_room_is_used(capacity, count):
    spaced = fill(capacity, count)
    assert len(spaced) > min(count, (capacity - capacity % 2) // 2)


@given(st.integers(2, 30), st.lists(st.integers(0, 200), max_size=30))
def test_the_records_depend_on_the_count_alone(capacity, chunks):
    spaced, count = Spaced(capacity), 0
    for chunk in [*chunks, 0]:
        end = count + chunk
        while spaced.due <= end:
            spaced.add(spaced.due)
        count = end
    at_once = fill(capacity, count)
    assert list(spaced) == list(at_once)
    assert (spaced.interval, spaced.due) == (at_once.interval, at_once.due)


def test_without_records_there_is_no_latest_one():
    spaced = Spaced(10)
    assert (len(spaced), list(spaced), spaced.latest, spaced.due) == (0, [], None, 0)

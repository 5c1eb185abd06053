from hypothesis import given
from hypothesis import strategies as st

from gridworld.runs.thinning import ThinnedRecords


def fill(capacity, count, interval=1):
    """Records of a count that went from 0 to ``count``, each telling when it was taken."""
    records = ThinnedRecords(capacity, interval)
    while records.due <= count:
        records.add(records.due)
    return records


@given(st.integers(0, 50), st.integers(0, 3000), st.integers(1, 7))
def test_records_are_evenly_spaced_and_bounded_and_reach_the_end(capacity, count, interval):
    records = fill(capacity, count, interval)
    assert list(records) == list(range(0, count + 1, records.interval))
    assert 1 <= len(records) <= max(2, capacity)
    assert records.due == records.latest + records.interval > count
    assert records.interval % interval == 0


@given(st.integers(2, 50), st.integers(0, 3000))
def test_at_least_half_of_the_capacity_is_used(capacity, count):
    records = fill(capacity, count)
    assert len(records) > min(count, (capacity - capacity % 2) // 2)


@given(st.integers(2, 30), st.lists(st.integers(0, 200), max_size=30))
def test_the_records_depend_on_the_count_alone(capacity, chunks):
    records, count = ThinnedRecords(capacity), 0
    for chunk in [*chunks, 0]:
        end = count + chunk
        while records.due <= end:
            records.add(records.due)
        count = end
    at_once = fill(capacity, count)
    assert list(records) == list(at_once)
    assert (records.interval, records.due) == (at_once.interval, at_once.due)


def test_without_records_there_is_no_latest_one():
    records = ThinnedRecords(10)
    assert (len(records), list(records), records.latest, records.due) == (0, [], None, 0)

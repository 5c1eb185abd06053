from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboard.session.throttle import Governor

PERIOD = 0.05
latenesses = st.lists(st.floats(-0.9, 50, allow_nan=False), min_size=1, max_size=300)


def tick(governor, n_ticks, lateness, since=0.0, step=PERIOD):
    """Lets ticks come late by a share of their period; tells when the last one came."""
    for _ in range(n_ticks):
        since += step
        governor.observe(since, lateness)
    return since


@given(latenesses)
def test_the_stretch_stays_in_bounds_whatever_happens(latenesses):
    governor, now = Governor(), 0.0
    for lateness in latenesses:
        now += 0.25 + abs(lateness) / 10
        governor.observe(now, lateness)
        assert 1 <= governor.stretch <= 20


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1000))))
def test_any_clock_and_any_lateness_will_do(ticks):
    governor, now = Governor(), 0.0
    for passed, lateness in ticks:
        now += passed
        governor.observe(now, lateness)
        assert 1 <= governor.stretch <= 20


def test_frames_get_rarer_step_by_step_while_ticks_are_late_and_no_more_than_20_times():
    governor, now, seen = Governor(), 0.0, []
    for _ in range(30):
        now = tick(governor, 25, lateness=1, since=now)
        seen.append(governor.stretch)
    steps = [after / before for before, after in pairwise(seen)]
    assert all(1 <= step < 1.7 for step in steps)  # one second or two have been judged
    assert seen[0] > 1
    assert seen[-1] == 20


def test_frames_get_denser_again_once_there_is_time():
    governor = Governor()
    now = tick(governor, 250, lateness=2)
    assert governor.stretch > 5
    tick(governor, 4000, lateness=0, since=now)
    assert governor.stretch == 1


@given(st.floats(0.11, 0.29))
def test_between_late_and_in_time_all_stays_as_it_is(lateness):
    governor = Governor()
    now = tick(governor, 100, lateness=1)
    stretch = governor.stretch
    tick(governor, 400, lateness, since=now)
    # The first second to be judged may have begun before.
    assert stretch <= governor.stretch <= 1.31 * stretch


def test_one_long_stall_changes_nothing():
    governor = Governor()
    now = tick(governor, 50, lateness=0)
    governor.observe(now + 10, lateness=200)
    tick(governor, 50, lateness=0, since=now + 10)
    assert governor.stretch == 1


def test_a_page_out_of_many_that_is_late_changes_nothing():
    governor, now = Governor(), 0.0
    for i in range(1000):
        now += PERIOD / 10
        governor.observe(now, 20 if i % 10 == 0 else 0)
    assert governor.stretch == 1


def test_a_few_ticks_do_not_tell():
    governor = Governor()
    tick(governor, 4, lateness=5, step=0.5)
    assert governor.stretch == 1


def test_a_single_page_whose_ticks_became_rare_gets_them_back_within_a_minute():
    governor, now = Governor(), 0.0
    for late in [True] * 200 + [False] * 1200:
        period = PERIOD * governor.stretch
        now += 2 * period if late else period
        governor.observe(now, lateness=1 if late else 0)
        if late:
            recovering_since = now
        elif governor.stretch == 1:
            break
    assert governor.stretch == 1
    assert now - recovering_since < 60

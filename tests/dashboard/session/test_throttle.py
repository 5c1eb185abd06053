from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboard.session.throttle import FrameThrottle

PERIOD = 0.05
latenesses = st.lists(st.floats(-0.9, 50, allow_nan=False), min_size=1, max_size=300)


def tick(throttle, n_ticks, lateness, since=0.0, step=PERIOD):
    """Lets ticks come late by a share of their period; tells when the last one came."""
    for _ in range(n_ticks):
        since += step
        throttle.observe(since, lateness)
    return since


@given(latenesses)
def test_the_stretch_stays_in_bounds_whatever_happens(latenesses):
    throttle, now = FrameThrottle(), 0.0
    for lateness in latenesses:
        now += 0.25 + abs(lateness) / 10
        throttle.observe(now, lateness)
        assert 1 <= throttle.slowdown <= 20


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1000))))
def test_any_clock_and_any_lateness_will_do(ticks):
    throttle, now = FrameThrottle(), 0.0
    for passed, lateness in ticks:
        now += passed
        throttle.observe(now, lateness)
        assert 1 <= throttle.slowdown <= 20


def test_frames_get_rarer_step_by_step_while_ticks_are_late_and_no_more_than_20_times():
    throttle, now, seen = FrameThrottle(), 0.0, []
    for _ in range(30):
        now = tick(throttle, 25, lateness=1, since=now)
        seen.append(throttle.slowdown)
    steps = [after / before for before, after in pairwise(seen)]
    assert all(1 <= step < 1.7 for step in steps)  # one second or two have been judged
    assert seen[0] > 1
    assert seen[-1] == 20


def test_frames_get_denser_again_once_there_is_time():
    throttle = FrameThrottle()
    now = tick(throttle, 250, lateness=2)
    assert throttle.slowdown > 5
    tick(throttle, 4000, lateness=0, since=now)
    assert throttle.slowdown == 1


@given(st.floats(0.11, 0.29))
def test_between_late_and_in_time_all_stays_as_it_is(lateness):
    throttle = FrameThrottle()
    now = tick(throttle, 100, lateness=1)
    stretch = throttle.slowdown
    tick(throttle, 400, lateness, since=now)
    # The first second to be judged may have begun before.
    assert stretch <= throttle.slowdown <= 1.31 * stretch


def test_one_long_stall_changes_nothing():
    throttle = FrameThrottle()
    now = tick(throttle, 50, lateness=0)
    throttle.observe(now + 10, lateness=200)
    tick(throttle, 50, lateness=0, since=now + 10)
    assert throttle.slowdown == 1


def test_a_page_out_of_many_that_is_late_changes_nothing():
    throttle, now = FrameThrottle(), 0.0
    for i in range(1000):
        now += PERIOD / 10
        throttle.observe(now, 20 if i % 10 == 0 else 0)
    assert throttle.slowdown == 1


def test_a_few_ticks_do_not_tell():
    throttle = FrameThrottle()
    tick(throttle, 4, lateness=5, step=0.5)
    assert throttle.slowdown == 1


def test_a_single_page_whose_ticks_became_rare_gets_them_back_within_a_minute():
    throttle, now = FrameThrottle(), 0.0
    for late in [True] * 200 + [False] * 1200:
        period = PERIOD * throttle.slowdown
        now += 2 * period if late else period
        throttle.observe(now, lateness=1 if late else 0)
        if late:
            recovering_since = now
        elif throttle.slowdown == 1:
            break
    assert throttle.slowdown == 1
    assert now - recovering_since < 60

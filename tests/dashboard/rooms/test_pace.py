import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.rooms.pace import MAX_SPEED, SPEEDS, TICK_SHARE, TRAINING_SHARE, Pace

frame_rates = st.integers(1, 60)
speeds = st.floats(1e3, 1e9)


def at_speed(speed, **params):
    """A pace that has seen a training go at that many steps a second."""
    pace = Pace(**params)
    for _ in range(60):
        n_steps = max(1000, pace.steps_due(1))
        pace.observe(n_steps, n_steps / speed)
    return pace


@given(frame_rate=frame_rates, interval=st.integers(1, 100))
def test_a_frame_gets_the_steps_that_were_asked_for(frame_rate, interval):
    assert Pace(frame_rate=frame_rate, update_interval=interval).steps_due(1) == interval


@given(frame_rate=frame_rates, speed=speeds)
def test_turbo_fills_its_share_of_a_tick_and_no_more(frame_rate, speed):
    affordable = speed * TICK_SHARE * TRAINING_SHARE / frame_rate
    n_steps = at_speed(speed, frame_rate=frame_rate, turbo=True).steps_due(1)
    assert n_steps == pytest.approx(affordable, rel=1e-6, abs=1)
    assert n_steps <= max(1, affordable * (1 + 1e-6))


@given(frame_rate=frame_rates, interval=st.integers(1, 1_000_000), speed=speeds)
def test_more_steps_than_a_tick_has_time_for_are_cut(frame_rate, interval, speed):
    pace = at_speed(speed, frame_rate=frame_rate, update_interval=interval)
    n_steps = pace.steps_due(1)
    pace.turbo = True
    assert n_steps == min(interval, pace.steps_due(1))


@given(n_sharing=st.integers(1, 20))
def test_turbo_shares_the_processor_with_other_trainings(n_sharing):
    pace = at_speed(1e7, turbo=True)
    assert pace.steps_due(n_sharing) == pytest.approx(pace.steps_due(1) / n_sharing, abs=1)


@given(
    readings=st.lists(st.tuples(st.integers(0, 10**8), st.floats(0, 1e4))),
    frame_rate=frame_rates,
    turbo=st.booleans(),
    n_sharing=st.integers(0, 10_000),
)
def test_there_is_always_a_step_to_take(readings, frame_rate, turbo, n_sharing):
    pace = Pace(frame_rate=frame_rate, turbo=turbo)
    for n_steps, seconds in readings:
        pace.observe(n_steps, seconds)
    assert pace.steps_due(n_sharing) >= 1


def test_one_lucky_reading_at_most_doubles_the_steps():
    pace = at_speed(1e6, turbo=True)
    before = pace.steps_due(1)
    pace.observe(20_000, 1e-9)
    assert before < pace.steps_due(1) <= 2 * before + 1


def test_a_slow_reading_counts_at_once():
    pace = at_speed(1e7, turbo=True)
    pace.observe(200_000, 0.2)
    assert pace.steps_due(1) == pytest.approx(1e6 * pace.period * TICK_SHARE * TRAINING_SHARE, 0.01)


def test_turbo_recovers_from_a_frame_that_was_held_up():
    pace = at_speed(1e7, turbo=True)
    before = pace.steps_due(1)
    pace.observe(before, 30.0)
    for _ in range(200):
        n_steps = pace.steps_due(1)
        pace.observe(n_steps, n_steps / 1e7)
    assert pace.steps_due(1) == pytest.approx(before, rel=0.01)


def test_a_frame_of_few_steps_that_was_held_up_takes_none_from_the_next():
    pace = Pace(update_interval=10)
    pace.observe(10, 0.5)
    assert pace.steps_due(1) == 10


@pytest.mark.parametrize(
    ("field", "value"),
    [("update_interval", 0), ("update_interval", 1.5), ("frame_rate", 0), ("frame_rate", 61)],
)
def test_an_impossible_pace_is_refused(field, value):
    pace = Pace()
    before = getattr(pace, field)
    with pytest.raises(ValueError, match=f"{field} must be a whole number from 1"):
        setattr(pace, field, value)
    assert getattr(pace, field) == before


@pytest.mark.parametrize("speed", SPEEDS)
def test_each_speed_of_the_slider_can_be_set_and_is_told(speed):
    pace = Pace(finish_in=9, turbo=speed is not None)
    pace.set_speed(speed)
    assert pace.speed == speed
    assert SPEEDS[pace.speed_index] == speed
    assert pace.is_at(speed)
    assert not pace.finish_in
    if speed is not None:
        assert pace.frame_rate == min(speed, 20) or pace.frame_rate >= 10
        assert pace.update_interval == 1 or speed > 20


@given(st.integers(1, MAX_SPEED))
def test_any_speed_is_made_of_whole_steps_and_few_frames(speed):
    pace = Pace()
    pace.set_speed(speed)
    assert pace.speed == pytest.approx(speed, rel=0.05)
    assert pace.frame_rate <= 20
    assert pace.is_at(speed)


@given(st.integers(1, 1_000_000), frame_rates, st.booleans())
def test_the_speed_follows_what_is_set_otherwise(interval, frame_rate, turbo):
    pace = Pace(update_interval=interval, frame_rate=frame_rate, turbo=turbo)
    assert pace.speed == (None if turbo else interval * frame_rate)
    nearest = SPEEDS[pace.speed_index]
    assert (nearest is None) is turbo
    if not turbo:
        ratios = [max(pace.speed / each, each / pace.speed) for each in SPEEDS if each]
        assert max(pace.speed / nearest, nearest / pace.speed) == pytest.approx(min(ratios))


def test_a_person_who_sets_turbo_aside_has_the_speed_from_before():
    pace = Pace()
    pace.set_speed(50)
    pace.set_speed(None)
    pace.turbo = False
    assert pace.speed == 50


@pytest.mark.parametrize("speed", [0, -1, 1.5, MAX_SPEED + 1, "x", float("inf")])
def test_an_impossible_speed_is_refused(speed):
    pace = Pace()
    with pytest.raises(ValueError, match="speed must be a whole number from 1 to 10000000"):
        pace.set_speed(speed)
    assert pace.speed == 200


def test_a_pace_that_is_to_be_done_in_time_is_at_no_speed():
    pace = Pace(finish_in=5)
    assert not any(pace.is_at(speed) for speed in SPEEDS)

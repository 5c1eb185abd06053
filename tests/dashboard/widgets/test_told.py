"""What a browser sends back late is not what a person set."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.controls.speed import DiscreteSlider, SpeedControl
from dashboard.rooms.pace import SPEEDS
from dashboard.rooms.room import Room
from dashboard.session.subscriptions import watch_always
from dashboard.widgets.fields import Field, Switch
from dashboard.widgets.sliding import FloatSlider, SlidingField
from dashboard.widgets.told import Told
from tests.dashboard.conftest import Clock


def sends(widget, **values):
    """What Panel makes of a browser's message."""
    widget._process_events(values)


@pytest.fixture
def slider():
    return DiscreteSlider(options=list(range(10)), value=0)


@pytest.fixture
def heard():
    return []


@pytest.fixture
def told(slider, heard, clock):
    told = Told(slider, clock)
    told.watch("value", heard.append)
    return told


def test_what_a_person_sets_is_passed_on(slider, told, heard):
    sends(slider, value=3)
    sends(slider, value=4)
    sends(slider, value=3)
    assert heard == [3, 4, 3]


def test_what_is_told_is_not(slider, told, heard):
    told.tell(value=3)
    assert (slider.value, heard) == (3, [])


def test_the_first_of_two_values_that_comes_back_late_is_no_person(slider, told, heard):
    told.tell(value=4)
    told.tell(value=7)
    sends(slider, value=4)
    assert (slider.value, heard) == (7, [])


def test_of_many_values_each_may_come_back(slider, told, heard):
    for place in [1, *[4, 5] * 100]:
        told.tell(value=place)
    sends(slider, value=1)
    assert (slider.value, heard) == (5, [])


def test_after_some_seconds_it_is_one(slider, told, heard, clock):
    told.tell(value=4)
    told.tell(value=7)
    clock.now += 5
    sends(slider, value=4)
    assert (slider.value, heard) == (4, [4])


def test_what_a_person_does_not_set_stays_as_told(slider, told, heard, clock):
    told.tell(disabled=True)
    told.tell(disabled=False)
    clock.now += 60
    sends(slider, disabled=True)
    assert slider.disabled is False


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1), st.data())
def test_no_order_of_echoes_is_taken_for_a_person(places, data):
    slider, heard = FloatSlider(start=-1, end=9, value=-1), []
    told = Told(slider, Clock())
    told.watch("value", heard.append)
    for n_told, place in enumerate(places, start=1):
        told.tell(value=place)
        for echo in data.draw(st.lists(st.sampled_from(places[:n_told]))):
            sends(slider, value=echo)
    assert (slider.value, heard) == (places[-1], [])


def test_a_slider_is_heard_when_it_is_let_go(heard, clock):
    slider = FloatSlider(start=0, end=1, step=0.1, value=0.5)
    told = Told(slider, clock)
    told.watch_release(heard.append)
    for _ in range(2):
        sends(slider, value=0.6)
        sends(slider, value=0.7)
        assert slider.value == 0.7
        sends(slider, value_throttled=0.7)
        told.tell(value=0.5)
    assert heard == [0.7, 0.7]


def test_the_speed_control_knows_an_echo():
    room = Room()
    control = SpeedControl(room, watch_always)
    # As two fields under Advanced do that are entered one after the other.
    room.pace.param.update(update_interval=1, frame_rate=2)
    room.pace.update_interval = 10
    room.pace.frame_rate = 20
    first, _ = control.panel
    sends(first, value=SPEEDS.index(20))
    assert (room.pace.speed, first.value) == (200, SPEEDS.index(200))
    sends(first, value=SPEEDS.index(500))
    assert room.pace.speed == 500
    room.close()


def test_a_switch_and_a_sliding_field_know_echoes():
    room = Room()
    field = Field(room.pace, "turbo", watch=watch_always)
    assert isinstance(field.widget, Switch)
    room.pace.turbo = True
    room.pace.turbo = False
    sends(field.widget, value=True)
    assert room.pace.turbo is False is field.widget.value
    config = room.learning_config
    sliding = SlidingField(config, "learning_rate", 0.01, 1, 0.01)
    config.learning_rate = 0.3
    config.learning_rate = 0.4
    sends(sliding._slider, value=0.3)
    sends(sliding._slider, value_throttled=0.3)
    assert config.learning_rate == 0.4 == sliding._slider.value
    room.close()


def test_a_field_is_told_all_at_once():
    """What comes a moment later would replace what a person has begun to type."""
    room, calls = Room(), []
    field = Field(room.learning_config, "learning_rate", watch=watch_always)
    field.widget.param.watch(lambda *events: calls.append(events), ["value", "value_input"])
    room.learning_config.learning_rate = 0.3
    field.enter("0.3")
    assert [{event.name: event.new for event in events} for events in calls] == [
        {"value": "0.3", "value_input": "0.3"}
    ]
    room.close()

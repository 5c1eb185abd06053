"""The one button that is Start, Pause and Resume in turn."""

import pytest

from dashboard.controls.transport import MainButton, Transport
from dashboard.session.runner import Runner


@pytest.fixture
def runner(room):
    return Runner(room, lambda _: None)


@pytest.fixture
def transport(room, runner):
    transport = Transport(room, runner, lambda: None)
    runner.views = [transport]
    transport.set_ready()
    return transport


def main_button(transport):
    return next(part for part in transport.panel if isinstance(part, MainButton))


def test_the_main_button_says_what_it_does_in_each_status(room, runner, transport):
    button = main_button(transport)
    assert button.label == "Start"
    for act, label in (
        (room.start, "Pause"),
        (room.pause, "Resume"),
        (room.resume, "Pause"),
        (room.stop, "Start"),
    ):
        runner.act(act)
        assert (button.label, button.disabled) == (label, False)


@pytest.mark.parametrize(("name", "value"), [("label", "Resume"), ("disabled", True)])
def test_what_a_browser_mixes_up_is_said_once_more(transport, runner, name, value):
    """Material's components send back the first of two changes that come close together."""
    button = main_button(transport)
    setattr(button, name, value)
    runner.tick()
    assert (button.label, button.disabled) == ("Start", False)


def test_no_run_begins_on_a_map_with_a_problem(room, runner):
    transport = Transport(room, runner, lambda: "Map has no goal")
    transport.set_ready()
    assert main_button(transport).disabled

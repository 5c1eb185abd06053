import logging

import panel as pn
import pytest

from dashboard import GridWorldDashboard
from dashboard.session.toasts import toast
from gridworld import LEVELS, Status


@pytest.fixture
def make_dashboard():
    made = []

    def make(**parameters):
        made.append(GridWorldDashboard(**parameters))
        return made[-1]

    yield make
    for dashboard in made:
        dashboard.room.close()


def test_a_dashboard_takes_the_parameters_of_a_world(make_dashboard):
    room = make_dashboard(level="hard", slip=0.1).room
    assert room.snapshot.layout == LEVELS["hard"].layout
    assert room.world_config.slip == 0.1


@pytest.mark.parametrize("parameters", [{"slip": 2}, {"level": "none"}, {"layout": "S"}])
def test_a_world_that_is_not_allowed_is_refused(parameters):
    with pytest.raises(ValueError, match=f"^{next(iter(parameters))} "):
        GridWorldDashboard(**parameters)


def test_a_dashboard_does_not_train_before_it_is_asked_to(make_dashboard):
    dashboard = make_dashboard()
    dashboard.runner.tick()
    assert dashboard.room.status is Status.IDLE


def test_a_dashboard_is_a_component_like_any_other(make_dashboard):
    dashboard = make_dashboard()
    pn.Column(dashboard).get_root()
    dashboard.page().get_root()


def test_all_in_the_header_works_before_the_pictures_come(make_dashboard, caplog, monkeypatch):
    to_come = []
    monkeypatch.setattr(pn.state, "onload", to_come.append)
    dashboard = make_dashboard()
    header = dashboard.page().header
    buttons = [each for each in header if isinstance(each, pn.widgets.Button)]
    assert [button.label for button in buttons][1:] == ["Settings", "Save", "Ask"]
    for button in buttons * 2:  # opens and closes
        button.clicks += 1
        dashboard.runner.tick()
    for call in to_come:
        call()
    assert caplog.messages == []


def test_a_toast_without_a_page_is_logged(caplog):
    caplog.set_level(logging.INFO)
    toast("info", "Stopped at episode 3")
    assert caplog.messages == ["Stopped at episode 3"]

"""A page that is used at once: nothing that a person does is lost while it loads."""

import re

import pytest
from playwright.sync_api import expect

from gridworld import LEVELS, GridWorldConfig
from tests.dashboard.browsing import OpenedDashboard

#: What is on the page from the first, and what is one click deep.
BUTTONS, DEEPER_BUTTONS = (
    ("Start", "Step", "Episode", "Finish"),
    ("Stop", "Reset", "Undo", "Run to"),
)
FIELDS = (
    "Level",
    "Algorithm",
    "Learning rate",
    "Discount factor",
    "Epsilon",
    "Epsilon decay",
    "Episodes",
    "Seed",
)
DEEPER_FIELDS = (
    "Slip",
    "Maximum steps",
    "Minimum epsilon",
    "Initial Q",
    "Stop when optimal for",
    "Steps per update",
    "Frames per second",
    "Finish in (s)",
)


@pytest.fixture
def open_unloaded(context, server):
    """Opens pages, and does not wait until they have loaded."""
    opened = []

    def open_one():
        opened.append(OpenedDashboard(context.new_page(), server.url))
        return opened[-1]

    yield open_one
    assert [dashboard.troubles for dashboard in opened] == [[]] * len(opened)


def walls_of(level):
    lines = GridWorldConfig(level=level).layout.split("\n")
    return {
        (row, col) for row, line in enumerate(lines) for col, at in enumerate(line) if at == "#"
    }


@pytest.mark.slow
def test_a_level_chosen_as_soon_as_it_can_be_is_shown(open_unloaded):
    dashboard = open_unloaded()
    dashboard.choose("Hard")
    dashboard.status.wait_for()
    dashboard.wait_until(lambda: dashboard.walls == walls_of("hard"))
    expect(dashboard.page.get_by_text(LEVELS["hard"].description)).to_be_visible()
    expect(dashboard.field("Level")).to_have_value("Hard")
    dashboard.press("Step")
    expect(dashboard.number("Total steps")).to_have_text("1")


def test_a_run_started_as_soon_as_it_can_be_is_shown(open_unloaded):
    dashboard = open_unloaded()
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Learning")
    expect(dashboard.button("Pause")).to_be_enabled()
    expect(dashboard.field("Learning rate")).to_be_disabled()
    dashboard.wait_for_steps(more_than=50)


@pytest.mark.parametrize(
    ("opener", "opened"),
    [
        pytest.param("Advanced", "Slip", marks=pytest.mark.slow),
        ("More", "Run to episode"),
        pytest.param("Edit map", "Map text", marks=pytest.mark.slow),
        pytest.param("Save", "Download run", marks=pytest.mark.slow),
        pytest.param("Share", "Link to these settings", marks=pytest.mark.slow),
        ("Ask", "Close Ask"),
    ],
)
def test_what_is_opened_as_soon_as_it_can_be_is_open(open_unloaded, opener, opened):
    dashboard = open_unloaded()
    dashboard.press(opener)
    shown = [
        dashboard.page.get_by_role(role, name=opened, exact=True)
        for role in ("textbox", "button", "link")
    ]
    expect(shown[0].or_(shown[1]).or_(shown[2])).to_be_visible()


@pytest.mark.slow
def test_a_field_filled_in_as_soon_as_it_can_be_counts(open_unloaded):
    dashboard = open_unloaded()
    dashboard.enter(Episodes=2, Steps_per_update=1000)
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")
    expect(dashboard.progress).to_have_attribute("max", "2")
    dashboard.wait_until(lambda: len(dashboard.source("episodes")["x"]) == 2)


class HeldBack:
    """What a page tells its server, kept from it until it is released.

    A page that has loaded says so by a change of its document.
    """

    def __init__(self, page):
        self._messages, self._is_released = [], False
        page.route_web_socket(re.compile("/ws"), self._connect)

    def _connect(self, socket):
        self._server = socket.connect_to_server()
        socket.on_message(self._forward)

    def _forward(self, message):
        if self._is_released or not (self._messages or "PATCH-DOC" in str(message)):
            self._server.send(message)
        else:
            self._messages.append(message)

    def release(self):
        self._is_released = True
        for message in self._messages:
            self._server.send(message)


def test_nothing_can_be_used_before_the_page_has_loaded_and_all_of_it_after(context, server):
    page = context.new_page()
    held_back = HeldBack(page)
    dashboard = OpenedDashboard(page, server.url)

    def switch(name):
        return page.get_by_role("switch", name=name)

    speed = page.get_by_role("slider", name="Speed")
    for control in (*map(dashboard.button, BUTTONS), dashboard.field("Level"), speed):
        expect(control).to_be_disabled()
    later = [*map(dashboard.field, FIELDS[1:]), switch("Tune while training")]
    for part in (*later, dashboard.status):
        expect(part).to_have_count(0)
    held_back.release()
    dashboard.status.wait_for()
    for name in (*BUTTONS, *DEEPER_BUTTONS):
        expect(dashboard.button(name)).to_be_enabled(enabled=name in {*BUTTONS, "Run to"})
    deeper = [*map(dashboard.field, (*DEEPER_FIELDS, "Run to episode")), switch("Turbo")]
    for field in (dashboard.field("Level"), speed, *later, *deeper):
        expect(field).to_be_enabled()
    assert dashboard.troubles == []

"""The page's address and its settings, in a browser."""

import re

import pytest
from playwright.sync_api import expect

from gridworld import LEVELS
from tests.dashboard.views.test_map import expect_map


def test_a_link_restores_the_settings(open_dashboard, server):
    dashboard = open_dashboard(f"{server.url}?level=hard&slip=0.1&epsilon=0.5&seed=3&turbo=true")
    expect(dashboard.field("Level")).to_have_value("Hard")
    for label, value in {"Slip": "0.1", "Epsilon": "0.5", "Seed": "3"}.items():
        expect(dashboard.field(label)).to_have_value(value)
    expect(dashboard.page.get_by_role("switch", name="Turbo")).to_be_checked()
    expect_map(dashboard, LEVELS["hard"].layout)
    expect(dashboard.toasts()).to_have_count(0)


def room_of(dashboard):
    """The key in the page's address."""
    return re.search(r"[?&]room=([\w-]{22})(&|#|$)", dashboard.page.url)[1]


def n_entries(dashboard):
    """Entries of the browser's history."""
    return dashboard.page.evaluate("history.length")


def link_to_settings(dashboard):
    return dashboard.page.get_by_role("link", name="Link to these settings", exact=True)


@pytest.mark.slow
def test_the_address_is_written_at_once_and_at_start_and_share_has_the_settings_meanwhile(
    dashboard, open_dashboard, server
):
    room, n = room_of(dashboard), n_entries(dashboard)
    entered = f"{server.url}?room={room}"
    assert dashboard.page.url == entered
    dashboard.choose("Medium")
    for seed in range(1, 8):
        dashboard.enter(Seed=seed)
    dashboard.press("Share")
    settings = f"{server.url}?level=medium&seed=7"
    expect(link_to_settings(dashboard)).to_have_attribute("href", settings)
    dashboard.enter(Slip=0.2, Frames_per_second=10)
    settings = f"{server.url}?level=medium&slip=0.2&frame_rate=10&seed=7"
    expect(link_to_settings(dashboard)).to_have_attribute("href", settings)
    assert (dashboard.page.url, n_entries(dashboard)) == (entered, n)

    other = open_dashboard(settings)
    for label, value in {"Slip": "0.2", "Seed": "7", "Frames per second": "10"}.items():
        expect(other.field(label)).to_have_value(value)
    expect_map(other, LEVELS["medium"].layout)
    assert room_of(other) != room

    dashboard.press("Start")
    started = f"{settings}&room={room}"
    dashboard.wait_until(lambda: dashboard.page.url == started)
    dashboard.received.clear()
    dashboard.enter(Frames_per_second=30)
    dashboard.wait_for_steps(more_than=dashboard.total_steps + 200)
    dashboard.press("Stop", "Share")  # the menu has taken the place of the links
    dashboard.enter(Seed=9)
    expect(link_to_settings(dashboard)).to_have_attribute("href", re.compile("seed=9$"))
    assert not [message for message in dashboard.received if '"search"' in message.content]
    assert (dashboard.page.url, n_entries(dashboard)) == (started, n + 1)


def expect_the_training(dashboard, room, steps):
    """The page has the run, held still after so many steps, and its address leads there."""
    expect(dashboard.number("Total steps")).to_have_text(str(steps))
    expect(dashboard.field("Seed")).to_have_value("7")
    expect(dashboard.toasts()).to_have_count(0)
    assert room_of(dashboard) == room


@pytest.mark.slow
def test_neither_back_nor_forward_nor_a_reload_loses_a_training(dashboard):
    room, page = room_of(dashboard), dashboard.page
    dashboard.enter(Seed=7)
    dashboard.press("Step")
    dashboard.wait_until(lambda: "seed=7" in page.url)
    n = n_entries(dashboard)
    page.go_back()
    expect_the_training(dashboard, room, steps=1)
    page.reload()
    expect_the_training(dashboard, room, steps=1)
    page.go_forward()
    expect_the_training(dashboard, room, steps=1)
    page.reload()
    dashboard.press("Step")
    page.go_back()
    expect_the_training(dashboard, room, steps=2)
    assert n_entries(dashboard) == n
    # Away from here, and back.
    page.go_back()
    assert page.url == "about:blank"
    page.go_forward()
    expect_the_training(dashboard, room, steps=2)
    page.goto("about:blank")
    page.go_back()
    expect_the_training(dashboard, room, steps=2)


@pytest.mark.slow
def test_what_the_address_has_of_panels_own_stays(open_dashboard, server):
    dashboard = open_dashboard(f"{server.url}?theme=dark&level=hard#mine")
    room = room_of(dashboard)
    assert dashboard.page.url == f"{server.url}?level=hard&theme=dark&room={room}#mine"
    dashboard.enter(Seed=7)
    dashboard.press("Episode")
    url = f"{server.url}?level=hard&seed=7&theme=dark&room={room}#mine"
    dashboard.wait_until(lambda: dashboard.page.url == url)
    n = n_entries(dashboard)
    dashboard.page.reload()
    dashboard.press("Resume")
    dashboard.wait_for_steps(more_than=100)
    assert (dashboard.page.url, n_entries(dashboard)) == (url, n)


def test_who_names_the_session_gets_a_page_without_being_led_elsewhere(context, server):
    url = f"{server.url}?bokeh-session-id=mine&level=hard"
    answer = context.request.get(url)
    assert (answer.status, answer.url) == (200, url)


@pytest.mark.slow
def test_a_map_of_ones_own_travels_in_the_address(open_dashboard, server):
    dashboard = open_dashboard(f"{server.url}?map=S.X-~.G")
    expect_map(dashboard, "S.X\n#.G")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("search", "toasts"),
    [
        (
            "slip=<b>2</b>&seed=1?seed=2",
            (
                "Address: Slip must be a number from 0 to 1, got '<b>2</b>'",
                "Address: Seed must be a whole number from 0 to 4,294,967,295",
            ),
        ),
        (
            "sliip=1&slip=%ff%00&map=S-G",
            (
                "Address has no setting 'sliip'",
                "Address: Slip must be a number from 0 to 1",
                "Address: Map text must have 2 to 100 columns, got 1",
            ),
        ),
    ],
    ids=["markup", "unreadable"],
)
def test_nonsense_gives_a_toast_and_the_default(open_dashboard, server, search, toasts):
    dashboard = open_dashboard(f"{server.url}?{search}&episodes=42")
    for toast in toasts:
        expect(dashboard.toasts(toast)).to_have_count(1)
    expect(dashboard.field("Slip")).to_have_value("0")
    expect(dashboard.field("Episodes")).to_have_value("42")
    dashboard.press("Step")
    expect(dashboard.number("Total steps")).to_have_text("1")

"""The page's address and its settings, in a browser."""

import re

import pytest
from playwright.sync_api import expect

from gridworld import LEVELS
from tests.dashboard.test_map import expect_map


def test_a_link_restores_the_settings(open_dashboard, server):
    dashboard = open_dashboard(f"{server.url}?level=hard&slip=0.1&epsilon=0.5&seed=3&turbo=true")
    expect(dashboard.field("Level")).to_have_value("Hard")
    for label, value in {"Slip": "0.1", "Epsilon": "0.5", "Seed": "3"}.items():
        expect(dashboard.field(label)).to_have_value(value)
    expect(dashboard.page.get_by_role("switch", name="Turbo")).to_be_checked()
    expect_map(dashboard, LEVELS["hard"].layout)
    expect(dashboard.toasts()).to_have_count(0)


def test_the_address_follows_the_settings_and_opens_the_same_page(dashboard, open_dashboard):
    start = dashboard.page.url
    dashboard.choose("Medium")
    dashboard.enter(Slip=0.2, Seed=7)
    dashboard.wait_until(lambda: dashboard.page.url == f"{start}?level=medium&slip=0.2&seed=7")
    other = open_dashboard(dashboard.page.url)
    expect(other.field("Seed")).to_have_value("7")
    expect_map(other, LEVELS["medium"].layout)
    dashboard.choose("Easy")
    dashboard.enter(Slip=0, Seed=0)
    dashboard.wait_until(lambda: dashboard.page.url == start)


def test_a_map_of_ones_own_travels_in_the_address(open_dashboard, server):
    dashboard = open_dashboard(f"{server.url}?map=S.X-~.G")
    expect_map(dashboard, "S.X\n#.G")


@pytest.mark.parametrize(
    ("search", "toast"),
    [
        ("slip=2", "Address: Slip must be a number from 0 to 1, got 2.0"),
        ("slip=<b>2</b>", "Address: Slip must be a number from 0 to 1, got '<b>2</b>'"),
        ("sliip=1", "Address has no setting 'sliip'"),
        ("seed=1?seed=2", "Address: Seed must be a whole number from 0 to 4,294,967,295"),
        ("slip=%ff%00", "Address: Slip must be a number from 0 to 1"),
        ("map=S-G", "Address: Map text must have 2 to 100 columns, got 1"),
    ],
)
def test_nonsense_gives_a_toast_and_the_default(open_dashboard, server, search, toast):
    dashboard = open_dashboard(f"{server.url}?{search}&episodes=42")
    expect(dashboard.toasts(toast)).to_have_count(1)
    expect(dashboard.field("Slip")).to_have_value("0")
    expect(dashboard.field("Episodes")).to_have_value("42")
    dashboard.press("Step")
    expect(dashboard.number("Total steps")).to_have_text("1")


def test_a_run_writes_its_key_into_the_address_once_and_leaves_it_alone_then(dashboard):
    dashboard.choose("Hard")
    dashboard.wait_until(lambda: dashboard.page.url.endswith("?level=hard"))
    dashboard.press("Start")
    dashboard.wait_until(lambda: re.search(r"\?level=hard&room=[\w-]{22}$", dashboard.page.url))
    address = dashboard.page.url
    dashboard.received.clear()
    dashboard.wait_for_steps(more_than=dashboard.total_steps + 200)
    assert not [message for message in dashboard.received if '"search"' in message.content]
    assert dashboard.page.url == address

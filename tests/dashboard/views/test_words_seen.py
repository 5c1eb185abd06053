import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.shares_page


def hint(dashboard, name):
    """The button over a number that opens its hint."""
    return dashboard.page.get_by_role("button", name=f"What is {name}?", exact=True)


def lies_over(above, below):
    over, under = above.bounding_box(), below.bounding_box()
    if over is None or under is None:
        return False
    is_across = over["x"] <= under["x"] <= over["x"] + over["width"]
    bottom = under["y"] + under["height"]
    return is_across and over["y"] <= under["y"] and bottom <= over["y"] + over["height"] + 1


def set_going(dashboard):
    dashboard.enter(Episodes=1_000_000)
    dashboard.press("Start")
    dashboard.wait_for_steps()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_hint_is_opened_by_keyboard_and_stays_open_while_the_numbers_change(dashboard, key):
    set_going(dashboard)
    button = hint(dashboard, "Last return")
    button.focus()
    dashboard.page.keyboard.press(key)
    told = dashboard.page.get_by_text("Sum of the rewards of the latest completed episode")
    expect(told).to_be_visible()
    dashboard.wait_for_steps(more_than=dashboard.total_steps + 200)
    expect(told).to_be_visible()
    expect(button).to_be_focused()
    dashboard.page.keyboard.press("Escape")
    expect(told).to_be_hidden()


def test_more_numbers_stay_unfolded_while_they_change(dashboard):
    set_going(dashboard)
    more = hint(dashboard, "Cost of exploring")
    expect(more).to_be_hidden()
    dashboard.page.get_by_text("More numbers", exact=True).click()
    expect(more).to_be_visible()
    dashboard.wait_for_steps(more_than=dashboard.total_steps + 200)
    expect(more).to_be_visible()
    # The button lies over the number that it explains.
    dashboard.wait_until(lambda: lies_over(more, dashboard.number("Cost of exploring")), seconds=5)
    assert more.bounding_box()["height"] >= 24


def test_a_screen_reader_is_told_the_status_in_one_word(dashboard):
    expect(dashboard.status).to_have_text("Ready")
    set_going(dashboard)
    expect(dashboard.status).to_have_text("Learning")
    dashboard.press("Pause")
    expect(dashboard.status).to_have_text("Paused")
    told = dashboard.page.get_by_text(re.compile(r"^Paused\. .* are done"))
    expect(told).to_be_visible()

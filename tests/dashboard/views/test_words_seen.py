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
    told = dashboard.page.get_by_text(re.compile(r"^Paused\. .* (is|are) done"))
    expect(told).to_be_visible()


def ringed(dashboard):
    """Cells ``(row, col)`` with a ring about them."""
    rings = dashboard.source("marks")
    return list(zip(rings["y"], rings["x"], strict=True))


def test_why_opens_the_answer_and_the_chosen_cell_stays_chosen(dashboard):
    page = dashboard.page
    dashboard.click_cell(2, 1)
    expect(page.get_by_role("heading", name="Cell (2, 1)")).to_be_visible()
    for _ in range(2):
        dashboard.press("Why?")
        question = page.get_by_role("button", name="Is this policy optimal?")
        expect(question).to_have_attribute("aria-expanded", "true")
        dashboard.press("Close Ask")
        expect(question).not_to_be_visible()
    dashboard.open("Ask")
    page.get_by_role("button", name="What has it learned to do?").click()
    dashboard.wait_until(lambda: ringed(dashboard) != [(2, 1)])
    dashboard.press("Close Ask")
    dashboard.wait_until(lambda: ringed(dashboard) == [(2, 1)])


def test_what_screen_readers_are_told_of_the_curve_follows_the_run_and_a_choice(dashboard):
    figure = dashboard.page.get_by_role("figure", name=re.compile("^Curve"))
    expect(figure).to_have_attribute("aria-label", re.compile("0 of 500 episodes"))
    dashboard.enter(Episodes=30, Steps_per_update=1000)
    dashboard.press("Start")
    said = re.compile(r"return of each episode, 30 of 30 episodes\. Last .* Greedy policy, exact")
    expect(figure).to_have_attribute("aria-label", said)
    dashboard.press("Length")
    expect(figure).to_have_attribute("aria-label", re.compile("length of each episode, 30 of 30"))
    dashboard.press("Return")


def test_what_screen_readers_are_told_of_the_grid_follows_a_choice_at_once(dashboard):
    figure = dashboard.page.get_by_role("figure").first
    dashboard.layer("Visits").click()
    expect(dashboard.page.get_by_role("button", name="Visits, chosen", exact=True)).to_be_visible()
    expect(figure).to_have_attribute("aria-label", re.compile("Colours: Visits"))
    dashboard.press("Edit map")
    dashboard.enter_map("S.\n..")
    expect(figure).to_have_attribute("aria-label", re.compile("A map of 2 rows and 2 columns"))
    dashboard.press("Undo")
    expect(dashboard.button("Start")).to_be_enabled()
    dashboard.layer("Values").click()

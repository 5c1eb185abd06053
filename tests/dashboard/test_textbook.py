"""The textbook's examples on the page: Start is all that it takes to see them."""

import re

import pytest
from playwright.sync_api import expect

from gridworld import LEVELS

#: Name of the curve's quantity by what a level asks for.
QUANTITIES = {"Episodes over steps": "Episodes"}


@pytest.mark.slow
def test_start_shows_each_example_of_the_book_within_20_seconds_at_its_own_speed(dashboard):
    for level in LEVELS.values():
        if level.book is None:
            continue
        dashboard.choose(level.title)
        expect(dashboard.button("Start")).to_be_enabled()
        dashboard.press("Start")
        count = dashboard.page.get_by_text(re.compile(r"^Episode (3[1-9]|[4-9]\d|\d{3}) of "))
        expect(count).to_be_visible(timeout=20_000)
        dashboard.wait_until(lambda: len(dashboard.source("means")["x"]) >= 30, seconds=5)
        quantity = QUANTITIES.get(level.curve.quantity, level.curve.quantity)
        expect(dashboard.chosen(quantity)).to_be_visible()
        expect(dashboard.number("Last return")).not_to_have_text("–")
        expect(dashboard.status).to_have_text(re.compile("Learning|Finished"))
        assert dashboard.toasts().filter(has_text=re.compile("error|fail", re.I)).count() == 0
        dashboard.press("Reset")
        expect(dashboard.status).to_have_text("Ready")

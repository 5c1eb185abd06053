"""Messages that come to the editor one right after the other, as where the server was busy."""

from contextlib import closing

import pytest

from dashboard.editor.draft import BRUSHES
from tests.dashboard.browsing import wait_until
from tests.dashboard.editor.test_editing import EASY, painted
from tests.dashboard.forging import Forger


@pytest.fixture
def browser(server):
    """A browser in which the editor is open, and which waits for nothing."""
    with closing(Forger(server.url)) as browser:
        wait_until(lambda: models(browser, label="Edit map"), seconds=20)
        browser.change(models(browser, label="Edit map")[0], "value", True)
        wait_until(lambda: models(browser, title="Map text"), seconds=20)
        yield browser


def models(browser, kind="", **attributes):
    """Those of that kind and with these attributes."""
    browser.read_models()
    return [
        model
        for model, told in browser.models.items()
        if told["name"].endswith(kind) and attributes.items() <= told.get("attributes", {}).items()
    ]


@pytest.mark.slow
def test_a_click_right_after_the_choice_of_a_brush_paints_with_it(browser):
    brushes, plot = models(browser, "RadioGroup")[0], models(browser, "Plot")[0]
    place = {"model": {"id": plot}, "sx": 0, "sy": 0, "modifiers": {"type": "map", "entries": []}}
    expected = EASY
    for col, brush in enumerate(["Pit", "Cliff", "Free", "Wall"]):
        browser.change(brushes, "active", list(BRUSHES).index(brush))
        browser.send_event("tap", place | {"x": col, "y": 4})
        expected = painted(BRUSHES[brush], (4, col), layout=expected)
    wait_until(lambda: models(browser, title="Map text", value=expected), seconds=20)

"""Text that people enter is shown as text and never runs, wherever it comes from."""

import pytest
from playwright.sync_api import expect

from tests.dashboard.browsing import OpenedDashboard

#: Would run where it was taken for HTML.
WICKED = "<img src=x onerror=alert(1)>"


@pytest.fixture
def open_quietly(context, server):
    """Opens pages, on none of which a script may have run or an element been made."""
    opened, dialogs = [], []

    def open_one(search=""):
        page = context.new_page()
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        opened.append(OpenedDashboard(page, f"{server.url}{search}"))
        opened[-1].progress.wait_for()
        return opened[-1]

    yield open_one
    for dashboard in opened:
        expect(dashboard.page.locator("img[src=x], img[onerror]")).to_have_count(0)
        assert dashboard.troubles == []
    assert dialogs == []


@pytest.mark.slow
@pytest.mark.parametrize("keys", [("level", WICKED, "seed"), ("map", "wind", "room")])
def test_the_address_is_text(open_quietly, keys):
    dashboard = open_quietly("?" + "&".join(f"{key}={WICKED}" for key in keys))
    expect(dashboard.toasts()).to_have_count(3)
    if "level" in keys:
        expect(dashboard.toasts("<img src")).to_have_count(3)


def test_map_text_is_text(open_quietly):
    dashboard = open_quietly()
    dashboard.press("Edit map")
    dashboard.enter_map(f"{WICKED}\nS.G")
    told = dashboard.page.get_by_role("alert").filter(has_text="Map row 0, column 0 is '<'")
    expect(told.last).to_be_visible()
    expect(dashboard.field("Map text")).to_have_value(f"{WICKED}\nS.G")


@pytest.mark.slow
def test_what_a_tampered_browser_sends_is_text(open_quietly):
    dashboard = open_quietly()
    dashboard.wait_for_pictures()
    for label in ("Learning rate", "Seed", "Episodes"):
        dashboard.send_value(label, WICKED)
    dashboard.press("Step")
    expect(dashboard.number("Total steps")).to_have_text("1")


@pytest.mark.slow
@pytest.mark.parametrize("name", [f"{WICKED}.npz", "..\\..\\<b>x</b>.npz"])
def test_the_name_of_an_upload_is_text(open_quietly, name):
    dashboard = open_quietly()
    dashboard.open("Save")
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": WICKED.encode()}
    dashboard.page.locator("input[type=file]").set_input_files(file)
    expect(dashboard.toasts("Nothing was loaded")).to_have_count(1)
    expect(dashboard.page.locator(".notistack-Snackbar b")).to_have_count(0)

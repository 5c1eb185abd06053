"""The optional password, in a browser."""

import urllib.request
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from websocket import WebSocketBadStatusException

from tests.dashboard.browsing import OpenedDashboard
from tests.dashboard.server.test_websocket import first_message
from tests.serving import free_port, serve_by

PASSWORD = "<b>open</b> sésame"


@pytest.fixture(scope="module")
def server():
    port = free_port()
    command = ["gridworld", "serve", "--port", str(port), "--no-state", "--prefix", "class"]
    environment = {"GRIDWORLD_PASSWORD": PASSWORD}
    with serve_by(command, f"http://localhost:{port}/class/app", environment) as server:
        yield server


@pytest.mark.slow
def test_the_password_leads_to_the_page_that_was_asked_for(context, server):
    logged, page = server.log.stat().st_size, context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url)))
    page.goto(f"{server.url}?level=hard&seed=7")
    expect(page.get_by_role("heading", name="GridWorld Dashboard")).to_be_visible()
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_have_text("This is not the password.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.wait_for_url(f"{server.url}?level=hard&seed=7*")
    expect(page.get_by_label("Seed", exact=True)).to_have_value("7")
    hosts = {address.netloc for address in asked if address.scheme not in ("blob", "data")}
    assert hosts == {urlsplit(server.url).netloc}

    dashboard = OpenedDashboard(context.new_page(), server.url)  # without another login
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=10)
    assert dashboard.troubles == []
    assert server.complaints(logged) == []


@pytest.mark.parametrize(
    "path", ["", "/autoload.js?bokeh-autoload-element=x", "/metadata", "?room=x"]
)
def test_nothing_of_the_page_is_given_away_without_the_password(server, path):
    answer = urllib.request.urlopen(f"{server.url}{path}", timeout=60)
    assert urlsplit(answer.url).path.endswith("/login")
    assert b"token" not in answer.read()


def test_no_connection_is_made_without_the_password(server):
    with pytest.raises(WebSocketBadStatusException) as refused:
        first_message(server.url, "anything")
    assert refused.value.status_code == 403


@pytest.mark.slow
def test_an_address_cannot_write_on_the_login(page, server):
    page.on("dialog", lambda _: pytest.fail("a script ran"))
    page.goto(f"{server.url[:-3]}login?error=<img src=x onerror=alert(1)>")
    expect(page.get_by_role("alert")).to_have_text("This is not the password.")
    expect(page.locator("img")).to_have_count(0)


def test_the_login_leads_nowhere_else(page, server):
    answer = page.goto(f"{server.url[:-3]}login?next=https://elsewhere.example/")
    assert answer.status == 400

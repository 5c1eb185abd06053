"""Pages work where a private name is gone, or a module is switched off; they only cost more."""

import logging
from types import SimpleNamespace

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.document.models import DocumentModelManager
from panel.io import document as panel_document
from panel.io.state import set_curdoc

from dashboard.compat import clicks, documents, garbage, messages, sockets, switches
from tests.dashboard.browsing import OpenedDashboard
from tests.serving import APP, free_port, serve_by

MODULES = ("messages", "sockets", "documents", "garbage", "comms", "uploads", "clicks")


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """What is said once is said again, and nothing is installed yet."""
    switches.say_lost.cache_clear()
    garbage.install.cache_clear()
    monkeypatch.setattr(messages, "_panel", None)
    yield
    switches.say_lost.cache_clear()
    garbage.install.cache_clear()


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_the_environment_switches_modules_off(monkeypatch):
    assert all(map(switches.is_on, MODULES))
    monkeypatch.setenv("GRIDWORLD_WITHOUT", "messages,garbage")
    assert [name for name in MODULES if not switches.is_on(name)] == ["messages", "garbage"]


@pytest.mark.parametrize("name", ["_WRITE_BLOCK", "_WRITE_MSGS _WRITE_EVENTS"])
def test_without_panels_names_messages_go_panels_way(name, monkeypatch, caplog):
    for part in name.split():
        monkeypatch.delattr(panel_document, part, raising=False)
    before = DocumentModelManager.synced_references
    for _ in range(2):
        messages.install()
    (warning,) = warnings(caplog)
    assert name.split()[0][:8] in warning
    assert DocumentModelManager.synced_references is before
    document, held = Document(), []
    monkeypatch.setattr(pn.io, "hold", lambda: held.append(1) or Holding())
    with set_curdoc(document), messages.one_message():
        pass
    assert held == [1]


def test_without_panels_name_a_click_goes_panels_way(monkeypatch, caplog):
    monkeypatch.setattr(clicks, "Syncable", object)
    for _ in range(2):
        clicks.install()
    assert len(warnings(caplog)) == 1


class Holding:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


def test_a_socket_that_cannot_be_looked_into_counts_as_good(caplog):
    session = SimpleNamespace(connection_count=1, _subscribed_connections=[SimpleNamespace()])
    document = SimpleNamespace(session_context=SimpleNamespace(session=session))
    for _ in range(2):
        assert sockets.connection_of(document) is sockets.Connection.GOOD
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("call", [documents.say_loaded, documents.forget_toasts])
def test_what_panel_no_longer_has_is_left_and_said_once(call, monkeypatch, caplog):
    monkeypatch.setattr(documents, "pn", SimpleNamespace(state=SimpleNamespace()))
    for _ in range(2):
        call(Document())
    assert len(warnings(caplog)) == 1


def test_garbage_is_collected_panels_way_if_there_is_no_other(monkeypatch, caplog):
    monkeypatch.delattr(panel_document, "_garbage_collect")
    monkeypatch.setattr(
        garbage,
        "gc",
        SimpleNamespace(set_threshold=lambda *_: None, collect=lambda: None, freeze=lambda: None),
    )
    garbage.install(lambda: False)
    assert not hasattr(panel_document, "_garbage_collect")
    assert len(warnings(caplog)) == 1


@pytest.mark.slow
def test_a_page_trains_with_all_switched_off(context):
    port = free_port()
    command = ["panel", "serve", str(APP), "--port", str(port)]
    environment = {"GRIDWORLD_WITHOUT": ",".join(MODULES)}
    with serve_by(command, f"http://localhost:{port}/app", environment) as server:
        dashboard = OpenedDashboard(context.new_page(), server.url)
        dashboard.progress.wait_for()
        dashboard.enter(Episodes=50, Steps_per_update=1000)
        dashboard.press("Start")
        dashboard.toasts("Finished after").wait_for(timeout=60_000)
        assert dashboard.troubles == []
        assert server.complaints() == []

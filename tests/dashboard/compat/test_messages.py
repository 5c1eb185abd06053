"""Messages refer to what the browser has, and bring in full what it does not have."""

import json
from contextlib import contextmanager
from types import SimpleNamespace

import panel as pn
import pytest
from bokeh.core.serialization import Serializer
from bokeh.document import Document
from bokeh.document.events import ModelChangedEvent
from bokeh.models import ColumnDataSource, Div
from bokeh.plotting import figure
from bokeh.protocol.messages.patch_doc import patch_doc
from panel.io.state import set_curdoc
from tornado.locks import Lock
from tornado.websocket import WebSocketHandler, WebSocketProtocol13

from dashboard import compat
from dashboard.compat import messages
from dashboard.compat.messages import LazySerializer, ModelsInBrowser
from tests import loops

messages.install()


@pytest.fixture
def document():
    document = Document()
    plot = figure(name="plot")
    plot.scatter([1, 2], [3, 4])
    document.add_root(plot)
    document.models.flush_synced()
    return document


def known(document):
    return {model for model in document.models if model not in document.models._new_models}


def test_what_the_browser_has_is_known(document):
    plot = document.get_model_by_name("plot")
    assert set(ModelsInBrowser(document.models)) == known(document) > {plot}
    stranger, newcomer = Div(), Div(name="new")
    document.add_root(newcomer)
    assert stranger not in ModelsInBrowser(document.models)
    assert newcomer not in ModelsInBrowser(document.models)
    document.models.flush_synced()
    assert newcomer in ModelsInBrowser(document.models)
    document.remove_root(newcomer)
    assert newcomer not in ModelsInBrowser(document.models)


def test_a_message_is_the_same_as_with_the_list_of_all_models(document):
    plot = document.get_model_by_name("plot")
    new = ColumnDataSource({"x": [1]}, name="source")
    for value in (new, {"old": plot.x_range, "new": new}, [plot, plot, 1.5, None]):
        usual, sparing = (
            serializer(references=references).encode(value)
            for serializer, references in (
                (Serializer, known(document)),
                (LazySerializer, ModelsInBrowser(document.models)),
            )
        )
        assert usual == sparing


def test_a_model_is_sent_in_full_once(document):
    plot = document.get_model_by_name("plot")
    plot.tags = [new := Div(text="new")]
    event = ModelChangedEvent(document, plot, "tags", [new])
    contents = [patch_doc.create([event]).content_json for _ in range(2)]
    assert '"text":"new"' in contents[0]
    assert new.id in contents[1]
    assert '"text":"new"' not in contents[1]


class Stream:
    """Keeps each piece that is handed to the system."""

    def __init__(self):
        self.pieces = []

    def write(self, piece):
        self.pieces.append(piece)

    def closed(self):
        return False


@pytest.fixture
def served(document, monkeypatch):
    """A stream to a browser that shows the document."""
    connection = WebSocketProtocol13.__new__(WebSocketProtocol13)
    connection.stream, connection._compressor = Stream(), None
    connection.client_terminated = connection.server_terminated = False
    connection.mask_outgoing, connection._wire_bytes_out = False, 0
    socket = WebSocketHandler.__new__(WebSocketHandler)
    socket.ws_connection, socket.write_lock = connection, Lock()
    subscribed = SimpleNamespace(_socket=socket)
    session = SimpleNamespace(_subscribed_connections=[subscribed])
    context = SimpleNamespace(session=session, id="page")
    document._session_context = lambda: context
    compat.install()
    monkeypatch.setattr(messages, "_is_on_loop", lambda: True)
    with set_curdoc(document):
        pn.state._loaded[document] = True
        yield socket


def frames_of(piece):
    """Texts of the frames of a WebSocket (RFC 6455, section 5.2)."""
    texts = []
    while piece:
        assert piece[0] == 0x81  # a whole text
        length, at = piece[1], 2
        if length == 126:
            length, at = int.from_bytes(piece[2:4]), 4
        texts.append(piece[at : at + length].decode())
        piece = piece[at + length :]
    return texts


def test_all_changes_go_as_one_message_in_one_piece(document, served):
    plot = document.get_model_by_name("plot")
    with messages.one_message():
        plot.title.text = "first"
        with messages.one_message():
            plot.height = 300
        plot.title.text = "second"
        assert not served.ws_connection.stream.pieces
    (piece,) = served.ws_connection.stream.pieces
    header, metadata, content = map(json.loads, frames_of(piece))
    assert (header["msgtype"], metadata) == ("PATCH-DOC", {})
    assert {(e["attr"], e["new"]) for e in content["events"]} == {
        ("text", "second"),
        ("height", 300),
    }
    assert document.callbacks.hold_value is None


def test_where_nothing_changes_nothing_is_sent(served):
    with messages.one_message():
        pass
    assert not served.ws_connection.stream.pieces


def test_what_changed_before_a_failure_is_sent(document, served):
    def change_and_fail():
        document.get_model_by_name("plot").height = 300
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"), messages.one_message():
        change_and_fail()
    (piece,) = served.ws_connection.stream.pieces
    assert "height" in frames_of(piece)[2]
    assert document.callbacks.hold_value is None


def test_nothing_comes_between_the_parts_of_another_message(document, served, monkeypatch):
    held = []

    @contextmanager
    def hold():
        held.append(document)
        yield

    monkeypatch.setattr(pn.io, "hold", hold)

    async def hold_the_lock():
        await served.write_lock.acquire()

    loops.run(hold_the_lock())
    with messages.one_message():
        document.get_model_by_name("plot").height = 300
    assert held == [document]
    assert not served.ws_connection.stream.pieces

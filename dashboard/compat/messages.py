"""Messages to the browser that cost little, on a page of any size.

For each message Bokeh 3.9 lists all models of the page, hundreds of them, to refer to those
few that the message mentions. Here each is looked up when it is met. And it looks for its
settings in the environment; here they are what they were at the start. Panel 1.9 hands the
three parts of a message to the system one by one, with a task of the server's loop for each;
here they go at once.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import panel as pn
from bokeh.core.serialization import Serializer
from bokeh.document.events import DocumentPatchedEvent
from bokeh.document.models import DocumentModelManager
from bokeh.model import Model
from bokeh.protocol.messages.patch_doc import patch_doc
from bokeh.settings import settings
from panel.io.document import _WRITE_BLOCK, _WRITE_MSGS
from panel.io.model import monkeypatch_events
from tornado.escape import utf8
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketHandler

from dashboard.compat.sockets import is_sending

#: Kinds of frame of a WebSocket (RFC 6455, section 5.2).
_TEXT, _BINARY = 0x1, 0x2


class Known:
    """The models of a document that the browser has.

    Args:
        models: All of the document's.
    """

    def __init__(self, models: DocumentModelManager) -> None:
        self._models = models

    def __contains__(self, model: Model) -> bool:
        models = self._models
        return models._models.get(model.id) is model and model not in models._new_models

    def __iter__(self) -> Iterator[Model]:
        return (model for model in self._models._models.values() if model in self)


class SparingSerializer(Serializer):
    """Bokeh's serializer, but for when it makes the references.

    Args:
        references: The models that the browser has already.
        **options: As Bokeh's.
    """

    def __init__(self, *, references: Any = frozenset(), **options: Any) -> None:
        super().__init__(**options)
        self._known = references

    def has_ref(self, obj: Any) -> bool:
        """Whether the object is to be referred to."""
        return super().has_ref(obj) or (isinstance(obj, Model) and obj in self._known)

    def get_ref(self, obj: Any) -> Any:
        """The reference to an object; None if it is to be sent in full."""
        ref = super().get_ref(obj)
        if ref is None and isinstance(obj, Model) and obj in self._known:
            ref = obj.ref
            self.add_ref(obj, ref)
        return ref

    def add_ref(self, obj: Any, ref: Any) -> None:
        """Takes note of a reference."""
        self._references[id(obj)] = ref


@contextmanager
def one_message() -> Iterator[None]:
    """Sends all changes of the present page that are made within as one message.

    As `panel.io.hold` does, to which it leaves whatever is out of the ordinary.
    """
    document = pn.state.curdoc
    sockets = _sockets(document)
    if sockets is None:
        with pn.io.hold():
            yield
        return
    callbacks = document.callbacks
    callbacks._hold = "combine"
    try:
        yield
    finally:
        events, callbacks._held_events, callbacks._hold = callbacks._held_events, [], None
        if not events:
            pass
        elif all(isinstance(event, DocumentPatchedEvent) for event in events):
            monkeypatch_events(events)
            _send(events, sockets)
        else:
            with pn.io.hold():
                callbacks._held_events = events


def _sockets(document: Any) -> Sequence[Any] | None:
    """What to send by; None where that is not for this module to do."""
    context = document.session_context if document is not None else None
    session = context.session if context is not None else None
    if (
        session is None
        or document.callbacks._hold
        or document in _WRITE_BLOCK
        or document in _WRITE_MSGS
        or not pn.state._connected.get(document)
        or pn.state._current_thread != pn.state._thread_id
    ):
        return None
    sockets = [connection._socket for connection in session._subscribed_connections]
    return sockets if all(map(_is_free, sockets)) else None


def _is_free(socket: Any) -> bool:
    if not isinstance(socket, WebSocketHandler):
        return False
    connection: Any = socket.ws_connection
    return (
        connection is not None
        and not connection.is_closing()
        and connection._compressor is None
        and not is_sending(socket)
    )


def _send(events: Sequence[DocumentPatchedEvent], sockets: Sequence[Any]) -> None:
    message = patch_doc.create(list(events))
    frames = [(_TEXT, message.header_json), (_TEXT, message.metadata_json)]
    frames.append((_TEXT, message.content_json))
    for buffer in message._buffers:
        frames += [(_TEXT, json.dumps(buffer.ref)), (_BINARY, buffer.to_bytes())]
    for socket in sockets:
        with suppress(StreamClosedError):  # as with all that is sent after that
            _write_at_once(socket.ws_connection, frames)


def _write_at_once(connection: Any, frames: Sequence[tuple[int, str | bytes]]) -> None:
    """Hands several frames of a WebSocket to the system in one piece."""
    stream, written = connection.stream, _Written()
    connection.stream = written
    try:
        for kind, content in frames:
            connection._write_frame(True, kind, utf8(content))
    finally:
        connection.stream = stream
    stream.write(b"".join(written.pieces))


class _Written:
    """What is written to a stream."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, piece: bytes) -> None:
        """Keeps it."""
        self.pieces.append(piece)


def install() -> None:
    """Has all messages made so, in this process."""
    # The package has a class by the module's name.
    import_module("bokeh.protocol.messages.patch_doc").__dict__["Serializer"] = SparingSerializer
    DocumentModelManager.synced_references = property(Known)  # type: ignore[assignment]
    for name in ("pretty", "simple_ids", "perform_error_diagnostics"):
        setattr(settings, name, getattr(settings, name)())

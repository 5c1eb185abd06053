"""Messages to the browser that cost little, on a page of any size.

For each message Bokeh lists all models of the page, hundreds of them, to refer to those few that
the message mentions. Here each is looked up when it is met. Panel hands the three parts of a
message to the system one by one, with a task of the server's loop for each; here they go at once.

Buys a third of a frame's processor time (15 trainings: 0.9 ms and not 1.3 ms): references a
quarter, on both Panels, and sending a seventh on Panel 1.9. Without it Panel's own ``hold`` sends.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, NamedTuple

import panel as pn
from bokeh.core.serialization import Serializer
from bokeh.document import Document
from bokeh.document.events import DocumentPatchedEvent
from bokeh.document.models import DocumentModelManager
from bokeh.model import Model
from bokeh.protocol.messages.patch_doc import patch_doc
from tornado.escape import utf8
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketHandler

from dashboard.compat.sockets import is_sending, sockets_of
from dashboard.compat.switches import is_on, say_lost

#: Kinds of frame of a WebSocket (RFC 6455, section 5.2).
_TEXT, _BINARY = 0x1, 0x2
_LOST = "Messages to the browser cost more"


class _Panel(NamedTuple):
    """What Panel writes by.

    Attributes:
        blocked: Documents that it is writing to.
        queued: Documents for which it has more to write.
        prepare: Makes held events what Panel sends.
    """

    blocked: Any
    queued: Any
    prepare: Callable[[list[Any]], None]

    @classmethod
    def find(cls) -> "_Panel":
        """Finds it; raises AttributeError if it is not there."""
        document = import_module("panel.io.document")
        queued = "_WRITE_EVENTS" if hasattr(document, "_WRITE_EVENTS") else "_WRITE_MSGS"
        prepare = import_module("panel.io.model").monkeypatch_events
        return cls(document._WRITE_BLOCK, getattr(document, queued), prepare)


#: None before it is installed, and where the public way is taken.
_panel: _Panel | None = None


class ModelsInBrowser:
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


class LazySerializer(Serializer):
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
    document.hold("combine")
    callbacks = document.callbacks
    try:
        yield
    finally:
        events, callbacks._held_events = callbacks._held_events, []
        document.unhold()
        if events and _panel and all(isinstance(event, DocumentPatchedEvent) for event in events):
            _panel.prepare(events)
            _send(events, sockets)
        elif events:
            with pn.io.hold():
                callbacks._held_events = events


def _sockets(document: Any) -> Sequence[Any] | None:
    """What to send by; None where that is not for this module to do."""
    context = document.session_context if document is not None else None
    session = context.session if context is not None else None
    if (
        _panel is None
        or session is None
        or document.callbacks.hold_value
        or document in _panel.blocked
        or document in _panel.queued
        or not pn.state.loaded
        or not _is_on_loop()
    ):
        return None
    try:
        sockets = sockets_of(session)
        return sockets if all(map(_is_free, sockets)) else None
    except AttributeError as error:
        say_lost(_LOST, str(error))
        return None


def _is_on_loop() -> bool:
    """Whether this is the server's own thread; Bokeh 3.10 runs much in others."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


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
    stream, written = connection.stream, _Buffer()
    connection.stream = written
    try:
        for kind, content in frames:
            connection._write_frame(True, kind, utf8(content))
    finally:
        connection.stream = stream
    stream.write(b"".join(written.pieces))


class _Buffer:
    """Stands for a stream, and collects what is written to it."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, piece: bytes) -> None:
        """Takes a piece."""
        self.pieces.append(piece)


def install() -> None:
    """Has all messages of this process made so, if that is possible."""
    global _panel
    if not is_on("messages"):
        return
    try:
        _check_bokeh()
        _panel = _Panel.find()
    except (AttributeError, ImportError) as error:
        say_lost(_LOST, str(error))
        return
    # The package has a class by the module's name.
    import_module("bokeh.protocol.messages.patch_doc").__dict__["Serializer"] = LazySerializer
    DocumentModelManager.synced_references = property(ModelsInBrowser)  # type: ignore[assignment]


def _check_bokeh() -> None:
    """Raises AttributeError if Bokeh has not got what is used here."""
    models = Document().models
    for owner, names in (
        (models, ("_models", "_new_models", "synced_references")),
        (Document().callbacks, ("_held_events",)),
        (Serializer(), ("_references", "has_ref", "get_ref", "add_ref")),
        (import_module("bokeh.protocol.messages.patch_doc"), ("Serializer",)),
    ):
        for name in names:
            getattr(owner, name)

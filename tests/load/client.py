"""A page opened without a browser: Bokeh's protocol, as spoken by BokehJS."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple, Self

from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

#: Seconds that the server may take to answer; many pages at once take their time.
TIMEOUT = 60
_POLL = 0.01
_MAX_MESSAGE = 100_000_000
_TOKEN = re.compile(r'"token":"([^"]+)"')


class Message(NamedTuple):
    """A message that came."""

    at: float  # time.perf_counter
    size: int  # bytes of its fragments
    is_frame: bool


class Session:
    """A session of the server, held by a client that draws nothing.

    To begin with every message is read for the models that it brings, so that widgets are
    found by their labels. Once `settle` was called, messages are counted and no more.

    Attributes:
        messages: All that came since then.
        closed: Whether the connection has ended.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.closed = False
        self._socket: WebSocketClientConnection
        self._models: dict[str, dict[str, Any]] = {}
        self._replies: set[str] = set()
        self._numbers = count(1)
        self._fragments: list[str | bytes] = []
        self._n_fragments = 3
        self._marker: str | None = None

    @classmethod
    async def open(cls, url: str) -> Self:
        """Opens the page at an address, as far as a browser has it when it has loaded."""
        self = cls()
        page = await AsyncHTTPClient().fetch(url, request_timeout=TIMEOUT)
        token = _TOKEN.search(page.body.decode())
        if token is None:
            raise ValueError(f"{url} must be a page of a Bokeh server, got one without a token")
        address, _, query = url.partition("?")
        self._socket = await websocket_connect(
            f"ws{address.removeprefix('http')}/ws{query and '?'}{query}",
            subprotocols=["bokeh", token[1]],
            on_message_callback=self._on_fragment,
            max_message_size=_MAX_MESSAGE,
            compression_options={},  # offered, as by browsers; the server may decline
        )
        await self._wait(lambda: "ACK" in self._replies, "a greeting")
        await self._ask("PULL-DOC-REQ", {})
        await self._send_event("document_ready", {})
        return self

    async def press(self, label: str) -> None:
        """Presses the button with that label, once it can be pressed."""
        model = await self.find(label)
        component = self._component_of(model)
        if component is None:
            await self._send_event("button_click", {"model": {"id": model}})
        else:  # one of Material's
            nothing: dict[str, Any] = {"type": "map", "entries": []}
            event = {"model": {"id": component}, "node": "click", "data": nothing}
            await self._send_event("dom_event", event)

    async def enter(self, label: str, value: Any) -> None:
        """Enters a value into the field with that label, once it can be changed."""
        model = {"id": await self.find(label)}
        await self._patch({"kind": "ModelChanged", "model": model, "attr": "value", "new": value})

    async def read(self, pattern: str) -> str:
        """What the first group of a pattern matches in a text on the page, once it is there."""
        return await self._wait(lambda: self._search_text(pattern), f"a text with {pattern!r}")

    async def find(self, label: str) -> str:
        """The model of the widget with that label, once it is there and enabled."""
        return await self._wait(lambda: self._search(label), f"a widget {label!r} that is enabled")

    async def settle(self, source: str | None) -> None:
        """Counts messages from now on; those are frames that patch the source of that name.

        Where there is no name, those that patch any source.
        """
        if source is None:
            self._marker = '"ColumnsPatched"'
            return
        model = await self._wait(lambda: self._search_source(source), f"a source {source!r}")
        self._marker = f'"ColumnsPatched","model":{{"id":"{model}"}}'

    async def first_frame(self) -> None:
        """Waits until there was one."""
        await self._wait(lambda: any(message.is_frame for message in self.messages), "a frame")

    async def close(self) -> None:
        """Leaves, as a browser does whose tab is closed."""
        self._socket.close(1001)
        await self._wait(lambda: self.closed, "the connection to end")

    def _on_fragment(self, fragment: str | bytes | None) -> None:
        if fragment is None:
            self.closed = True
            return
        if not self._fragments:
            self._n_fragments = 3 + 2 * json.loads(fragment).get("num_buffers", 0)
        self._fragments.append(fragment)
        if len(self._fragments) == self._n_fragments:
            fragments, self._fragments = self._fragments, []
            self._on_message(fragments)

    def _on_message(self, fragments: list[Any]) -> None:
        header, _, content, *_ = fragments
        if self._marker is None:
            named = json.loads(header)
            self._replies.add(named.get("reqid", named["msgtype"]))
            self._learn(json.loads(content))
            return
        size = sum(len(f.encode() if isinstance(f, str) else f) for f in fragments)
        self.messages.append(Message(time.perf_counter(), size, self._marker in content))

    def _learn(self, content: dict[str, Any]) -> None:
        """Takes note of the models in a message, and of what it changes of those known."""
        for model in _models(content):
            self._models[model["id"]] = model.get("attributes", {})
        for event in content.get("events", ()):
            if event["kind"] == "ModelChanged":
                known = self._models.setdefault(event["model"]["id"], {})
                known[event["attr"]] = event["new"]

    def _search(self, label: str) -> str | None:
        for model, attributes in self._models.items():
            is_it = label in (attributes.get("label"), attributes.get("title"))
            if is_it and not attributes.get("disabled"):
                return model
        return None

    def _component_of(self, data: str) -> str | None:
        """The Material component that keeps its properties in a model; None if it is none's."""
        kept = ((model, attributes.get("data")) for model, attributes in self._models.items())
        return next((m for m, d in kept if isinstance(d, dict) and d.get("id") == data), None)

    def _search_text(self, pattern: str) -> str | None:
        for attributes in self._models.values():
            found = re.search(pattern, str(attributes.get("text", "")), re.DOTALL)
            if found is not None:
                return found[1]
        return None

    def _search_source(self, name: str) -> str | None:
        named = (m for m, a in self._models.items() if a.get("name") == name and "data" in a)
        return next(named, None)

    async def _wait(self, get: Any, what: str) -> Any:
        """What ``get`` returns, once that is something."""
        end = time.perf_counter() + TIMEOUT
        while not (found := get()):
            if self.closed:
                raise ConnectionError(f"The server ended the connection; wanted was {what}")
            if time.perf_counter() > end:
                raise TimeoutError(f"The server did not give {what} in {TIMEOUT} seconds")
            await asyncio.sleep(_POLL)
        return found

    async def _send_event(self, name: str, values: dict[str, Any]) -> None:
        entries = {"entries": [list(item) for item in values.items()]} if values else {}
        event = {"type": "event", "name": name, "values": {"type": "map", **entries}}
        await self._patch({"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event})

    async def _patch(self, event: dict[str, Any]) -> None:
        await self._ask("PATCH-DOC", {"events": [event]})

    async def _ask(self, kind: str, content: dict[str, Any]) -> None:
        """Sends a message and waits until the server has answered it."""
        number = str(next(self._numbers))
        for fragment in ({"msgid": number, "msgtype": kind}, {}, content):
            await self._socket.write_message(json.dumps(fragment))
        if self._marker is None:
            await self._wait(lambda: number in self._replies, f"an answer to {kind}")


def _models(tree: Any) -> Iterator[dict[str, Any]]:
    """All models in a message; each may hold others."""
    if isinstance(tree, dict):
        if tree.get("type") == "object" and "id" in tree:
            yield tree
        for branch in tree.values():
            yield from _models(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from _models(branch)

"""A client that speaks Bokeh's protocol and need not be honest."""

import json
from itertools import count
from urllib.parse import urlsplit

import websocket

from tests.dashboard.server.test_websocket import token_of


class Forger:
    """Says to the server, as the page of a link, whatever it likes.

    Args:
        url: The link.
        options: Of its socket, as for ``setsockopt``.

    Attributes:
        models: Type, and attributes, of the models of its page by their ids.
        token: What names its session to the server.
    """

    def __init__(self, url, *options):
        address = urlsplit(url)
        self._place = f"ws://{address.netloc}{address.path}/ws"
        self._origin = f"http://{address.netloc}"
        self.token = token_of(url)
        self._numbers, self._options = count(), options
        self._connect()
        self.read_models()
        self.send_event("document_ready", {})

    def close(self):
        self._socket.shutdown()

    def read_models(self):
        """Asks what models the page has by now."""
        self.models = dict(_models(self._say("PULL-DOC-REQ", {})))

    def id_of(self, label):
        """The model with that label."""
        labels = ((told.get("attributes", {}).get("label"), i) for i, told in self.models.items())
        return next(model for found, model in labels if found == label)

    def ask(self, kind):
        """Sends a message, and leaves the answer for later."""
        for part in ({"msgid": f"forged {next(self._numbers)}", "msgtype": kind}, {}, {}):
            self._socket.send(json.dumps(part))

    def read(self):
        """The next message from the server, as its header and its content."""
        header, _, content = (json.loads(self._receive()) for _ in range(3))
        for _ in range(2 * header.get("num_buffers", 0)):
            self._receive()
        return header, content

    def send_event(self, name, values):
        entries = {"entries": [list(item) for item in values.items()]}
        event = {"type": "event", "name": name, "values": {"type": "map"} | entries}
        return self._patch("MessageSent", msg_type="bokeh_event", msg_data=event)

    def click(self, model):
        return self.send_event("button_click", {"model": {"id": model}})

    def change(self, model, attribute, value):
        return self._patch("ModelChanged", model={"id": model}, attr=attribute, new=value)

    def overwrite(self, model, data):
        return self._patch(
            "ColumnDataChanged", model={"id": model}, data={"type": "map", "entries": data}
        )

    def _patch(self, kind, **event):
        return self._say("PATCH-DOC", {"events": [{"kind": kind} | event]})

    def _connect(self):
        protocols = ["bokeh", self.token]
        self._socket = websocket.create_connection(
            self._place,
            origin=self._origin,
            subprotocols=protocols,
            sockopt=self._options,
            timeout=20,
        )
        self.read()  # the greeting

    def _say(self, kind, content):
        """Sends a message; returns the content of the answer, or nothing if it is hung up on."""
        number = f"forged {next(self._numbers)}"
        try:
            for part in ({"msgid": number, "msgtype": kind}, {}, content):
                self._socket.send(json.dumps(part))
            while True:
                header, content = self.read()
                if header.get("reqid") == number:
                    return content
        except (websocket.WebSocketException, OSError):
            self._socket.shutdown()
            self._connect()  # with the same session
            return None

    def _receive(self):
        text = self._socket.recv()
        if not text:
            raise websocket.WebSocketConnectionClosedException
        return text


def _models(tree):
    if isinstance(tree, dict):
        if tree.get("type") == "object" and "id" in tree:
            yield tree["id"], tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from _models(branch)

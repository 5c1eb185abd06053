"""Who may connect to the server: pages of its own address, with a session that it signed."""

import json
import re
import urllib.request
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest
import websocket

from tests.serving import free_port, serve_by

#: What the server logs of who is refused, and of nonsense, traces of Bokeh's code included.
REFUSALS = re.compile(
    r"Refusing websocket connection from Origin |403 GET /app/ws |Token for session "
    r"|Uncaught exception GET /app/ws |HTTPServerRequest\(|bokeh\.protocol\.exceptions\."
    r"|Bad header with no msgtype was: |Bokeh Server (protocol|internal) error: "
    r"|Unhandled exception receiving a message: |error handling message"
    r"|[\w.]+Error: |WebSocket connection closed: code="
    r"|Traceback |(?!.*/(dashboard|gridworld)/) "
)


def serve_at(port, *options):
    command = ["gridworld", "serve", "--port", str(port), *options]
    return serve_by(command, f"http://localhost:{port}/app")


@pytest.fixture(scope="module")
def server():
    with serve_at(free_port(), "--no-state") as server:
        yield server
        others = [line for line in server.complaints() if not REFUSALS.match(line)]
        assert others == []


def token_of(url):
    """The token of a session that the page at the address was given."""
    page = urllib.request.urlopen(url, timeout=60).read().decode()
    return re.search(r'"token":"([^"]+)"', page)[1]


def connect(url, token, origin=None):
    address = urlsplit(url)
    return websocket.create_connection(
        f"ws://{address.netloc}{address.path}/ws",
        origin=origin or f"http://{address.netloc}",
        subprotocols=["bokeh", token],
        timeout=60,
    )


def first_message(url, token, origin=None):
    """What the server says first to who connects; nothing if it hangs up at once."""
    connection = connect(url, token, origin)
    try:
        return connection.recv()
    finally:
        connection.shutdown()


def test_a_page_of_another_address_is_refused(server):
    token = token_of(server.url)
    port = urlsplit(server.url).port
    for origin in ("http://elsewhere.example", f"http://elsewhere.example:{port}", "null"):
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            first_message(server.url, token, origin)
        assert refused.value.status_code == 403
    assert "ACK" in first_message(server.url, token)


def test_a_session_must_be_signed(server):
    token = token_of(server.url)
    content, signature = token.split(".", 1)
    other = "A" if signature[0] != "A" else "B"
    for forged in (content, f"{content}.{other}{signature[1:]}"):
        assert first_message(server.url, forged) == ""
    assert "ACK" in first_message(server.url, token)


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
def test_a_page_is_known_again_after_a_restart_if_there_is_a_state(kept, tmp_path):
    port = free_port()
    options = ["--state", str(tmp_path)] if kept else ["--no-state"]
    with serve_at(port, *options) as server:
        token = token_of(server.url)
    with serve_at(port, *options) as server:
        answer = first_message(server.url, token)
    assert ("ACK" in answer) if kept else answer == ""


def patch(*events):
    """A message that changes the page's document, as its three fragments."""
    return ('{"msgid": "1", "msgtype": "PATCH-DOC"}', "{}", json.dumps({"events": events}))


#: What no browser sends, by what is wrong with it.
MALFORMED = {
    "no JSON": ("<xml/>",),
    "no header": ("{}", "{}", "{}"),
    "an unknown message": ('{"msgid": "1", "msgtype": "FORMAT-DISK"}', "{}", "{}"),
    "no events": ('{"msgid": "1", "msgtype": "PATCH-DOC"}', "{}", "[]"),
    "a model that is not there": patch(
        {"kind": "ModelChanged", "model": {"id": "p1"}, "attr": "value", "new": 1}
    ),
    "an event that is none": patch({"kind": "<b>", "model": 3}),
    "too deep": ('{"msgid": "1", "msgtype": "PATCH-DOC"}', "{}", "[" * 100_000),
    "bytes": (b"\x00\xff",),
    "too large": ("x" * 30_000_000,),
}


@pytest.mark.slow
@pytest.mark.parametrize("fragments", MALFORMED.values(), ids=MALFORMED)
def test_who_sends_nonsense_disturbs_nobody_else(server, fragments):
    with closing(connect(server.url, token_of(server.url))) as other:
        for _ in range(3):  # the greeting
            other.recv()
        with closing(connect(server.url, token_of(server.url))) as wrong:
            # The server may hang up before all of it has come.
            with suppress(ConnectionError, websocket.WebSocketException):
                for fragment in fragments:
                    send = wrong.send_binary if isinstance(fragment, bytes) else wrong.send
                    send(fragment)
            for fragment in ('{"msgid": "7", "msgtype": "SERVER-INFO-REQ"}', "{}", "{}"):
                other.send(fragment)
            assert json.loads(other.recv())["reqid"] == "7"

"""The server under load: started on a core of its own, or one that is running already."""

import ipaddress
import json
import os
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import urlsplit

import psutil

from dashboard.server.launch import _SERVER_OPTIONS, _allocator
from tests.serving import APP, free_port, serve_by

BARE = Path(__file__).parents[1] / "benchmarks" / "apps" / "bare.py"
#: The command line's, with a plugin more, and no key to sign sessions with.
_OPTIONS = (
    *_SERVER_OPTIONS,
    *("--session-ids", "unsigned"),
    *("--plugins", "tests.load.census"),
)
#: Has a server drop sessions and rooms as soon as they are left.
_FORGETFUL = ("--unused-session-lifetime", "500", "--check-unused-sessions", "200")
_KEEP_MINUTES = {"GRIDWORLD_KEEP_MINUTES": "0.01"}


class Reading(NamedTuple):
    """What had been used at one instant; differences of two tell."""

    at: float  # seconds
    server: float  # seconds of processor time
    client: float
    core: float  # of the server's core, by whomever; 0 where the server has none
    memory: int  # bytes


class Target(NamedTuple):
    """A server under load."""

    url: str
    process: psutil.Process
    core: int | None

    def read(self) -> Reading:
        """What has been used so far."""
        times = self.process.cpu_times()
        own = time.process_time()
        busy = 0.0
        if self.core is not None:
            core = psutil.cpu_times(percpu=True)[self.core]
            busy = core.user + core.system + core.nice
        memory = self.process.memory_info().rss
        return Reading(time.perf_counter(), times.user + times.system, own, busy, memory)

    @property
    def n_handles(self) -> int:
        """Files and sockets that it has open."""
        return self.process.num_fds() if os.name == "posix" else self.process.num_handles()

    def census(self) -> dict[str, int]:
        """What is alive in a server started by `started`, garbage left out."""
        with urllib.request.urlopen(f"{self.url.rpartition('/')[0]}/census", timeout=60) as answer:
            return json.load(answer)

    @classmethod
    def running(cls, url: str) -> Self:
        """The server that has been started elsewhere at an address of this machine.

        Raises:
            ValueError: If the address is none of this machine, or nothing listens there.
        """
        check_loopback(url)
        port = urlsplit(url).port or 80
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN
            if listening and connection.laddr.port == port and connection.pid is not None:
                return cls(url, psutil.Process(connection.pid), None)
        raise ValueError(f"--url must be where a server of yours listens, got {url}")


@contextmanager
def started(app: Path = APP, forgetful: bool = False) -> Iterator[Target]:
    """Serves an app as ``gridworld serve`` does, the client being kept off the server's core.

    Args:
        app: The app.
        forgetful: Whether to drop what was left at once, and not after minutes.
    """
    port = free_port()
    command = ["panel", "serve", str(app), "--port", str(port), *_OPTIONS]
    command += _FORGETFUL if forgetful else ()
    me = psutil.Process()
    # Threads inherit the core from what starts them, so it is set before and not after.
    cores = me.cpu_affinity() if hasattr(me, "cpu_affinity") else []
    pinned = len(cores) > 1
    try:
        if pinned:
            me.cpu_affinity(cores[:1])
        environment = _allocator() | (_KEEP_MINUTES if forgetful else {})
        url = f"http://localhost:{port}/{app.stem}"
        with serve_by(command, url, environment) as server:
            if pinned:
                me.cpu_affinity(cores[1:])
            yield Target(url, server.process, cores[0] if pinned else None)
    finally:
        if pinned:
            me.cpu_affinity(cores)


def check_loopback(url: str) -> None:
    """Raises ValueError if an address is not one of this machine alone."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)} if host else set()
    except OSError:
        found = set()
    here = bool(found) and all(ipaddress.ip_address(address).is_loopback for address in found)
    if parts.scheme != "http" or not here:
        raise ValueError(
            "--url must be of this machine alone, such as http://localhost:5006/app, "
            f"got {url}: others are not to be loaded"
        )

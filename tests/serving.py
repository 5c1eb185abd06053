"""A served page and a browser to open it with, for tests and benchmarks."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

import psutil

from gridworld import ALGORITHMS, is_prepared, prepare

ROOT = Path(__file__).parent.parent
APP = ROOT / "dashboard" / "app.py"
#: The first has no windows to manage, and opens a page in three quarters of the others' time.
_BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
#: Debian's packages; not every release has the first.
_PACKAGES = _BROWSERS[:2]
_TIME = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ")
#: What Bokeh logs of each page, left while it loads or not, and of the question below.
_ORDINARY = re.compile(
    r"(404 GET /(\w+/)*robots\.txt .*"
    r"|WebSocket connection opened|ServerConnection created"
    r"|WebSocket connection closed: code=(1000|1001|1005|None), reason=None"
    r"|(WARNING: panel\.io\.document - )?Failed sending message as connection was closed)?"
)


class Server(NamedTuple):
    """A running ``panel serve``."""

    url: str
    process: psutil.Process
    log: Path
    #: Bytes of the log that its start made.
    n_bytes_before: int

    def complaints(self, since: int = 0) -> list[str]:
        """What the log has beyond the ordinary, a line each, without the time.

        Args:
            since: Bytes of the log that are left out, beside those of the start.
        """
        lines = self.log.read_bytes()[max(since, self.n_bytes_before) :].decode().splitlines()
        texts = [_TIME.sub("", line) for line in lines]
        return [text for text in texts if not _ORDINARY.fullmatch(text)]


@contextmanager
def serve(app: Path = APP, *options: str) -> Iterator[Server]:
    """Serves an app on a free port of this machine until the block ends."""
    port = free_port()
    command = ["panel", "serve", str(app), "--port", str(port), *options]
    with serve_by(command, f"http://localhost:{port}/{app.stem}") as server:
        yield server


@contextmanager
def serve_by(
    command: list[str], url: str, environment: dict[str, str] | None = None
) -> Iterator[Server]:
    """Runs a Python module that serves a page at an address, until the block ends."""
    if "NUMBA_CACHE_DIR" not in (environment or {}):
        _prepare()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        with log.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=os.environ | (environment or {}),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            # A page would be a session, whose end costs the server a collection of garbage.
            _wait_until_up(urljoin(url, "/robots.txt"), process, log)
            yield Server(url, psutil.Process(process.pid), log, log.stat().st_size)
        finally:
            _end(process)


@cache
def _prepare() -> None:
    """Compiles what the pages need, so that none of them has to wait for it."""
    for key in ALGORITHMS:
        if not is_prepared(key):
            prepare(key)


def _end(process: subprocess.Popen) -> None:
    """Ends a server, and the processes that it was split into, which outlive it otherwise."""
    parts = psutil.Process(process.pid).children() if process.poll() is None else []
    process.terminate()
    process.wait(timeout=20)
    for part in parts:
        with suppress(psutil.NoSuchProcess):
            part.terminate()
    psutil.wait_procs(parts, timeout=20)


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_up(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(1200):  # two minutes: a machine may be busy
        if process.poll() is not None:
            raise RuntimeError(f"The server did not start:\n{log.read_text()}")
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"The server did not answer in time:\n{log.read_text()}")


@cache
def launch_arguments() -> dict:
    """Arguments of Playwright's ``launch``: the system's Chromium, or one that it gets."""
    found = _find()
    if found is None and not _has_playwrights_own():
        _run([sys.executable, "-m", "playwright", "install", "chromium"], timeout=180)
        if not _has_playwrights_own() and shutil.which("apt-get") and os.geteuid() == 0:
            found = _install()
    arguments: dict = {
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    }
    return arguments | ({"executable_path": found} if found else {})


def _find() -> str | None:
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def _install() -> str | None:
    _run(["apt-get", "update", "-qq"], timeout=600)
    for package in _PACKAGES:
        _run(["apt-get", "install", "-y", "-qq", package], timeout=600)
        if found := _find():
            return found
    return None


def _run(command: list[str], timeout: float) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, check=False, timeout=timeout, env=environment)
    except subprocess.TimeoutExpired:
        print(f"Gave up on: {' '.join(command)}", file=sys.stderr)


def _has_playwrights_own() -> bool:
    # In a process of its own: Playwright may be under way in this one.
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    return Path(answer.stdout.strip()).exists()

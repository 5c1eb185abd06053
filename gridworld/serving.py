"""``gridworld serve``: the page by Panel's own server, set up to be left to other people."""

import hashlib
import hmac
import os
import re
import secrets
import subprocess
import sys
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from gridworld.options import UsageError, whole

#: A page that is out of sight for long can still be taken up again.
_SERVER_OPTIONS = (
    *("--session-ids", "signed"),
    *("--session-token-expiration", "86400"),
    *("--unused-session-lifetime", "30000"),
    *("--check-unused-sessions", "5000"),
    *("--keep-alive", "20000"),
    *("--plugins", "dashboard.plugin"),
)
#: Has jemalloc give back what has not been used for five seconds, whether anybody asks or not.
_JEMALLOC = "background_thread:true,narenas:1,dirty_decay_ms:5000,muzzy_decay_ms:0"
_NAME = "[A-Za-z0-9_][A-Za-z0-9_-]*"
_PREFIX = re.compile(f"/?({_NAME}(/{_NAME})*)?/?")
_PASSWORD = "GRIDWORLD_PASSWORD"


def serve(
    port: Annotated[str, typer.Option(metavar="INTEGER", help="From 1 to 65535.")] = "5006",
    address: Annotated[str, typer.Option(help="Address to listen at.")] = "localhost",
    allow_websocket_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST[:PORT]",
            help="Where the page may be opened from; may be given several times.",
            show_default="localhost at the port",
        ),
    ] = None,
    prefix: Annotated[
        str, typer.Option(metavar="PATH", help="Comes before all addresses, as in /PATH/app.")
    ] = "",
    use_xheaders: Annotated[
        bool,
        typer.Option(
            "--use-xheaders",
            help="Take a proxy's word for who asks; only with a proxy in front.",
        ),
    ] = False,
    password_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Ask for the password in this file; the environment variable "
            f"{_PASSWORD} does the same.",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where trainings are kept from an orderly stop to the next start, and the "
            "key that signs sessions.",
            show_default="the user's, by port",
        ),
    ] = None,
    no_state: Annotated[
        bool, typer.Option("--no-state", help="Keep nothing from one start to the next.")
    ] = False,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page.")] = False,
) -> None:
    """Serve the dashboard, until Ctrl-C."""
    number = whole("--port", port, 1, 65535)
    if not _PREFIX.fullmatch(prefix):
        raise UsageError(
            f"--prefix must be letters, digits, - and _ between slashes, got {prefix!r}"
        )
    if no_state and state is not None:
        raise UsageError(f"--state must not be given with --no-state, got {str(state)!r}")
    folder = None if no_state else (state or _default_folder(number))
    # Secrets go by the environment: other users of the machine can read the arguments.
    environment = dict(os.environ)
    environment |= _password(password_file) | _keys(folder) | _allocator()
    environment.pop("BOKEH_ALLOW_WS_ORIGIN", None)  # would win over the option
    environment.pop("GRIDWORLD_STATE", None)
    if folder is not None:
        environment["GRIDWORLD_STATE"] = str(folder.resolve())
    command = [*_command(), "--port", str(number), "--address", address]
    for origin in allow_websocket_origin or [f"localhost:{number}"]:
        command += ["--allow-websocket-origin", origin]
    command += ["--prefix", prefix.strip("/")] if prefix.strip("/") else []
    command += ["--use-xheaders"] if use_xheaders else []
    command += ["--show"] if open_browser else []
    _replace_process(command, environment)


def _command() -> list[str]:
    """What all servers have in common."""
    found = find_spec("dashboard")
    if found is None or found.origin is None:
        raise ImportError("serve needs the package dashboard, which is not installed")
    package = Path(found.origin).parent
    command = [sys.executable, "-m", "panel", "serve", str(package / "app.py"), *_SERVER_OPTIONS]
    return [*command, "--basic-login-template", str(package / "login.html")]


def _allocator() -> dict[str, str]:
    """The environment in which the memory of pages that have gone goes back to the system.

    Python's own allocator keeps it, as there is always some small thing in use in each
    of its large blocks. That of the C library does not, but costs a fifth more a frame.
    """
    found = find_library("jemalloc") if sys.platform == "linux" else None
    if found is None or {"LD_PRELOAD", "PYTHONMALLOC"} & os.environ.keys():
        return {}
    tuning = os.environ.get("MALLOC_CONF", _JEMALLOC)
    return {"LD_PRELOAD": found, "PYTHONMALLOC": "malloc", "MALLOC_CONF": tuning}


def _default_folder(port: int) -> Path:
    return platformdirs.user_state_path("gridworld-dashboard", appauthor=False) / str(port)


def _password(file: Path | None) -> dict[str, str]:
    """The environment by which Panel learns of the password, if there is one."""
    if file is not None:
        source = f"--password-file {file}"
        password = file.read_text(encoding="utf-8").rstrip("\r\n")
    elif _PASSWORD in os.environ:
        source, password = _PASSWORD, os.environ[_PASSWORD]
    else:
        return {}
    if not password.strip():
        raise UsageError(f"{source} must hold a password, got none")
    if os.path.isfile(password):
        # Panel takes it for a list of users then.
        raise UsageError(f"{source} must not be the name of a file that exists")
    return {"PANEL_BASIC_AUTH": password}


def _keys(folder: Path | None) -> dict[str, str]:
    """The environment by which Bokeh learns with what to sign sessions and cookies."""
    secret = os.environ.get("BOKEH_SECRET_KEY") or (
        secrets.token_hex(32) if folder is None else _kept_secret(folder)
    )
    # Processes that share the secret share their cookies too.
    cookies = hmac.new(secret.encode(), b"cookies", hashlib.sha256).hexdigest()
    return {"BOKEH_SECRET_KEY": secret, "PANEL_COOKIE_SECRET": cookies}


def _kept_secret(folder: Path) -> str:
    """The secret in a folder; made if there is none yet."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / "secret"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = file.read_text(encoding="ascii").strip()
        if len(secret) < 32:
            raise UsageError(
                f"{file} must hold a secret of 32 characters or more, got {len(secret)}; "
                "delete it to have a new one made"
            ) from None
        return secret
    secret = secrets.token_hex(32)
    with open(descriptor, "w", encoding="ascii") as opened:
        opened.write(secret)
    return secret


def _replace_process(command: list[str], environment: dict[str, str]) -> None:
    if os.name == "posix":
        os.execve(command[0], command, environment)
    raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)

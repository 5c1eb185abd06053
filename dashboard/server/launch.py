"""``gridworld serve``: the page by Panel's own server, set up to be left to other people."""

import hashlib
import hmac
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterable
from ctypes.util import find_library
from pathlib import Path

import platformdirs

from dashboard.rooms.environments import NAMES
from gridworld import add_environment, is_kept, prepare_all

#: A page that is out of sight for long can still be taken up again.
_SERVER_OPTIONS = (
    *("--session-ids", "signed"),
    *("--session-token-expiration", "86400"),
    *("--unused-session-lifetime", "30000"),
    *("--check-unused-sessions", "5000"),
    *("--keep-alive", "20000"),
    *("--plugins", "dashboard.server.plugin"),
)
#: Has jemalloc give back what has not been used for five seconds, whether anybody asks or not.
_JEMALLOC = "background_thread:true,narenas:1,dirty_decay_ms:5000,muzzy_decay_ms:0"
_NAME = "[A-Za-z0-9_][A-Za-z0-9_-]*"
_PREFIX = re.compile(f"/?({_NAME}(/{_NAME})*)?/?")
#: Environment variable that may hold the password.
_PASSWORD = "GRIDWORLD_PASSWORD"


def serve(
    port: int,
    address: str,
    *,
    origins: Iterable[str] = (),
    prefix: str = "",
    use_xheaders: bool = False,
    password_file: Path | None = None,
    state: Path | None = None,
    keep_state: bool = True,
    open_browser: bool = False,
    environments: Iterable[str] = (),
) -> int:
    """Serves the dashboard until it is interrupted; on POSIX this process becomes the server.

    Args:
        port: Port to listen at.
        address: Address to listen at.
        origins: Hosts, with their ports, that the page may be opened from; that of this machine
            if none is given.
        prefix: Path that comes before all addresses.
        use_xheaders: Whether to take a proxy's word for who asks.
        password_file: File with the password; else the environment may hold it.
        state: Folder for what is kept from one start to the next; else the user's, by port.
        keep_state: Whether anything is kept.
        open_browser: Whether to open the page.
        environments: Names of other makers' environments that may be chosen on the page.

    Returns:
        Status with which the server ended.

    Raises:
        ValueError: If something is not allowed; the message begins with the option's name.
        OSError: If the password's file or the folder cannot be used.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"--prefix must be letters, digits, - and _ between slashes, got {prefix!r}"
        )
    if not keep_state and state is not None:
        raise ValueError(f"--state must not be given with --no-state, got {str(state)!r}")
    environments = [*environments]
    for name in environments:
        if "," in name:
            raise ValueError(f"--env must be one name, got {name!r}")
        try:
            add_environment(name)
        except ValueError as error:
            raise ValueError(f"--env: {error}") from None
    folder = (state or _default_folder(port)) if keep_state else None
    if is_kept():  # else the server's process itself has to do it
        prepare_all(lambda line: print(line, file=sys.stderr))
    # Secrets go by the environment: other users of the machine can read the arguments.
    environment = dict(os.environ)
    environment |= _password(password_file) | _keys(folder) | _allocator()
    environment[NAMES] = ",".join(environments)
    environment.pop("BOKEH_ALLOW_WS_ORIGIN", None)  # would win over the option
    environment.pop("GRIDWORLD_STATE", None)
    if folder is not None:
        environment["GRIDWORLD_STATE"] = str(folder.resolve())
    command = [*_command(), "--port", str(port), "--address", address]
    for origin in [*origins] or [f"localhost:{port}"]:
        command += ["--allow-websocket-origin", origin]
    command += ["--prefix", prefix.strip("/")] if prefix.strip("/") else []
    command += ["--use-xheaders"] if use_xheaders else []
    command += ["--show"] if open_browser else []
    return _replace_process(command, environment)


def _command() -> list[str]:
    """What all servers have in common."""
    package = Path(__file__).parent.parent
    command = [sys.executable, "-m", "panel", "serve", str(package / "app.py"), *_SERVER_OPTIONS]
    return [*command, "--basic-login-template", str(package / "server" / "login.html")]


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
        raise ValueError(f"{source} must hold a password, got none")
    if os.path.isfile(password):
        # Panel takes it for a list of users then.
        raise ValueError(f"{source} must not be the name of a file that exists")
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
            raise ValueError(
                f"{file} must hold a secret of 32 characters or more, got {len(secret)}; "
                "delete it to have a new one made"
            ) from None
        return secret
    secret = secrets.token_hex(32)
    with open(descriptor, "w", encoding="ascii") as opened:
        opened.write(secret)
    return secret


def _replace_process(command: list[str], environment: dict[str, str]) -> int:
    if os.name == "posix":
        os.execve(command[0], command, environment)
    return subprocess.run(command, env=environment, check=False).returncode

"""``gridworld serve``, as far as no browser is needed."""

import os
import stat
import sys
import urllib.request
from itertools import pairwise

import pytest

from dashboard.server import launch
from tests.gridworld.cli.test_commands import fails
from tests.serving import free_port, serve_by

PASSWORD = "open sesame"


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch):
    """None of those who run the tests."""
    for name in ("GRIDWORLD_PASSWORD", "BOKEH_SECRET_KEY", "PANEL_BASIC_AUTH"):
        monkeypatch.delenv(name, raising=False)


def values_of(option, arguments):
    return [value for name, value in pairwise(arguments) if name == option]


@pytest.mark.slow
def test_it_serves_this_machine_only_and_keeps_its_secret(tmp_path):
    port = free_port()
    secrets = []
    for _ in range(2):
        command = ["gridworld", "serve", "--port", str(port), "--state", str(tmp_path / "state")]
        environment = {"BOKEH_ALLOW_WS_ORIGIN": "elsewhere.example"}
        with serve_by(command, f"http://localhost:{port}/app", environment) as server:
            assert urllib.request.urlopen(server.url, timeout=60).status == 200
            arguments, environment = server.process.cmdline(), server.process.environ()
            listening = {one.laddr.ip for one in server.process.net_connections("tcp")}
        assert listening <= {"127.0.0.1", "::1"}
        assert values_of("--allow-websocket-origin", arguments) == [f"localhost:{port}"]
        assert values_of("--keep-alive", arguments) == ["20000"]
        assert values_of("--session-ids", arguments) == ["signed"]
        assert not {"--show", "--dev", "--autoreload", "--admin", "--use-xheaders"} & {*arguments}
        assert "BOKEH_ALLOW_WS_ORIGIN" not in environment
        assert environment["GRIDWORLD_STATE"] == str(tmp_path / "state")
        secrets.append(environment["BOKEH_SECRET_KEY"])
    assert secrets[0] == secrets[1] == (tmp_path / "state" / "secret").read_text()
    assert len(secrets[0]) == 64
    assert stat.S_IMODE(os.stat(tmp_path / "state").st_mode) == 0o700
    assert stat.S_IMODE(os.stat(tmp_path / "state" / "secret").st_mode) == 0o600


def test_behind_a_proxy_it_takes_its_prefix_origins_and_secrets_from_outside(tmp_path):
    port = free_port()
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    command = ["gridworld", "serve", "--port", str(port), "--no-state", "--prefix", "/a/b/"]
    command += ["--password-file", str(tmp_path / "password"), "--use-xheaders"]
    command += ["--env", "CliffWalking-v1", "--env", "Taxi-v4"]
    command += [
        "--allow-websocket-origin",
        "one.example",
        "--allow-websocket-origin",
        "two.example",
    ]
    environment = {"BOKEH_SECRET_KEY": "a secret that several processes share"}
    with serve_by(command, f"http://localhost:{port}/a/b/app", environment) as server:
        assert b'name="password"' in urllib.request.urlopen(server.url, timeout=60).read()
        arguments, environment = server.process.cmdline(), server.process.environ()
    assert values_of("--allow-websocket-origin", arguments) == ["one.example", "two.example"]
    assert "--use-xheaders" in arguments
    assert environment["BOKEH_SECRET_KEY"] == "a secret that several processes share"
    assert environment["GRIDWORLD_ENVS"] == "CliffWalking-v1,Taxi-v4"
    assert "GRIDWORLD_STATE" not in environment
    # Anyone on the machine may read the arguments.
    hidden = [PASSWORD, environment["BOKEH_SECRET_KEY"], environment["PANEL_COOKIE_SECRET"]]
    assert not [secret for secret in hidden if secret in " ".join(arguments)]
    assert len(set(hidden)) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "70000"], "--port must be a whole number from 1 to 65535, got '70000'"),
        (["--prefix", "a b"], "--prefix must be letters, digits, - and _ between slashes, got"),
        (["--prefix", "a" * 40 + "!"], "--prefix must be letters, digits, - and _ between slashes"),
        (["--state", "x", "--no-state"], "--state must not be given with --no-state, got 'x'"),
    ],
)
def test_a_wrong_use_is_told_in_one_line(arguments, message):
    status, line = fails("serve", *arguments)
    assert status == 2
    assert line.startswith(message)


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("", "must hold a password, got none"),
        (" \n", "must hold a password, got none"),
        ("pyproject.toml", "must not be the name of a file that exists"),
    ],
)
def test_a_password_that_would_not_protect_is_refused(password, complaint, tmp_path, monkeypatch):
    file = tmp_path / "password"
    file.write_text(password)
    assert fails("serve", "--no-state", "--password-file", file) == (
        2,
        f"--password-file {file} {complaint}",
    )
    monkeypatch.setenv("GRIDWORLD_PASSWORD", password)
    assert fails("serve", "--no-state") == (2, f"GRIDWORLD_PASSWORD {complaint}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Nowhere-v0", "--env: environment 'Nowhere-v0' cannot be had"),
        ("CartPole-v1", "--env: environment 'CartPole-v1' cannot be had: observation_space must"),
        ("Taxi-v4,Blackjack-v1", "--env must be one name"),
    ],
)
def test_an_environment_that_cannot_be_offered_is_refused(name, message):
    status, line = fails("serve", "--no-state", "--env", name)
    assert status == 2
    assert line.startswith(message)


def test_a_missing_password_file_is_told_in_one_line(tmp_path):
    status, line = fails("serve", "--no-state", "--password-file", tmp_path / "missing")
    assert (status, line) == (1, f"There is no file {tmp_path / 'missing'}")


def test_a_secret_that_is_none_is_refused(tmp_path):
    (tmp_path / "secret").write_text("short")
    status, line = fails("serve", "--state", tmp_path)
    assert status == 2
    assert line.startswith(f"{tmp_path / 'secret'} must hold a secret of 32 characters or more")


JEMALLOC = {
    "LD_PRELOAD": "libjemalloc.so.2",
    "PYTHONMALLOC": "malloc",
    "MALLOC_CONF": launch._JEMALLOC,
}


@pytest.mark.parametrize(
    ("found", "set_already", "expected"),
    [
        ("libjemalloc.so.2", {}, JEMALLOC),
        ("libjemalloc.so.2", {"MALLOC_CONF": "own:true"}, JEMALLOC | {"MALLOC_CONF": "own:true"}),
        ("libjemalloc.so.2", {"PYTHONMALLOC": "pymalloc"}, {}),
        ("libjemalloc.so.2", {"LD_PRELOAD": "other.so"}, {}),
        (None, {}, {}),
    ],
)
def test_memory_is_left_to_jemalloc_where_there_is_one(found, set_already, expected, monkeypatch):
    monkeypatch.setattr(launch, "find_library", lambda name: found)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in JEMALLOC:
        monkeypatch.delenv(name, raising=False)
    for name, value in set_already.items():
        monkeypatch.setenv(name, value)
    assert launch._allocator() == expected

"""The load tool still runs; its figures are taken by hand."""

import re
import subprocess
import sys
from ctypes.util import find_library

import pytest

from tests import loops
from tests.dashboard.browsing import wait_until
from tests.load import runs
from tests.load.target import started
from tests.serving import ROOT

pytestmark = pytest.mark.alone


def load(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.load", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def rows_of(done: subprocess.CompletedProcess[str]) -> dict[str, list[str]]:
    """The table that was printed, as rows by their first cell."""
    assert done.returncode == 0, done.stderr
    lines = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()[2:]]
    return {name: cells for name, *cells in lines}


def numbers(cell: str) -> list[float]:
    return [float(found) for found in re.findall(r"\d+(?:\.\d+)?", cell.replace(",", ""))]


def test_trainings_are_loaded_beside_the_floor():
    rows = rows_of(load("trainings", "--sessions", "3", "--seconds", "2"))
    assert rows["Sessions"] == ["3", "3"]
    for rates in rows["Frames a second of a session: median, least"]:
        assert 0 < numbers(rates)[0] < 25
    assert all(len(numbers(late)) == 3 for late in rows["Lateness of a frame: median, p95, p99"])
    assert all(numbers(cost)[0] > 0 for cost in rows["Server: processor time a frame"])
    assert "Memory a session" in rows


def test_sessions_opened_and_left_are_counted():
    rows = rows_of(load("churn", "--sessions", "2"))
    for what in ("Dashboards", "Rooms", "Trainers", "Documents", "Callbacks", "Threads"):
        before, after = rows[what]
        assert int(after) <= int(before)
    assert {rows[what][1] for what in ("Dashboards", "Rooms", "Trainers")} == {"0"}


def test_a_soak_is_read_again_and_again():
    rows = rows_of(load("soak", "--minutes", "0.1"))
    assert len(set(map(len, rows.values()))) == 1
    assert len(rows["Memory"]) > 1
    for what in ("Dashboards", "Rooms", "Callbacks", "Files and sockets"):
        assert len(set(rows[what])) == 1


@pytest.mark.system
def test_memory_of_pages_that_have_gone_goes_back_to_the_system():
    assert find_library("jemalloc")

    async def fill(target):
        """Memory before and while there are pages."""
        async with runs.opened(target, runs.open_trainings, 10):
            pass  # loads what all sessions share, and has the allocator take what it keeps
        await runs.at_rest(target)
        before = target.read().memory
        async with runs.opened(target, runs.open_trainings, 20):
            return before, target.read().memory

    with started(forgetful=True) as target:
        before, full = loops.run(fill(target))
        assert full > before + 40e6
        wait_until(lambda: target.read().memory < before + (full - before) / 3, seconds=60)


@pytest.mark.parametrize("url", ["http://192.0.2.1/app", "http://[2001:db8::1]:5006/app", "app"])
def test_no_other_machine_is_loaded(url):
    done = load("trainings", "--url", url)
    assert done.returncode != 0
    assert "of this machine alone" in " ".join(re.sub(r"[│╭╰─╮╯]", " ", done.stderr).split())


def test_load_is_bounded():
    assert load("trainings", "--sessions", "100000").returncode == 2
    assert load("churn", "--sessions", "0").returncode == 2

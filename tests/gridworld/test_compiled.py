import importlib
import pickle
import shutil
import sys
from hashlib import sha256
from types import SimpleNamespace

import numba
import pytest
from numba.core import caching

from gridworld import compiled

#: A small program of two compiled functions, one with code of another file.
PROGRAM = """
from numba import njit
from gridworld.compiled import compiled
from helper import weight

@compiled(weight)
def weigh(x):
    return 3 * weight(x)

@compiled()
def invert(x):
    return 1 / x
"""
HELPER = """
from numba import njit

@njit
def weight(x):
    return 2 * x
"""
#: Ways in which a file breaks, as functions of its content.
BREAKS = {
    "half": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "one byte fewer": lambda content: content[:-1],
    "one byte more": lambda content: content + b"\0",
    "one bit": lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
    "zeros": lambda content: bytes(len(content)),
    "text": lambda content: b"No space left on device\n",
    "another pickle": lambda content: pickle.dumps(5),
    "another value": lambda content: sha256(pickle.dumps(5)).digest() + pickle.dumps(5),
}


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts the program anew, as another process would; its cache lies in ``cache``."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # it may be as old as a change
    monkeypatch.syspath_prepend(tmp_path)
    compiled._warn_once.cache_clear()
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "helper.py").write_text(HELPER)

    def starting():
        forget()
        importlib.invalidate_caches()
        # A module that can be imported: Numba finds the code of no other one again.
        return SimpleNamespace(**vars(importlib.import_module("program")))

    def forget():
        for name in ("program", "helper"):
            sys.modules.pop(name, None)

    yield starting
    forget()


def hits(function):
    """How often the function's code was taken from the disk, and how often compiled."""
    return sum(function.stats.cache_hits.values()), sum(function.stats.cache_misses.values())


def files(cache):
    """Every file in a cache, with its time of writing."""
    return {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()}


def test_code_is_compiled_by_the_first_process_and_loaded_by_the_second(start, caplog):
    first, second = start(), start()
    assert (first.weigh(2), hits(first.weigh)) == (12, (0, 1))
    assert (second.weigh(2), hits(second.weigh)) == (12, (1, 0))
    assert not caplog.records


def test_each_signature_has_code_of_its_own(start):
    for expected in (0, 2), (2, 0):
        weigh = start().weigh
        assert (weigh(2), weigh(2.5)) == (12, 15.0)
        assert hits(weigh) == expected


@pytest.mark.parametrize("breaks", BREAKS.values(), ids=BREAKS)
def test_a_broken_file_is_replaced_with_one_line_in_the_log(breaks, start, tmp_path, caplog):
    start().weigh(2)
    (file,) = files(tmp_path / "cache")
    file.write_bytes(breaks(file.read_bytes()))
    program = start()
    assert (program.weigh(2), hits(program.weigh)) == (12, (0, 1))
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("gridworld.compiled", "WARNING")
    assert str(file) in record.getMessage()
    assert "\n" not in record.getMessage()
    program = start()
    assert (program.weigh(2), hits(program.weigh)) == (12, (1, 0))
    assert len(caplog.records) == 1


@pytest.mark.parametrize(("name", "old"), [("program.py", "3 *"), ("helper.py", "2 *")])
def test_code_of_a_changed_file_is_not_used(name, old, start, tmp_path):
    source = tmp_path / name
    before = source.read_text()
    assert start().weigh(2) == 12
    source.write_text(before.replace(old, f"-{old}"))
    program = start()
    assert (program.weigh(2), hits(program.weigh)) == (-12, (0, 1))
    source.write_text(before)
    program = start()
    assert (program.weigh(2), hits(program.weigh)) == (12, (1, 0))


def test_the_code_of_other_functions_stays(start, tmp_path):
    assert start().invert(2) == 0.5
    (tmp_path / "helper.py").write_text(HELPER.replace("2 *", "4 *"))
    program = start()
    assert (program.invert(2), hits(program.invert)) == (0.5, (1, 0))


def test_only_the_latest_versions_are_kept(start, tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "_MAX_VERSIONS", 2)
    start().invert(2)
    invert = files(tmp_path / "cache")
    kept = []
    for factor in 2, 3, 4:
        (tmp_path / "helper.py").write_text(HELPER.replace("2 *", f"{factor} *"))
        assert start().weigh(2) == 6 * factor
        kept.append(files(tmp_path / "cache").keys() - invert.keys())
    assert [len(names) for names in kept] == [1, 2, 2]
    assert kept[0] < kept[1]
    assert not kept[0] & kept[2]
    assert invert.keys() < files(tmp_path / "cache").keys()


def test_an_older_process_goes_on_when_its_code_was_removed(start, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(compiled, "_MAX_VERSIONS", 1)
    old = start()
    assert old.weigh(2) == 12
    (tmp_path / "helper.py").write_text(HELPER.replace("2 *", "4 *"))
    assert start().weigh(2) == 24
    assert (old.weigh(2), old.weigh(2.5)) == (12, 15.0)
    assert not caplog.records


def test_functions_made_of_different_values_have_code_of_their_own(start, tmp_path):
    making = "\ndef by(factor):\n @compiled()\n def scale(x):\n  return factor * x\n return scale\n"
    (tmp_path / "program.py").write_text(PROGRAM + making)
    for expected in (0, 1), (1, 0):
        by = start().by
        for factor in 2, 3:
            scale = by(factor)
            assert scale(5) == 5 * factor
            assert hits(scale) == expected


def test_an_error_of_the_function_is_not_taken_for_a_broken_file(start, caplog):
    start().invert(2)
    program = start()
    with pytest.raises(ZeroDivisionError):
        program.invert(0)
    assert hits(program.invert) == (1, 0)
    assert not caplog.records


def test_an_interrupt_while_code_is_loaded_is_passed_on(start, monkeypatch, caplog):
    start().weigh(2)
    program = start()

    def interrupted(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pickle, "loads", interrupted)
        with pytest.raises(KeyboardInterrupt):
            program.weigh(2)
    assert (program.weigh(2), hits(program.weigh)) == (12, (1, 0))
    assert not caplog.records


def test_where_no_folder_is_writable_code_is_not_kept(start, tmp_path, monkeypatch, caplog):
    for name in "cache", "__pycache__", "home":
        (tmp_path / name).write_text("a file where a folder is to be made")
    for name in "HOME", "XDG_CACHE_HOME":
        monkeypatch.setenv(name, str(tmp_path / "home"))
    program = start()
    assert (program.weigh(2), program.invert(2)) == (12, 0.5)
    (record,) = caplog.records
    assert "NUMBA_CACHE_DIR" in record.getMessage()


def test_where_the_folder_is_lost_code_is_not_kept(start, tmp_path, caplog):
    program = start()
    program.weigh(2.0)
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_text("a file where a folder is to be made")
    assert (program.weigh(2), program.weigh(1j)) == (12, 6j)
    (record,) = caplog.records
    assert str(tmp_path / "cache") in record.getMessage()


def test_with_another_numba_its_own_cache_does(start, monkeypatch):
    monkeypatch.delattr(caching, "CompileResultCacheImpl")
    for expected in (0, 1), (1, 0):
        program = start()
        assert (program.weigh(2), hits(program.weigh)) == (12, expected)

"""Exports made by a process of their own, which needs nothing but a saved run.

It reads the run from its standard input and writes the export to its standard output, so no
file is left if one of the two processes is killed.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import weakref
from pathlib import Path
from typing import Literal

from gridworld import Trainer

Kind = Literal["html", "gif", "png"]

#: Processes of one event loop at a time; further exports wait.
MAX_PROCESSES = 2
#: Time after which a process is killed.
MAX_SECONDS = 300
#: Folder of `dashboard` and `gridworld`.
_ROOT = str(Path(__file__).parents[2])

_slots: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
    weakref.WeakKeyDictionary()
)


class ExportError(RuntimeError):
    """An export that failed; the message says why."""


def export(trainer: Trainer, kind: Kind) -> bytes:
    """Makes a file of a run, and waits for it.

    Raises:
        ExportError: If it cannot be made.
    """
    try:
        process = subprocess.run(
            _command(kind),
            input=_saved(trainer),
            capture_output=True,
            env=_environment(),
            timeout=MAX_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise _too_slow(kind) from None
    return _checked(process.returncode, process.stdout, process.stderr)


async def export_async(trainer: Trainer, kind: Kind) -> bytes:
    """Makes a file of a run as it is at the time of the call, without blocking the event loop.

    A call that is cancelled ends its process.

    Raises:
        ExportError: If it cannot be made.
    """
    return await export_saved(_saved(trainer), kind)


async def export_saved(saved: bytes, kind: Kind) -> bytes:
    """Makes a file from the bytes of a saved run; for the rest see `export_async`."""
    slots = _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(MAX_PROCESSES))
    async with slots:
        process = await asyncio.create_subprocess_exec(
            *_command(kind),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
        )
        try:
            made, complaints = await asyncio.wait_for(process.communicate(saved), MAX_SECONDS)
        except TimeoutError:
            raise _too_slow(kind) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode is not None
    return _checked(process.returncode, made, complaints)


def _saved(trainer: Trainer) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.npz")
        trainer.save(path)
        return path.read_bytes()


def _command(kind: Kind) -> list[str]:
    # -P: a file in the current folder must not be imported in place of a library.
    return [sys.executable, "-P", "-m", "dashboard.export", "--kind", kind, "-", "-"]


def _environment() -> dict[str, str]:
    paths = [_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def _checked(returncode: int, made: bytes, complaints: bytes) -> bytes:
    if returncode or not made:
        last = complaints.decode(errors="replace").strip().splitlines()[-1:]
        why = last[0] if last else f"its process ended with {returncode}"
        raise ExportError(f"export failed: {why}")
    return made


def _too_slow(kind: Kind) -> ExportError:
    return ExportError(f"export failed: {kind} was not ready after {MAX_SECONDS} seconds")

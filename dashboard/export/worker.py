"""Exports made by a process of their own, which needs nothing but a saved run.

The run goes to it by its standard input, and what it makes comes back by its standard output:
whoever is killed on the way, no file is left.
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

#: Processes at a time, of one event loop; others wait.
MAX_PROCESSES = 2
#: Seconds after which a process is given up.
MAX_SECONDS = 300
#: Where `dashboard` and `gridworld` are found.
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
    """The same of the bytes of a saved run."""
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
    # -P: whatever lies in the present folder is not imported in place of a library.
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

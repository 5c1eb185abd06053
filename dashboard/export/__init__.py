"""Runs to take away: a page that needs no server, a GIF, a PNG.

On the command line: ``python -m dashboard.export run.npz run.html``.
"""

import os

from dashboard.export.worker import ExportError, Kind, export, export_async, export_saved
from gridworld import Trainer, check_writable, replacing

__all__ = [
    "ExportError",
    "export_async",
    "export_gif",
    "export_html",
    "export_png",
    "export_saved",
]


def export_html(trainer: Trainer, path: str | os.PathLike[str]) -> None:
    """Writes a run as one HTML file that opens from disk, with no server and no network.

    A player shows its keyframes; curves, settings and the Python lines that make the run
    again stand beside it. Of long runs on large maps some keyframes are left out. A process
    of its own makes the file, in some seconds.

    Args:
        trainer: The run, in any status; it is not affected.
        path: The file; one that exists is replaced once the new one is whole.

    Raises:
        ExportError: If it cannot be made.
        OSError: If it cannot be written.
    """
    _export(trainer, "html", path)


def export_gif(trainer: Trainer, path: str | os.PathLike[str]) -> None:
    """Writes the keyframes of a run as an animated GIF; for the rest see `export_html`."""
    _export(trainer, "gif", path)


def export_png(trainer: Trainer, path: str | os.PathLike[str]) -> None:
    """Writes the grid at the present moment as a PNG; for the rest see `export_html`."""
    _export(trainer, "png", path)


def _export(trainer: Trainer, kind: Kind, path: str | os.PathLike[str]) -> None:
    check_writable(path)  # before the work
    content = export(trainer, kind)
    with replacing(path) as file:
        file.write(content)

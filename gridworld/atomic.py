"""Files that are written whole or not at all."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: Age in seconds after which the temporary file of an interrupted writer is removed.
_STALE_SECONDS = 3600


@contextmanager
def replacing(path: str | os.PathLike[str], mode: str = "wb") -> Iterator[IO]:
    """Opens a file for writing that replaces ``path`` once all is written.

    At every moment the file at ``path`` is either the old one or the new one, and whole. Until
    it is finished, the new file has a hidden name in the same folder. If a killed process
    leaves such a file behind, a later call removes it.

    Args:
        path: The file to replace or to make.
        mode: ``"wb"``, or ``"w"`` for text in UTF-8.

    Raises:
        OSError: If it cannot be written.
    """
    target = _target(path)
    _clear_stale(target)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    try:
        with open(temporary, mode.replace("w", "x"), **text) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def check_writable(path: str | os.PathLike[str]) -> Path:
    """Checks that a file can be written, before the work on its content begins.

    Returns:
        The file's absolute path, links followed.

    Raises:
        OSError: If the path is a folder, or its folder is missing or cannot be written to.
    """
    target = _target(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent}")
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(f"the folder {target.parent} cannot be written to")
    return target


def _target(path: str | os.PathLike[str]) -> Path:
    target = Path(path).resolve()  # a link stays a link
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder, not a file")
    return target


def _clear_stale(target: Path) -> None:
    for left in target.parent.glob(f".{_escaped(target.name)}.*.tmp"):
        try:
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                left.unlink()
        except FileNotFoundError:  # another process was faster
            continue


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)

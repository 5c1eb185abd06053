"""Files that are there whole or not at all."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: Seconds after which what an interrupted writing left behind is cleared away.
_STALE = 3600


@contextmanager
def replacing(path: str | os.PathLike[str], mode: str = "wb") -> Iterator[IO]:
    """Opens a file to write that takes the place of ``path`` once all is written.

    Whatever happens on the way, the file at ``path`` is the old one or the new one, whole.
    Until then the new one has a hidden name in the same folder; one that a killed process
    left there does no harm, and is cleared away by a later writing.

    Args:
        path: The file to replace or to make.
        mode: ``"wb"``, or ``"w"`` for text in UTF-8.
    """
    target = Path(path).resolve()  # a link stays one
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder, not a file")
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


def _clear_stale(target: Path) -> None:
    for left in target.parent.glob(f".{_escaped(target.name)}.*.tmp"):
        try:
            if time.time() - left.stat().st_mtime > _STALE:
                left.unlink()
        except FileNotFoundError:  # another process was faster
            continue


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)

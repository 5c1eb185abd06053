"""Writing a file whole, or not at all."""

import os
import secrets
from pathlib import Path


def write(content: bytes, path: str | os.PathLike[str]) -> None:
    """Writes a file; one that is there stays until the new one is whole.

    Raises:
        OSError: If it cannot be written.
    """
    target = check_writable(path)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(path: str | os.PathLike[str]) -> Path:
    """Returns where a path leads; raises OSError at once where no file can be written."""
    target = Path(path).resolve()
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder, not a file")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent}")
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(f"the folder {target.parent} cannot be written to")
    return target

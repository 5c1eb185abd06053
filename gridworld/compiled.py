"""Functions that are compiled once and then kept on disk for later processes.

Numba's own cache does not suffice. It checks the function's own file only, so that code from
other files goes stale. It unpickles every file that it finds, so that a truncated one ends the
program. And processes that share its index may get each other's code.
"""

import hashlib
import inspect
import logging
import pickle
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import extending
from numba.core import caching, serialize

from gridworld.atomic import replacing

_log = logging.getLogger(__name__)
#: Most files of a function, over all its sources, signatures and Python versions.
_MAX_VERSIONS = 32
_NO_FOLDER = "Compiled code is not kept, no folder is writable: set NUMBA_CACHE_DIR"
_CHECKSUM = hashlib.sha256
_CHECKSUM_SIZE = _CHECKSUM().digest_size
_functions: list[Any] = []

Plain = TypeVar("Plain", bound=Callable)


def compiled(*others: Callable, counts_references: bool = True) -> Callable[[Callable], Any]:
    """Compiles a function at its first call, or loads its code from the disk.

    The names of the function and of its files on disk contain a digest of all its sources, so
    that it is compiled again when one of them has changed. A broken file is replaced. Where no
    file can be written, the function works without. Both are reported in the log.

    Args:
        others: One function of each other file whose code or constants are compiled into this
            one.
        counts_references: Whether references to arrays are counted, which a function needs that
            makes arrays or keeps them.
    """
    options = {} if counts_references else {"_nrt": False}

    def decorate(function: Callable) -> Any:
        digest = _digest(function, *others)
        function.__qualname__ += f"_{digest}"
        dispatcher = numba.njit(**options)(function)
        _functions.append(dispatcher)
        if hasattr(dispatcher, "_cache") and hasattr(caching, "CompileResultCacheImpl"):
            dispatcher._cache = _Cache(function, digest)
            return dispatcher
        try:  # this Numba has no such cache: use its own
            dispatcher.enable_caching()
        except RuntimeError:
            _warn_once(_NO_FOLDER)
        return dispatcher

    return decorate


def functions() -> tuple[Any, ...]:
    """All functions that were made by `compiled` so far."""
    return tuple(_functions)


def is_kept() -> bool:
    """Whether compiled code can be kept for later processes: some folder is writable."""
    caches = [getattr(function, "_cache", None) for function in _functions]
    return all(isinstance(kept, _Cache) and kept.cache_path is not None for kept in caches)


def is_ready(function: Any) -> bool:
    """Whether a function made by `compiled` was compiled before, here or by another process."""
    kept = getattr(function, "_cache", None)
    return bool(function.overloads) or (isinstance(kept, _Cache) and kept.has_files(function))


def inlined(function: Plain) -> Plain:
    """A plain function that compiled code may call, too; it becomes part of its caller.

    It must take arrays that it writes to from its arguments and their attributes: Numba drops
    what is written to arrays that it takes for local ones, such as those of an unpacked tuple.
    """
    # Numba's decorator forgets its option after one function.
    return extending.register_jitable(inline="always")(function)  # type: ignore[no-any-return]


def called(function: Plain) -> Plain:
    """A plain function that compiled code may call, too; it stays a function of its own.

    For what is seldom needed, or large: it is compiled once, and not with each of its callers.
    """
    return extending.register_jitable(function)  # type: ignore[no-any-return]


class _Cache:
    """The cache of a Numba dispatcher, with one file for each signature.

    Args:
        function: The function; its qualified name ends with the digest.
        digest: Digest of the sources.
    """

    def __init__(self, function: Callable, digest: str) -> None:
        self._function, self._digest = function, digest

    @cached_property
    def _impl(self) -> Any:
        """Numba's own implementation; None if it finds no folder that can be written."""
        # Made when it is needed only, as Numba writes a file to try a folder.
        try:
            return caching.CompileResultCacheImpl(self._function)
        except RuntimeError:
            _warn_once(_NO_FOLDER)
            return None

    @property
    def cache_path(self) -> Any:
        """The folder of the files; None if no folder can be written."""
        return self._impl and self._impl.locator.get_cache_path()

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """The compiled function; None if it must be compiled first."""
        if self._impl is None:
            return None
        target_context.refresh()
        path = self._path(signature, target_context.codegen())
        try:
            of, code = _read(path)
            return self._impl.rebuild(target_context, code) if of == signature else None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Exception as error:
            _log.warning("%s cannot be used, and its code is compiled anew: %r", path, error)
            return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Writes a compiled function, and removes the oldest of too many versions."""
        if self._impl is None:
            return
        try:
            if not self._impl.check_cachable(result):
                return
            self._impl.locator.ensure_cache_path()
            path = self._path(signature, result.codegen)
            _write(path, (signature, self._impl.reduce(result)))
        except Exception as error:
            reason = getattr(error, "strerror", None) or repr(error)
            _warn_once(f"Compiled code is not kept in {self.cache_path}: {reason}")
            return
        with suppress(OSError):  # another process may remove the same files
            versions = self._files("[0-9a-f]" * len(self._digest))
            for old in sorted(versions, key=lambda file: file.stat().st_mtime)[:-_MAX_VERSIONS]:
                old.unlink()

    def has_files(self, dispatcher: Any) -> bool:
        """Whether there is code of the present sources for this machine, of any signature."""
        if self._impl is None:
            return False
        machine = _machine(dispatcher.targetctx.codegen())
        files = [file for file in self._files(self._digest) if f".{machine}-" in file.name]
        return any(map(_is_whole, files))

    def flush(self) -> None:
        """Removes the function's files."""
        for file in self._files(self._digest) if self._impl else ():
            file.unlink(missing_ok=True)

    def _path(self, signature: Any, codegen: Any) -> Path:
        kind = f"{_machine(codegen)}-{_short(repr(signature))}"
        return Path(self.cache_path, f"{self._impl.filename_base}.{kind}.nbc")

    def _files(self, digest: str) -> Iterable[Path]:
        name, _, _ = self._impl.filename_base.rpartition(self._digest)
        return Path(self.cache_path).glob(f"{name}{digest}-*.nbc")


def _digest(function: Callable, *others: Callable) -> str:
    digest = _CHECKSUM()
    files = [inspect.getsourcefile(inspect.unwrap(part)) or "" for part in (function, *others)]
    for file in (*files, __file__):  # this one decides how they are compiled
        source = Path(file).read_bytes()
        digest.update(_CHECKSUM(source).digest())
    cells = getattr(function, "__closure__", None) or ()
    digest.update(serialize.dumps([cell.cell_contents for cell in cells]))
    return digest.hexdigest()[:16]


def _machine(codegen: Any) -> str:
    """Stands for the processor and the version of Numba that code is made for."""
    return _short(repr((numba.__version__, __debug__, codegen.magic_tuple())))


def _short(text: str) -> str:
    return _CHECKSUM(text.encode()).hexdigest()[:16]


def _read(path: Path) -> Any:
    data = _checked(path.read_bytes())
    if data is None:  # LLVM would end the process on broken machine code
        raise ValueError("the checksum does not match")
    return pickle.loads(data)


def _is_whole(path: Path) -> bool:
    with suppress(OSError):
        return _checked(path.read_bytes()) is not None
    return False


def _checked(content: bytes) -> bytes | None:
    """What a file has after its checksum; None if that does not match."""
    checksum, data = content[:_CHECKSUM_SIZE], content[_CHECKSUM_SIZE:]
    return data if _CHECKSUM(data).digest() == checksum else None


def _write(path: Path, value: Any) -> None:
    data = serialize.dumps(value)
    with replacing(path) as file:
        file.write(_CHECKSUM(data).digest() + data)


@cache
def _warn_once(message: str) -> None:
    _log.warning(message)

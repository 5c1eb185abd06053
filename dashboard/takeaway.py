"""`Takeaway`: runs to take away from the page, and to bring back."""

import asyncio
import io
import logging
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from dashboard.export import ExportError, export_saved
from dashboard.notify import toast
from dashboard.room import Room
from dashboard.runner import Runner
from dashboard.widgets import OUTLINE, Hinted
from gridworld import LoadError, StatusError, Trainer, episodes_to_csv, q_table_to_csv

_log = logging.getLogger(__name__)

#: Most bytes of a file that is taken from a browser.
MAX_UPLOAD_BYTES = 64_000_000
#: Bytes of a piece in which it comes: one WebSocket message holds 20 MB at most.
_CHUNK_BYTES = 4_000_000
#: Seconds after which the browser has what it was sent.
_KEPT_SECONDS = 5

#: Name, file, what makes it, what it is.
_DOWNLOADS = (
    (
        "Download run",
        "gridworld-run.npz",
        "run",
        "The whole run, exact to the last bit; Upload run or Trainer.load goes on with it.",
    ),
    (
        "Download snapshot",
        "gridworld-run.html",
        "html",
        "One page that needs no server: the run's "
        "history to play, curves, settings, and the lines of Python that make it again.",
    ),
    ("Download GIF", "gridworld-run.gif", "gif", "The run's history as a moving picture."),
    ("Download picture", "gridworld.png", "png", "The grid as it is now."),
    (
        "Download episodes",
        "episodes.csv",
        "episodes",
        "Return, length and success of each episode, as comma-separated values.",
    ),
    (
        "Download Q-table",
        "q-table.csv",
        "q_table",
        "Value and visits of each state and action, as comma-separated values.",
    ),
)


class Takeaway:
    """Buttons that download and upload runs.

    Whatever takes long is done by threads and processes of its own, so that no page waits.

    Attributes:
        panel: The buttons.
    """

    def __init__(self, room: Room, runner: Runner) -> None:
        self._room, self._runner = room, runner
        downloads = [
            _Download(
                label=label,
                hint=hint,
                filename=filename,
                callback=_awaiting(partial(self._make, kind)),
                auto=True,
                color="default",
                variant="outline",
                stylesheets=[OUTLINE],
                margin=6,
            )
            for label, filename, kind, hint in _DOWNLOADS
        ]
        self._upload = FileInput(
            label="Upload run",
            uploaded_label="Upload run",
            hint="A run that was downloaded or saved before; it goes on exactly as it would have.",
            accept=".npz",
            max_file_size=MAX_UPLOAD_BYTES,
            chunk_size=_CHUNK_BYTES,
            variant="outlined",
            margin=6,
        )
        self._upload.param.watch(self._on_upload, "value")
        self.panel = pn.Column(
            pn.pane.HTML(
                "A download is made of the run as it is at the click; the run goes on.",
                margin=(8, 10),
            ),
            pn.Row(*downloads, sizing_mode="stretch_width", styles={"flex-wrap": "wrap"}),
            self._upload,
            sizing_mode="stretch_width",
        )

    async def _make(self, kind: str) -> io.BytesIO:
        """The bytes of a file, of the run as it is now."""
        if kind in ("episodes", "q_table"):
            write = {"episodes": episodes_to_csv, "q_table": q_table_to_csv}[kind]
            return io.BytesIO(await _written(partial(write, self._room.snapshot)))
        saved = await _written(self._room.trainer.saving())
        if kind == "run":
            return io.BytesIO(saved)
        toast("info", "Making the file; this takes some seconds.")
        return io.BytesIO(await export_saved(saved, kind))  # type: ignore[arg-type]

    def _on_upload(self, event: Any) -> None:
        if event.new is not None:
            pn.state.execute(partial(self._take, event.new))

    async def _take(self, content: bytes) -> None:
        self._upload.clear()  # the browser's copy is enough
        try:
            trainer = await asyncio.to_thread(Trainer.load, content)
            self._room.adopt(trainer)
        except (LoadError, StatusError, ValueError) as error:
            toast("error", f"Nothing was loaded: {error}")
        else:
            toast("success", f"Run loaded, at episode {self._room.snapshot.episode:,}")
            self._runner.adopt()


class _Download(Hinted, pn.widgets.FileDownload):
    """A download that says so if it fails, and does not keep what it sent."""

    _is_busy = False

    async def _async_sync_data(self) -> None:
        if self._is_busy:
            return
        self._is_busy = True
        try:
            await super()._async_sync_data()
            await asyncio.sleep(_KEPT_SECONDS)
            self.data = ""
        except (ExportError, OSError) as error:
            toast("error", str(error))
        except Exception:
            _log.exception("A download failed")
            toast("error", f"{self.label} failed; the run is not affected.")
        finally:
            self._is_busy = False


class FileInput(Hinted, pmui.FileInput):
    """An upload whose size the server checks too, before it keeps any of it."""

    def _process_chunk(self, msg: dict) -> None:
        kept = sum(len(c) for f in self._file_buffer.values() for c in f["chunks"].values())
        if len(self._file_buffer) > 1 or kept + len(msg["data"]) > MAX_UPLOAD_BYTES:
            self._file_buffer.clear()
            toast("error", f"A file must have at most {MAX_UPLOAD_BYTES:,} bytes")
            raise ValueError(f"upload must have at most {MAX_UPLOAD_BYTES:,} bytes")
        super()._process_chunk(msg)


def _awaiting(make: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    # Panel knows coroutine functions by their kind; a partial is none.
    async def call() -> Any:
        return await make()

    return call


async def _written(write: Callable[[Path], None]) -> bytes:
    """What is written to a file, by a thread of its own."""

    def write_and_read() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "file")
            write(path)
            return path.read_bytes()

    return await asyncio.to_thread(write_and_read)

"""`FilesPanel`: runs to take away from the page, and to bring back."""

import asyncio
import io
import logging
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from dashboard.compat.uploads import CHUNK_BYTES, LimitedFileInput
from dashboard.export import ExportError, export_saved
from dashboard.rooms.discarded import UNDO_OFFER
from dashboard.rooms.registry import lobby
from dashboard.rooms.room import Room
from dashboard.session.notebook import in_notebook
from dashboard.session.runner import Runner
from dashboard.session.toasts import toast
from dashboard.widgets.hinted import Button, Hinted
from gridworld import LoadError, Snapshot, StatusError, Trainer, episodes_to_csv, q_table_to_csv

_log = logging.getLogger(__name__)

#: Largest accepted upload.
MAX_UPLOAD_BYTES = 64_000_000
#: The sent file is freed after this many seconds.
_KEPT_SECONDS = 0.2

#: Label, file name, kind of file, tooltip.
_DOWNLOADS = (
    (
        "Download run",
        "gridworld-run.npz",
        "run",
        "The whole run, exact to the last bit; Upload run goes on with it.",
    ),
    (
        "Download snapshot",
        "gridworld-run.html",
        "html",
        "One page that needs no server: history to play, curves, settings, lines of Python.",
    ),
    ("Download GIF", "gridworld-run.gif", "gif", "The run's history as a moving picture."),
    ("Download picture", "gridworld.png", "png", "The grid as it is now."),
    (
        "Download episodes",
        "episodes.csv",
        "episodes",
        "Return, length and success of each episode, as a table.",
    ),
    (
        "Download Q-table",
        "q-table.csv",
        "q_table",
        "Value and visits of each state and action, as a table.",
    ),
)


class FilesPanel:
    """Buttons that download and upload runs.

    Slow work is done by threads and other processes, so that no page waits.

    Args:
        room: The training.
        runner: Has the views draw.
        can_upload: Whether an uploaded run may replace it.

    Attributes:
        panel: The buttons; in a notebook empty until drawn, since a cell would keep 3 MB.
    """

    min_interval = 1.0

    def __init__(self, room: Room, runner: Runner, can_upload: bool = True) -> None:
        self._room, self._runner = room, runner
        self._under_way: set[str] = set()
        self._sending = asyncio.Lock()  # one file after the other
        downloads = [self._make_row(*download) for download in _DOWNLOADS]
        # Hidden: it only sends files. Panel's own button cannot be reached by keyboard.
        self._sender = pmui.FileDownload(filename="gridworld", visible=False)
        self._upload = FileInput(
            label="Upload run",
            uploaded_label="Upload run",
            hint="A run that was downloaded or saved before; it goes on exactly as it would have.",
            # A dropped file of any type is sent, and the server says what is wrong with it.
            # Browsers do not know the type "/*" and offer .npz files to choose from.
            accept=".npz,/*",
            max_file_size=MAX_UPLOAD_BYTES,
            chunk_size=CHUNK_BYTES,
            variant="outlined",
            margin=(8, 0, 0, 0),
        )
        self._upload.param.watch(self._on_upload, "value")
        notes = ["A download is made of the run as it is at the click; the run goes on."]
        if room in lobby().rooms:  # not in a notebook
            notes.append(lobby().policy)
        self._contents = [
            *downloads,
            pn.pane.HTML(f"<p>{' '.join(notes)}</p>", stylesheets=[_TEXT], margin=(8, 0, 0, 0)),
            *([self._upload] if can_upload else []),
            self._sender,
        ]
        self.panel = pn.Column(sizing_mode="stretch_width", margin=0)
        if not in_notebook():
            self.panel[:] = self._contents

    def update(self, snapshot: Snapshot) -> None:
        """Shows the buttons when their tab is first opened."""
        if not self.panel.objects:
            self.panel[:] = self._contents

    def _make_row(self, label: str, filename: str, kind: str, hint: str) -> pn.Row:
        """A button with what it downloads beside it."""
        button = Button(label=label, hint=hint, margin=0, align="center", styles=_LEFT)
        button.stylesheets = [*button.stylesheets, _BUTTON]
        download = partial(self._download, label, filename, kind)
        button.on_click(lambda _: pn.state.execute(download))
        words = f"<p>{hint} <b>{Path(filename).suffix}</b></p>"
        text = pn.pane.HTML(words, stylesheets=[_TEXT], margin=0, align="center", styles=_RIGHT)
        return pn.Row(button, text, stylesheets=[_ROW], sizing_mode="stretch_width", margin=0)

    async def _download(self, label: str, filename: str, kind: str) -> None:
        """Makes a file and sends it; says so if that fails."""
        if kind in self._under_way:
            return
        self._under_way.add(kind)
        try:
            content = await self._make(kind)
        except (ExportError, OSError) as error:
            toast("error", str(error))
            return
        except Exception:
            _log.exception("A download failed")
            toast("error", f"{label} failed; the run is not affected.")
            return
        finally:
            self._under_way.discard(kind)
        async with self._sending:
            await self._send(filename, content)

    async def _make(self, kind: str) -> bytes:
        """The content of a file, of the run as it is now."""
        if kind in ("episodes", "q_table"):
            write = {"episodes": episodes_to_csv, "q_table": q_table_to_csv}[kind]
            return await _written(partial(write, self._room.snapshot))
        saved = await _written(self._room.saving())
        if kind == "run":
            return saved
        toast("info", "Making the file; this takes some seconds.")
        return await export_saved(saved, kind)  # type: ignore[arg-type]

    async def _send(self, filename: str, content: bytes) -> None:
        self._sender.param.update(file=io.BytesIO(content), filename=filename)
        self._sender.transfer(download=True)
        await asyncio.sleep(_KEPT_SECONDS)
        self._sender.param.update(file=None, data=None)  # the browser has it by now

    def _on_upload(self, event: Any) -> None:
        if event.new is not None:
            pn.state.execute(partial(self._take, event.new))

    async def _take(self, content: bytes) -> None:
        self._upload.clear()  # the browser's copy is enough
        if len(content) > MAX_UPLOAD_BYTES:
            self._upload.refuse(f"a file must have at most {MAX_UPLOAD_BYTES:,} bytes")
            return
        offer = f". {UNDO_OFFER}" if self._room.snapshot.total_steps else ""
        try:
            trainer = await asyncio.to_thread(Trainer.load, content)
            self._room.adopt(trainer)
        except (LoadError, StatusError, ValueError) as error:
            toast("error", f"Nothing was loaded: {error}")
        else:
            toast("success", f"Run loaded, at episode {self._room.snapshot.episode:,}{offer}")
            self._runner.draw()


class FileInput(Hinted, LimitedFileInput):
    """An upload with a hint, of a file that is not too large."""

    max_bytes = MAX_UPLOAD_BYTES

    def refuse(self, why: str) -> None:
        """Says why nothing was loaded."""
        toast("error", f"Nothing was loaded: {why}")


_ROW = """
:host { gap: 12px; min-height: 44px; padding: 5px 0;
        border-bottom: 1px solid var(--mui-palette-divider); }
"""
#: The buttons are as wide as one another, the words have the rest.
_LEFT, _RIGHT = {"flex": "0 0 152px", "width": "152px"}, {"flex": "1 1 0", "min-width": "0"}
_BUTTON = """
.bk-btn { width: 100%; min-height: 34px; padding: 0 10px !important; text-align: left !important;
          border-radius: 8px !important; font-size: 14px !important; }
.bk-btn:focus-visible { outline: 2px solid var(--mui-palette-primary-main) !important;
                        outline-offset: 1px; }
"""
_TEXT = """
p { margin: 0; font-size: 12px; line-height: 16px; color: var(--mui-palette-text-secondary); }
b { font-weight: 500; color: var(--mui-palette-text-primary); }
"""


async def _written(write: Callable[[Path], None]) -> bytes:
    """The bytes that are written to a file, by another thread."""

    def write_and_read() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "file")
            write(path)
            return path.read_bytes()

    return await asyncio.to_thread(write_and_read)

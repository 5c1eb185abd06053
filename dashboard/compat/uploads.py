"""An upload whose size the server checks too, before it keeps any of it.

Buys a server that no upload can fill: Panel's limits are the browser's only. Without it, or with
another panel-material-ui, the size is checked once all has come.
"""

from typing import Any

import panel_material_ui as pmui

from dashboard.compat.switches import is_on, say_lost

#: Bytes of a piece in which a file comes: one WebSocket message holds 20 MB at most.
CHUNK_BYTES = 4_000_000


class LimitedFileInput(pmui.FileInput):
    """An upload of one file of at most `max_bytes`; what is refused is told to `refuse`."""

    max_bytes = 64_000_000
    _is_refused = False

    def refuse(self, why: str) -> None:
        """Is called with the reason why nothing was loaded, to be told."""

    def _handle_msg(self, msg: dict) -> None:
        if not is_on("uploads") or not _has_buffers(self):
            super()._handle_msg(msg)
            return
        match msg["status"]:
            case "initializing":
                # A broken connection may have left pieces of another file behind.
                self._forget()
                self._is_refused = False
            case "error":  # the browser has found it too large, and sends none of it
                self._refuse_all(self._too_large)
            case "finished" if not self._buffer and not self._is_refused:
                self._refuse_all("the file is empty")
            case _ if not self._is_refused:
                super()._handle_msg(msg)

    def _process_chunk(self, msg: dict) -> None:
        if not is_on("uploads") or not _has_buffers(self):
            super()._process_chunk(msg)
            return
        pieces = [piece for file in self._file_buffer.values() for piece in file["chunks"].values()]
        pieces += [file["value"] for file in self._buffer]
        size = sum(map(len, pieces)) + len(msg["data"])
        if len(pieces) >= -(-self.max_bytes // CHUNK_BYTES) or size > self.max_bytes:
            self._refuse_all(self._too_large)
        else:
            super()._process_chunk(msg)

    @property
    def _too_large(self) -> str:
        return f"a file must have at most {self.max_bytes:,} bytes"

    def _refuse_all(self, why: str) -> None:
        self._is_refused = True  # together with what may still come of it
        self._forget()
        self.refuse(why)

    def _forget(self) -> None:
        self._file_buffer.clear()
        self._buffer.clear()


def _has_buffers(upload: Any) -> bool:
    if hasattr(upload, "_file_buffer") and hasattr(upload, "_buffer"):
        return True
    say_lost("The size of an upload is checked once it has come", "_file_buffer")
    return False

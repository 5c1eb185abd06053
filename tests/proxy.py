"""A line between a browser and a server that a test can cut."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Line:
    """Passes on all that is sent, both ways, as long as it is not cut.

    Args:
        target: The port of this machine that it leads to.

    Attributes:
        port: The port that it listens at.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._whole = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def open(self) -> None:
        """Begins to listen."""
        self._thread.start()
        server = self._run(asyncio.start_server(self._connect, "127.0.0.1", self.port))
        self.port = server.sockets[0].getsockname()[1]
        self._server = server

    def cut(self) -> None:
        """Ends all connections, and takes no new ones until it is mended."""
        self._run(self._set_whole(False))

    def mend(self) -> None:
        """Takes connections again."""
        self._run(self._set_whole(True))

    def close(self) -> None:
        """Ends it all."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=20)

    async def _set_whole(self, whole: bool) -> None:
        self._whole = whole
        if not whole:
            for writer in self._writers:
                writer.transport.abort()

    async def _end(self) -> None:
        self._server.close()
        await self._set_whole(False)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        self._writers.add(writer)
        try:
            answers, to_server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
        else:
            self._writers.add(to_server)
            await asyncio.gather(_pass_on(reader, to_server), _pass_on(answers, writer))
            self._writers.discard(to_server)
        finally:
            self._writers.discard(writer)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """A line to a port of this machine, until the block ends."""
    line = Line(port)
    line.open()
    try:
        yield line
    finally:
        line.close()

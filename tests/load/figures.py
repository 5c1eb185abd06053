"""From what came and what it took to the figures of a run, and their table."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tests.load.client import Session
from tests.load.target import Reading

#: Frames a second that every session asks for.
FRAME_RATE = 20


class Figures(NamedTuple):
    """What a run came to.

    Attributes:
        n_sessions: Sessions that were open.
        rates: Frames a second of each session, shape ``(n_sessions,)``.
        lateness: Milliseconds that each frame was late, of all sessions, shape ``(N,)``.
        server: Share of a core that the server took.
        client: Share of a core that this client took; near 1 it is what limits.
        others: Share of the server's core that others took meanwhile.
        milliseconds: Processor time of the server, per frame.
        messages: Messages per frame.
        size: Bytes per frame, of all messages.
        largest: Bytes of the largest message.
    """

    n_sessions: int
    rates: np.ndarray
    lateness: np.ndarray
    server: float
    client: float
    others: float
    milliseconds: float
    messages: float
    size: float
    largest: int


def figures(sessions: Sequence[Session], before: Reading, after: Reading) -> Figures:
    """The figures of what came between two readings.

    Raises:
        RuntimeError: If the server closed a session, or sent nobody two frames.
    """
    seconds = after.at - before.at
    messages = [[m for m in s.messages if before.at <= m.at < after.at] for s in sessions]
    frames = [np.array([m.at for m in of_one if m.is_frame]) for of_one in messages]
    closed = sum(session.closed for session in sessions)
    if closed or max(times.size for times in frames) < 2:
        raise RuntimeError(
            f"The server must have sent frames, and keep all {len(sessions)} sessions; "
            f"it closed {closed}"
        )
    late = np.concatenate([np.diff(times) for times in frames]) - 1 / FRAME_RATE
    sizes = [m.size for of_one in messages for m in of_one]
    n_frames = sum(times.size for times in frames)
    server, client = after.server - before.server, after.client - before.client
    return Figures(
        n_sessions=len(sessions),
        rates=np.array([times.size for times in frames]) / seconds,
        lateness=1000 * late.clip(min=0),
        server=server / seconds,
        client=client / seconds,
        others=max(0.0, after.core - before.core - server) / seconds,
        milliseconds=1000 * server / n_frames,
        messages=len(sizes) / n_frames,
        size=sum(sizes) / n_frames,
        largest=max(sizes),
    )


def rows(of: Figures) -> dict[str, str]:
    """The figures in words."""
    median, p95, p99 = np.percentile(of.lateness, [50, 95, 99])
    return {
        "Sessions": f"{of.n_sessions}",
        "Frames a second of a session: median, least": (
            f"{np.median(of.rates):.1f}, {of.rates.min():.1f}"
        ),
        "Lateness of a frame: median, p95, p99": f"{median:.1f}, {p95:.1f}, {p99:.1f} ms",
        "Server: share of a core": f"{of.server:.0%}",
        "Server: processor time a frame": f"{of.milliseconds:.2f} ms",
        "Messages a frame, bytes a frame, largest message": (
            f"{of.messages:.2f}, {of.size:.0f} B, {of.largest:,} B"
        ),
        "Others on the server's core": f"{of.others:.0%}",
        "Client: share of a core": f"{of.client:.0%}",
    }


def table(columns: dict[str, dict[str, str]]) -> str:
    """Columns side by side, in Markdown; what one of them lacks is a dash."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    lines = [["", *columns], ["---"] * (len(columns) + 1)]
    lines += [[name, *(column.get(name, "–") for column in columns.values())] for name in names]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

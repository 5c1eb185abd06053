"""`Status`: where a run stands, and the calls of a trainer that it allows."""

from enum import StrEnum


class Status(StrEnum):
    """Where a run stands: ``IDLE → RUNNING ⇄ PAUSED → STOPPED | FINISHED``, or ``FAILED``."""

    IDLE = "IDLE"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


class StatusError(RuntimeError):
    """A call that the status of the run does not allow; the message says what is allowed."""


_CALLS = {
    Status.IDLE: ("start", "step", "step_episode", "step_phase", "advance", "train", "reset"),
    Status.RUNNING: ("pause", "stop", "advance", "train", "tune", "reset"),
    Status.PAUSED: (
        *("resume", "step", "step_episode", "step_phase", "stop", "train", "tune", "reset"),
    ),
    Status.STOPPED: ("reset",),
    Status.FINISHED: ("reset",),
    Status.FAILED: ("reset",),
}


def require(call: str, status: Status, *allowed: Status) -> None:
    """Raises StatusError unless the status is one of those that a call needs."""
    if status not in allowed:
        raise StatusError(
            f"{call}() needs status {' or '.join(allowed)}, status is {status}; "
            f"allowed now: {', '.join(f'{name}()' for name in _CALLS[status])}"
        )

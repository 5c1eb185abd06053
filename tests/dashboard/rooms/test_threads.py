"""A room and a registry of rooms that several threads use at once."""

import random
import threading
import time
from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest

from dashboard.rooms import sharing
from dashboard.rooms.registry import RoomRegistry
from gridworld import Change, QLearningConfig, Status, StatusError, Trainer

SECONDS, MOST_SECONDS = 4.0, 40.0
#: A run takes 10,000 changes at most; between calls other threads have their turn.
PAUSE_SECONDS = 0.005
#: What a button or a field may do to a room.
COMMANDS = {
    "start": lambda room, _: room.start(),
    "pause": lambda room, _: room.pause(),
    "resume": lambda room, _: room.resume(),
    "step": lambda room, _: room.step(),
    "step_episode": lambda room, _: room.step_episode(),
    "stop": lambda room, _: room.stop(),
    "reset": lambda room, _: room.reset(),
    "undo": lambda room, _: room.undo(),
    "tune": lambda room, rng: setattr(room.tuning, "learning_rate", rng.uniform(0.01, 1)),
    "edit": lambda room, rng: setattr(room, "seed", rng.randrange(1000)),
    "finish": lambda room, rng: setattr(room.pace, "finish_in", rng.uniform(0, 9)),
}
#: Those that most calls are of: runs get long, and are tuned on the way.
OFTEN = ("start", "resume", "step", "tune")
LEGAL = {
    Status.IDLE: {Status.RUNNING, Status.PAUSED},
    Status.RUNNING: {Status.PAUSED, Status.STOPPED, Status.FINISHED},
    Status.PAUSED: {Status.RUNNING, Status.STOPPED, Status.FINISHED},
    Status.STOPPED: set(),
    Status.FINISHED: set(),
}


def run_threads(*calls, enough=lambda: True):
    """Calls each again and again for a while, all at once; tells what failed.

    On a busy machine the while is longer, until there has been enough.
    """
    failed, begun = [], time.monotonic()

    def is_over():
        seconds = time.monotonic() - begun
        return bool(failed) or seconds > MOST_SECONDS or (seconds > SECONDS and enough())

    def go_on(call, number):
        rng = random.Random(number)
        while not is_over():
            try:
                call(rng)
                time.sleep(PAUSE_SECONDS)
            except Exception as error:
                failed.append(error)
                raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading, "excepthook", lambda _: None)  # all are told below
        threads = [threading.Thread(target=go_on, args=(c, n)) for n, c in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=2 * MOST_SECONDS)
    assert not any(thread.is_alive() for thread in threads)
    return failed


def again(trainer):
    """The run made again, by one thread, from its record."""
    origin = trainer.origin
    planned = [Change(*change) for change in trainer.changes]
    made = Trainer(origin.world_config, origin.learning_config, origin.seed, planned)
    made.advance(trainer.total_steps)
    return made


@pytest.mark.slow
def test_a_room_that_eight_threads_command_stays_one_run(make_room):
    room = make_room(learning_config=QLearningConfig(num_episodes=10_000_000))
    room.tuning.allowed, room.pace.turbo = True, True
    seen = [(room.run_number, room.status)]
    note = room._changed

    def changed():
        note()  # within the room's lock
        if seen[-1] != (now := (room.run_number, room.status)):
            seen.append(now)

    room._changed = changed

    def command(rng):
        name = rng.choice([*COMMANDS, *OFTEN * 4])
        with suppress(StatusError):
            COMMANDS[name](room, rng)

    def advance(_):
        room.advance_to(time.monotonic())
        snapshot = room.snapshot
        assert snapshot.visits.sum() == snapshot.total_steps
        assert snapshot.episode_lengths.sum() <= snapshot.total_steps
        assert [frame.status for frame in room.keyframes[:1]] in ([], [Status.RUNNING])

    calls = *[command] * 8, *[advance] * 3
    assert run_threads(*calls, enough=lambda: len(seen) > 50) == []
    for (number, before), (next_number, after) in pairwise(seen):
        assert next_number != number or after in LEGAL[before], (before, after)
    assert len(seen) > 50
    room.reset()
    room.start()
    calls = *[lambda rng: COMMANDS["tune"](room, rng)] * 4, *[advance] * 3
    assert run_threads(*calls, enough=lambda: len(room.trainer.changes) > 100) == []
    trainer, repeated = room.trainer, again(room.trainer)
    assert trainer.total_steps > 0
    assert len(trainer.changes) > 100
    for name in ("q_values", "visits", "episode_returns", "episode_lengths"):
        ours, theirs = getattr(trainer.snapshot, name), getattr(repeated.snapshot, name)
        assert np.array_equal(ours, theirs), name


def test_rooms_come_and_go_in_several_threads(make_room):
    lobby = RoomRegistry(keep_minutes=0)

    def visit(rng):
        page = f"page {rng.random()}"
        membership = lobby.open(page, make_room())
        assert lobby.enter(f"{page} too", membership.entry.watch_key).room is membership.room
        assert sharing.n_busy(time.monotonic()) >= 0
        with lobby.lock:
            assert lobby.n_viewers <= lobby.n_pages
        lobby.leave(page)
        lobby.leave(f"{page} too")
        lobby.sweep()

    assert run_threads(*[visit] * 4) == []
    assert lobby.rooms == []
    assert lobby.n_pages == 0

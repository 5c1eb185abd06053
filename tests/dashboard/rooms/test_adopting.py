"""`Room.adopt`: another trainer's run in place of the one before."""

import pytest

from dashboard.rooms.room import Room
from gridworld import GridWorldConfig, QLearningConfig, Status, StatusError, Trainer
from tests.gridworld.runs.test_run import all_of

BEGIN = 1000.0
WORLDS = [
    {"level": "hard", "slip": 0.1, "step_reward": -0.5},
    {"level": "windy_gridworld", "max_steps": 300},
    {"level": "random", "n_rows": 5, "n_cols": 9, "map_seed": 3},
    {"layout": "S..\n.C.\nX.G", "wind": (0, 1, 0)},
]


def make(world=WORLDS[0], seed=7):
    learning = QLearningConfig(learning_rate=0.3, epsilon=0.8, num_episodes=80)
    return Trainer(GridWorldConfig(**world), learning, seed)


def again(trainer, tmp_path):
    """The run as a file gives it back."""
    trainer.save(tmp_path / "run.npz")
    return Trainer.load(tmp_path / "run.npz")


def settings_of(room):
    """All settings but the configs' names."""
    values = room.world_config.param.values() | room.learning_config.param.values()
    return values | {"seed": room.seed, "name": None}


@pytest.fixture
def room():
    room = Room()
    yield room
    room.close()


@pytest.mark.parametrize("before", WORLDS)
@pytest.mark.parametrize("world", WORLDS)
def test_settings_become_those_of_the_run_whatever_they_were(tmp_path, before, world):
    room = Room(GridWorldConfig(**before))
    trainer = make(world)
    trainer.step_episode()
    room.adopt(again(trainer, tmp_path))
    expected = Room(trainer=trainer)
    assert settings_of(room) == settings_of(expected)
    assert (room.status, room.snapshot.total_steps) == (Status.PAUSED, trainer.total_steps)
    assert room.snapshot.layout == trainer.snapshot.layout
    room.close(), expected.close()


@pytest.mark.parametrize("world", WORLDS)
def test_a_run_goes_on_to_the_same_bits(room, tmp_path, world):
    trainer = make(world)
    trainer.advance(333)
    trainer.tune(epsilon=0.3)
    room.adopt(again(trainer, tmp_path))
    assert room.tuning.epsilon == 0.3
    room.pace.update_interval = 1000
    room.resume()
    clock = BEGIN
    while room.status is Status.RUNNING:
        room.advance_to(clock := clock + 1)
    trainer.train(show_progress=False)
    assert all_of(room.trainer) == all_of(trainer)


@pytest.mark.parametrize("status", [Status.IDLE, Status.STOPPED, Status.FINISHED])
def test_what_is_not_under_way_stays_so_and_starts_anew_with_its_settings(room, tmp_path, status):
    trainer = make()
    if status is Status.FINISHED:
        trainer.train(show_progress=False)
    if status is Status.STOPPED:
        trainer.advance(100)
        trainer.stop()
    room.step_episode()
    room.stop()
    before = room.revision
    room.adopt(again(trainer, tmp_path))
    assert room.revision > before
    assert (room.status, room.locked, room.seconds) == (status, False, 0)
    assert room.snapshot.q_values.tobytes() == trainer.snapshot.q_values.tobytes()
    room.start()
    room.trainer.train(show_progress=False)
    expected = make()
    expected.train(show_progress=False)
    assert all_of(room.trainer) == all_of(expected)


def test_settings_changed_afterwards_are_those_of_the_next_run(room, tmp_path):
    trainer = make()
    trainer.advance(100)
    room.adopt(again(trainer, tmp_path))
    room.stop()
    room.learning_config.num_episodes = 3
    room.seed = 11
    assert room.snapshot.total_steps == 100  # what was learned is still shown
    room.world_config.level = "medium"
    assert (room.status, room.snapshot.num_episodes) == (Status.STOPPED, 80)
    room.start()
    assert room.snapshot.num_episodes == 3
    expected = Trainer(room.world_config, room.learning_config, seed=11)
    for each in (room.trainer, expected):
        each.train(show_progress=False)
    assert all_of(room.trainer) == all_of(expected)


def test_watchers_of_the_settings_are_told_and_see_them_all_changed(room, tmp_path):
    seen = []
    room.world_config.param.watch(
        lambda *_: seen.append((room.world_config.level, room.world_config.slip)),
        ["level", "layout", "slip"],
    )
    trainer = make()
    room.adopt(again(trainer, tmp_path))
    assert seen
    assert set(seen) == {("hard", 0.1)}


@pytest.mark.parametrize("end", [None, "pause"])
def test_a_run_under_way_is_not_given_up(room, end):
    room.start()
    room.advance_to(BEGIN)
    if end:
        getattr(room, end)()
    before = settings_of(room), room.trainer, room.revision, room.status
    with pytest.raises(StatusError, match="A run is under way; Stop it before"):
        room.adopt(make())
    assert (settings_of(room), room.trainer, room.revision, room.status) == before


def test_a_seed_that_the_page_cannot_show_is_refused_and_nothing_is_changed(room):
    room.step_episode()
    room.stop()
    before = settings_of(room), room.trainer, room.status
    with pytest.raises(ValueError, match="seed must be a whole number from 0"):
        room.adopt(make(seed=2**32))
    assert (settings_of(room), room.trainer, room.status) == before

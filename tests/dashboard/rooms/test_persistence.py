import errno
import json
import os
import stat

import numpy as np
import pytest

from dashboard.rooms.registry import RegistryError, RoomRegistry
from dashboard.rooms.room import Room
from gridworld import GridWorldConfig, QLearningConfig, Status, Trainer, learner_of

MINUTE = 60.0


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "deep" / "state"


@pytest.fixture
def make_lobby(folder, clock):
    """Makes a server's lobby; the next one is that of a server started anew."""
    made = []

    def make():
        made.append(RoomRegistry(30, folder, clock))
        return made[-1]

    yield make
    for lobby in made:
        for room in lobby.rooms:
            room.close()


def make_room(seed=3, **learning):
    return Room(GridWorldConfig(level="hard", slip=0.1), QLearningConfig(**learning), seed=seed)


def train(room, n_frames, since=1000.0):
    for i in range(n_frames):
        room.advance_to(since + 0.05 * i)


def test_a_run_that_was_going_goes_on_to_the_same_bits(make_lobby):
    lobby = make_lobby()
    membership = lobby.open("page", make_room())
    membership.room.start()
    train(membership.room, 40)
    lobby.save()

    room = make_lobby().enter("page", None).room
    assert room is not membership.room
    assert room.status is Status.RUNNING
    assert room.snapshot.total_steps == membership.room.snapshot.total_steps == 400
    assert room.seconds == pytest.approx(membership.room.seconds)
    train(room, 60)
    expected = Trainer(GridWorldConfig(level="hard", slip=0.1), QLearningConfig(), seed=3)
    expected.start()
    expected.advance(1000)
    assert room.snapshot.total_steps == 1000
    np.testing.assert_array_equal(room.snapshot.q_values, expected.snapshot.q_values)
    np.testing.assert_array_equal(room.snapshot.trail, expected.snapshot.trail)
    np.testing.assert_array_equal(room.snapshot.episode_returns, expected.snapshot.episode_returns)


@pytest.mark.parametrize(
    ("calls", "status"),
    [
        ([], Status.IDLE),
        (["start", "pause"], Status.PAUSED),
        (["start", "stop"], Status.STOPPED),
        (["start", "fail"], Status.FAILED),
    ],
)
def test_a_run_that_was_not_going_stays_as_it_was(make_lobby, calls, status):
    lobby = make_lobby()
    room = lobby.open("page", make_room()).room
    for call in calls:
        getattr(room, call)()
    lobby.save()
    assert make_lobby().enter("page", None).room.status is room.status is status


def test_keys_and_roles_stay(make_lobby):
    lobby = make_lobby()
    entry = lobby.open("teacher", make_room()).entry
    lobby.enter("student", entry.watch_key)
    lobby.save()
    again = make_lobby()
    student = again.enter("student", None)
    assert (student.entry.control_key, student.entry.watch_key) == (
        entry.control_key,
        entry.watch_key,
    )
    teacher = again.enter("teacher", None)
    assert student.room is teacher.room
    assert (student.in_control, teacher.in_control) == (False, True)
    assert again.enter("new", entry.watch_key).in_control is False
    assert again.enter("other", entry.control_key).in_control is True
    assert again.enter("stranger", "x") is None
    assert teacher.room.n_pages == 4


def test_pace_tuning_and_goal_stay(make_lobby):
    lobby = make_lobby()
    room = lobby.open("page", make_room(num_episodes=1000)).room
    room.pace.param.update(update_interval=7, frame_rate=9, finish_in=600, turbo=True)
    room.param.update(goal_episode=42)
    room.tuning.allowed = True
    room.run_to_goal()
    room.tuning.learning_rate = 0.7
    room.param.update(goal_episode=43)  # not for the run under way
    lobby.save()
    again = make_lobby().enter("page", None).room
    for name in ("update_interval", "frame_rate", "finish_in", "turbo"):
        assert getattr(again.pace, name) == getattr(room.pace, name)
    assert again.tuning.allowed
    assert again.tuning.learning_rate == again.trainer.agent.learning_rate == 0.7
    assert again.goal_episode == 43
    train(again, 10_000)
    assert (again.status, again.snapshot.episode) == (Status.PAUSED, 42)


def test_settings_for_the_next_run_stay(make_lobby):
    lobby = make_lobby()
    room = lobby.open("page", make_room(num_episodes=2)).room
    room.start()
    train(room, 500)
    assert room.status is Status.FINISHED
    room.world_config.param.update(level="windy_gridworld", slip=0.2)
    assert room.learner.algorithm == "sarsa"
    room.learning_config.learning_rate = 0.3
    room.seed = 9
    lobby.save()
    again = make_lobby().enter("page", None).room
    assert (again.status, again.snapshot.episode) == (Status.FINISHED, 2)
    assert again.snapshot.layout == room.snapshot.layout
    np.testing.assert_array_equal(again.snapshot.q_values, room.snapshot.q_values)
    assert again.settings_changed
    assert {**again.world_config.param.values(), "name": ""} == {
        **room.world_config.param.values(),
        "name": "",
    }
    assert (again.learning_config.learning_rate, again.seed) == (0.3, 9)
    assert again.learner.algorithm == "sarsa"
    assert again.trainer.origin.algorithm == "q_learning"
    again.pace.turbo = True
    again.start()
    train(again, 500)
    learner = learner_of("windy_gridworld")
    learner.param.update(num_episodes=2, learning_rate=0.3)
    expected = Trainer(
        GridWorldConfig(level="windy_gridworld", slip=0.2),
        learner,
        seed=9,
    )
    expected.train()
    np.testing.assert_array_equal(again.snapshot.q_values, expected.snapshot.q_values)


def test_a_room_is_read_that_a_version_wrote_which_knew_no_other_world_than_the_runs(
    make_lobby, folder
):
    lobby = make_lobby()
    lobby.open("page", make_room()).room.step_episode()
    lobby.save()
    entries = entries_of(folder)
    del entries[0]["room"]["world"]
    write_entries(folder, entries)
    again = make_lobby().enter("page", None).room
    assert (again.world_config.level, again.world_config.slip) == ("hard", 0.1)
    assert again.status is Status.PAUSED


def test_numbers_of_numpy_among_the_settings_are_kept_like_others(make_lobby):
    lobby = make_lobby()
    room = Room(
        GridWorldConfig(max_steps=np.int64(77), slip=np.float32(0.5)),
        QLearningConfig(num_episodes=np.int32(9)),
    )
    lobby.open("page", room)
    lobby.save()
    again = make_lobby().enter("page", None).room
    assert (again.world_config.max_steps, again.world_config.slip) == (77, 0.5)
    assert again.learning_config.num_episodes == 9


@pytest.mark.parametrize("world", [7, [], {"slip": 2}, {"layout": "S"}, {"surplus": 1}])
def test_a_room_with_a_world_that_cannot_be_is_lost_alone(two_kept, make_lobby, folder, world):
    entries = entries_of(folder)
    entries[0]["room"]["world"] = world
    write_entries(folder, entries)
    lobby = make_lobby()
    assert lobby.enter("one", None) is None
    assert lobby.enter("two", None).room.seed == 1


def test_a_room_that_nobody_has_come_back_to_is_kept_at_the_next_stop_too(make_lobby):
    lobby = make_lobby()
    lobby.open("one", make_room(seed=1))
    lobby.open("two", make_room(seed=2))
    lobby.save()
    second = make_lobby()
    second.enter("two", None)
    second.save()
    third = make_lobby()
    assert third.enter("one", None).room.seed == 1
    assert third.enter("two", None).room.seed == 2


def test_rooms_that_were_left_for_too_long_are_gone_and_so_are_their_files(
    make_lobby, folder, clock
):
    lobby = make_lobby()
    for page in ("left early", "left late", "open"):
        lobby.open(page, make_room())
    lobby.leave("left early")
    clock.now += 20 * MINUTE
    lobby.leave("left late")
    lobby.save()
    assert len(list(folder.glob("*.npz"))) == 3
    clock.now += 15 * MINUTE
    again = make_lobby()
    assert again.enter("left early", None) is None
    assert again.enter("left late", None) is not None
    again.save()
    assert len(list(folder.glob("*.npz"))) == 2
    clock.now += 1000 * MINUTE
    last = make_lobby()
    assert last.enter("open", None) is None
    last.save()
    assert [file.name for file in folder.iterdir()] == ["rooms.json"]


def test_other_files_of_the_folder_are_left_alone(make_lobby, folder):
    folder.mkdir(parents=True)
    (folder / "secret").write_text("x")
    make_lobby().save()
    assert (folder / "secret").read_text() == "x"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_nobody_else_may_read_what_is_kept(make_lobby, folder, umask):
    folder.mkdir(parents=True, mode=0o777)
    lobby = make_lobby()
    lobby.open("page", make_room())
    before = os.umask(umask)
    try:
        lobby.save()
    finally:
        os.umask(before)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert len(modes) == 2
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.fixture
def two_kept(make_lobby):
    lobby = make_lobby()
    for seed, page in enumerate(("one", "two")):
        lobby.open(page, make_room(seed=seed))
    lobby.save()


def entries_of(folder):
    return json.loads((folder / "rooms.json").read_text())


def write_entries(folder, entries):
    (folder / "rooms.json").write_text(json.dumps(entries))


@pytest.mark.parametrize("harm", ["cut", "garbage", "gone"])
def test_a_broken_file_loses_only_its_room(two_kept, make_lobby, folder, harm):
    file = folder / entries_of(folder)[0]["file"]
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-50] if harm == "cut" else b"garbage")
    lobby = make_lobby()
    assert lobby.enter("one", None) is None
    assert lobby.enter("two", None).room.seed == 1
    lobby.save()
    assert len(entries_of(folder)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("file", "../elsewhere.npz"),
        ("file", "room-/../../x.npz"),
        ("file", 7),
        ("control_key", None),
        ("watch_key", 1),
        ("remembered", ["one"]),
        ("remembered", {"one": "yes"}),
        ("room", None),
        ("room", {}),
        ("empty_since", "yesterday"),
        ("surplus", 1),
    ],
)
def test_a_broken_entry_loses_only_its_room(two_kept, make_lobby, folder, field, value):
    entries = entries_of(folder)
    write_entries(folder, [entries[0] | {field: value}, entries[1]])
    lobby = make_lobby()
    assert lobby.enter("one", None) is None
    assert lobby.enter("two", None).room.seed == 1


@pytest.mark.parametrize("text", ["", "[", "7", "null", '{"a": 1}', "[7]", "\udcff"])
def test_with_a_broken_index_the_server_starts_all_the_same(two_kept, make_lobby, folder, text):
    (folder / "rooms.json").write_bytes(text.encode(errors="surrogateescape"))
    lobby = make_lobby()
    assert lobby.enter("one", None) is None
    lobby.open("one", make_room())
    lobby.save()
    assert make_lobby().enter("one", None) is not None


@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "No space left on device"), ValueError("not to be saved")]
)
def test_a_room_that_cannot_be_written_loses_only_itself(make_lobby, monkeypatch, folder, fault):
    lobby = make_lobby()
    for seed in range(3):
        lobby.open(f"page {seed}", make_room(seed=seed))
    original = Trainer.saving

    def saving(trainer):
        if trainer.seed == 1:
            raise fault
        return original(trainer)

    monkeypatch.setattr(Trainer, "saving", saving)
    lobby.save()
    again = make_lobby()
    seats = [again.enter(f"page {seed}", None) for seed in range(3)]
    assert [membership and membership.room.seed for membership in seats] == [0, None, 2]


def test_rooms_kept_count_among_the_rooms_that_there_may_be(two_kept, make_lobby, monkeypatch):
    monkeypatch.setattr("dashboard.rooms.registry.MAX_ROOMS", 3)
    lobby = make_lobby()
    lobby.open("three", make_room())
    with pytest.raises(RegistryError, match="3 trainings at a time"):
        lobby.open("four", make_room())
    assert lobby.enter("one", None) is not None
    assert lobby.enter("two", None) is not None


def test_a_room_whose_page_found_no_place_is_dropped_in_its_time(
    two_kept, make_lobby, monkeypatch, clock
):
    monkeypatch.setattr("dashboard.rooms.registry.MAX_ALL_PAGES", 1)
    lobby = make_lobby()
    lobby.enter("one", None)
    with pytest.raises(RegistryError, match="1 pages open"):
        lobby.enter("two", None)
    assert len(lobby.rooms) == 2
    clock.now += 31 * 60
    lobby.sweep()
    assert [room.seed for room in lobby.rooms] == [0]

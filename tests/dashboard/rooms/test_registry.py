import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.rooms import registry as lobby_module
from dashboard.rooms.registry import RegistryError, RoomRegistry
from dashboard.rooms.room import Room

MINUTE = 60.0


@pytest.fixture
def lobby(clock):
    lobby = RoomRegistry(keep_minutes=30, clock=clock)
    yield lobby
    for room in lobby.rooms:
        room.close()


@pytest.fixture
def membership(lobby):
    """The membership of a page called teacher, in control of its room."""
    return lobby.open("teacher", Room())


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(lobby_module, "MAX_ROOMS", 3)
    monkeypatch.setattr(lobby_module, "MAX_PAGES", 3)


def test_each_key_is_of_128_random_bits_and_none_comes_twice(lobby):
    entries = [lobby.open(f"page {i}", Room()).entry for i in range(50)]
    keys = [key for entry in entries for key in (entry.control_key, entry.watch_key)]
    assert len(set(keys)) == 100
    assert all(re.fullmatch(r"[\w-]{22}", key) for key in keys)


def test_the_control_key_leads_to_control_and_the_watch_key_never(lobby, membership):
    controlling = lobby.enter("assistant", membership.entry.control_key)
    watching = lobby.enter("student", membership.entry.watch_key)
    assert controlling.room is watching.room is membership.room
    assert (membership.in_control, controlling.in_control, watching.in_control) == (
        True,
        True,
        False,
    )
    again = lobby.enter("student", membership.entry.watch_key)
    assert not again.in_control
    # Not even by a page that is known to watch and brings the other key along.
    assert not lobby.enter("student", membership.entry.control_key).in_control


def test_a_page_that_is_cut_off_is_not_counted_and_keeps_its_place(lobby, membership):
    room, revision = membership.room, membership.room.revision
    lobby.enter("student", membership.entry.watch_key)
    assert room.n_pages == 2
    lobby.note_connection("student", False)
    lobby.note_connection("student", False)
    assert (room.n_pages, lobby.n_pages) == (1, 2)
    assert room.revision > revision  # so that the others say so
    lobby.note_connection("student", True)
    assert room.n_pages == 2
    lobby.note_connection("student", False)
    lobby.leave("student")
    assert (room.n_pages, lobby.n_pages) == (1, 1)
    lobby.note_connection("student", True)  # of a page that has gone
    assert room.n_pages == 1
    lobby.enter("student", membership.entry.watch_key)
    assert room.n_pages == 2


def test_a_page_that_comes_back_is_counted_again(lobby, membership):
    lobby.note_connection("teacher", False)
    assert membership.room.n_pages == 0
    lobby.enter("teacher", None)
    assert membership.room.n_pages == 1


def test_a_room_waits_for_the_page_that_is_led_to_it():
    now = [100.0]
    lobby = RoomRegistry(keep_minutes=0, clock=lambda: now[0])
    key = lobby.reserve(Room(), []).control_key
    now[0] += 20
    assert lobby.knows("student", key)
    now[0] += 20
    assert not lobby.knows("student", key)


@settings(deadline=None)
@given(key=st.one_of(st.none(), st.text(), st.from_regex(r"[\w-]{22}", fullmatch=True)))
def test_any_other_key_leads_nowhere(key):
    lobby = RoomRegistry()
    lobby.open("teacher", Room())
    assert lobby.enter("stranger", key) is None


def test_a_part_of_a_key_leads_nowhere(lobby, membership):
    key = membership.entry.watch_key
    for other in ("", key[:-1], key + "A", key.swapcase()):
        assert lobby.enter("stranger", other) is None


@pytest.mark.parametrize("key", [None, "something else"])
def test_a_page_that_was_here_gets_its_place_again_whatever_its_link_says(lobby, membership, key):
    lobby.enter("student", membership.entry.watch_key)
    lobby.leave("student")
    lobby.leave("teacher")
    assert lobby.enter("teacher", key) == membership
    assert lobby.enter("student", key) == (membership.entry, "student", False)


def test_a_room_without_pages_is_kept_for_a_while_and_then_dropped(lobby, membership, clock):
    other = lobby.open("other", Room())
    lobby.leave("teacher")
    clock.now += 29 * MINUTE
    assert lobby.enter("late", membership.entry.control_key).room is membership.room
    lobby.leave("late")
    clock.now += 31 * MINUTE
    assert lobby.enter("too late", membership.entry.control_key) is None
    assert lobby.enter("teacher", None) is None
    assert lobby.rooms == [other.room]


def test_a_room_with_a_page_is_kept_however_long(lobby, membership, clock):
    lobby.enter("student", membership.entry.watch_key)
    lobby.leave("teacher")
    clock.now += 1e6 * MINUTE
    assert lobby.enter("teacher", None) == membership


def test_pages_are_counted(lobby, membership):
    assert (membership.room.n_pages, lobby.n_viewers) == (1, 0)
    lobby.enter("student", membership.entry.watch_key)
    lobby.enter("assistant", membership.entry.control_key)
    lobby.enter("student", membership.entry.watch_key)  # no second time
    assert (membership.room.n_pages, lobby.n_viewers) == (3, 1)
    lobby.leave("student")
    lobby.leave("student")
    lobby.leave("stranger")
    assert (membership.room.n_pages, lobby.n_viewers) == (2, 0)


def test_a_change_of_the_count_is_to_be_drawn(lobby, membership):
    revision = membership.room.revision
    lobby.enter("student", membership.entry.watch_key)
    assert membership.room.revision > revision


def test_a_full_server_says_so_and_takes_one_more_when_one_is_dropped(lobby, clock, few):
    rooms = [Room() for _ in range(3)]
    for i, room in enumerate(rooms):
        lobby.open(f"page {i}", room)
        room.step()
    for attempt in (lobby.check, lambda: lobby.open("one more", Room())):
        with pytest.raises(RegistryError, match=r"3 trainings at a time.*Try again later\."):
            attempt()
    assert lobby.rooms == rooms
    lobby.leave("page 1")
    with pytest.raises(RegistryError):  # it may be come back to
        lobby.check()
    clock.now += 31 * MINUTE
    newest = Room()
    lobby.open("one more", newest)
    assert lobby.rooms == [rooms[0], rooms[2], newest]


def test_of_pages_opened_and_left_without_a_run_no_server_gets_full(lobby, clock, few):
    busy = Room()
    lobby.open("busy", busy)
    for i in range(20):
        lobby.open(f"page {i}", Room())
        lobby.leave(f"page {i}")
        clock.now += 1
    assert len(lobby.rooms) == 3
    assert lobby.enter("busy", None).room is busy
    assert lobby.enter("page 19", None) is not None  # the latest are kept as long as may be
    assert lobby.enter("page 0", None) is None


def test_a_room_that_is_full_says_so_and_lets_its_own_pages_in(lobby, membership, few):
    for page in ("one", "two"):
        lobby.enter(page, membership.entry.watch_key)
    with pytest.raises(RegistryError, match=r"3 pages show this training.*Try again later\."):
        lobby.enter("three", membership.entry.watch_key)
    assert membership.room.n_pages == 3
    assert lobby.enter("teacher", None) == membership
    lobby.leave("one")
    assert not lobby.enter("three", membership.entry.watch_key).in_control


def test_a_server_with_all_its_pages_open_says_so(lobby, membership, monkeypatch):
    monkeypatch.setattr(lobby_module, "MAX_ALL_PAGES", 2)
    lobby.open("other", Room())
    message = r"2 pages open.*Try again later\."
    with pytest.raises(RegistryError, match=message):
        lobby.enter("student", membership.entry.watch_key)
    room = Room()
    with pytest.raises(RegistryError, match=message):
        lobby.open("third", room)
    room.close()
    assert len(lobby.rooms) == 2
    assert lobby.enter("other", None) is not None
    lobby.leave("other")
    assert lobby.enter("student", membership.entry.watch_key) is not None


def test_of_pages_come_and_gone_only_the_latest_are_remembered(lobby, membership):
    for i in range(1000):
        lobby.enter(f"page {i}", membership.entry.watch_key)
        lobby.leave(f"page {i}")
    assert len(membership.entry.remembered) == 2 * lobby_module.MAX_PAGES
    assert lobby.enter("page 999", None) is not None


def test_a_room_that_is_reserved_waits_for_its_page_and_no_longer_than_others(lobby, clock, few):
    entry = lobby.reserve(Room(), ["news"])
    assert lobby.knows("page", entry.control_key)
    assert not lobby.knows("page", None)
    membership = lobby.enter("page", entry.control_key)
    assert (membership.entry, membership.in_control, membership.entry.news) == (
        entry,
        True,
        ["news"],
    )
    lobby.leave("page")
    assert lobby.knows("page", None)
    late = lobby.reserve(Room(), [])
    clock.now += 31 * MINUTE
    assert not lobby.knows("page", late.control_key)
    assert lobby.rooms == []


def test_a_full_server_reserves_no_room(lobby, few, monkeypatch):
    for i in range(3):
        lobby.open(f"page {i}", Room()).room.step()
    with pytest.raises(RegistryError, match="3 trainings at a time"):
        lobby.reserve(Room(), [])
    monkeypatch.setattr(lobby_module, "MAX_ROOMS", 4)
    monkeypatch.setattr(lobby_module, "MAX_ALL_PAGES", 3)
    with pytest.raises(RegistryError, match="3 pages open"):
        lobby.reserve(Room(), [])
    assert len(lobby.rooms) == 3


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        ("30", "30 minutes"),
        ("1", "1 minute"),
        ("1.5", "90 seconds"),
        ("60", "1 hour"),
        ("90", "90 minutes"),
        ("120", "2 hours"),
        ("10000", "10,000 minutes"),
        ("0", "0 seconds"),
        ("inf", "inf seconds"),
    ],
)
def test_it_is_said_how_long_a_training_is_kept_here(monkeypatch, minutes, words):
    monkeypatch.setenv("GRIDWORLD_KEEP_MINUTES", minutes)
    assert lobby_module.lobby.__wrapped__().policy == (
        f"A training without an open page is kept for {words}, then dropped; "
        "download the run to keep it."
    )

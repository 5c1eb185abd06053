"""Watching the greedy policy, without a browser."""

from contextlib import nullcontext

import numpy as np
import pytest

from dashboard.rooms.room import Room
from dashboard.views.replay import ReplayView, frame_of, outcome_of
from gridworld import Action, GreedyEpisode, GridWorldConfig, Trainer
from tests.dashboard.views.test_history import Page, paused, unhurried

__all__ = ["unhurried"]  # a fixture


class Watched(Page):
    """A page with the button, too."""

    def __init__(self, room):
        super().__init__(room)
        self.start = None
        self.replay = ReplayView(room, self.history, lambda: self.start, nullcontext)
        self.button, said = self.replay.panel
        self.said = said.object

    def tick(self, n_times=1, seconds=0.05):
        for _ in range(n_times):
            self.history.tick(self.now)
            self.replay.tick(self.now)
            self.now += seconds

    def draw(self):
        super().draw()
        self.replay.update(self.room.snapshot)


@pytest.fixture
def page():
    return paused(Watched, 300)


def test_it_is_for_a_run_that_has_begun_and_rests_or_for_a_moment(page):
    fresh = Watched(Room())
    assert fresh.button.disabled
    assert not page.button.disabled
    page.room.resume()
    page.draw()
    assert page.button.disabled
    page.history.show_episode(4)
    assert not page.button.disabled
    page.press(page.button)
    assert page.replay.watching
    page.press(page.history.banner[1])
    assert not page.replay.watching
    assert page.button.disabled


def test_the_agent_goes_the_way_that_was_learned_at_a_pace_one_can_follow(page):
    before, revision = page.room.snapshot, page.room.revision
    expected = page.room.trainer.greedy_episode(0)
    page.press(page.button)
    assert page.button.label == "Stop watching"
    page.tick(21)  # a second
    assert page.shown.step == 5
    page.tick(20 * 4)
    frames = {frame.step: frame for frame in page.grid.drawn if frame.last_update is None}
    n_cols = 5
    positions = [row * n_cols + col for row, col in (f.position for f in frames.values())]
    assert positions == expected.states.tolist()
    assert all(tuple(f.trail[-1]) == f.position for f in frames.values())
    assert "reached the goal in 8 steps, return 0.93" in page.said.text
    assert 'role="status"' in page.said.text
    page.tick(20 * 3)
    assert page.shown is before is page.room.snapshot
    assert page.room.revision == revision
    assert page.button.label == "Watch greedy"
    assert "reached the goal" in page.said.text  # it stays until something else happens
    page.room.step()
    page.draw()
    assert not page.said.visible


def test_it_ends_when_asked_to_or_when_the_run_goes_on(page):
    page.press(page.button)
    page.tick(10)
    page.press(page.button)
    assert page.shown is page.room.snapshot
    assert not page.replay.watching
    for go_on in (page.room.step, page.room.resume):
        page.press(page.button)
        page.tick(10)
        go_on()
        page.room.advance_to(page.now)
        page.draw()
        assert not page.replay.watching
        assert page.shown is page.room.snapshot


def test_it_begins_at_the_chosen_cell_if_one_can_stand_there(page):
    page.start = (3, 2)
    page.press(page.button)
    assert page.shown.position == (3, 2)
    assert "from (3, 2)" in page.said.text
    page.press(page.button)
    page.start = (4, 4)  # the goal
    page.press(page.button)
    assert page.shown.position == (0, 0)


def test_it_is_the_policy_of_the_moment_that_is_shown(page):
    page.history.show_episode(2)
    moment = page.history.moment
    page.press(page.button)
    page.tick(30)
    assert page.shown.q_values is moment.q_values
    assert page.shown.step > 0
    page.history.show_episode(3)
    assert not page.replay.watching
    assert page.shown.episode == 3


def test_a_view_of_the_last_update_may_leave_it_out(page):
    other = type(page.grid)()
    page.history.follow(other, replays=False)
    page.press(page.button)
    page.tick(20)
    assert {snapshot.last_update for snapshot in other.drawn} == {page.room.snapshot.last_update}


def lead(layout, moves, max_steps=1_000):
    """A trainer whose greedy policy makes these moves in these states, else goes right."""
    trainer = Trainer(GridWorldConfig(layout=layout, max_steps=max_steps))
    values = trainer.agent.q_values
    values[:] = 0
    values[:, Action.RIGHT] = 1
    for state, action in moves.items():
        values[state, action] = 2
    return trainer


@pytest.mark.parametrize(
    ("layout", "moves", "n_steps", "words"),
    [
        ("SG\n..", {}, 1, "reached the goal in 1 step, return 1.00"),
        ("S.X\n..G", {}, 2, "ended in a pit after 2 steps, return −1.01"),
        (
            *("S..\n..G", {2: Action.LEFT}, 1 + 2 * 2),
            "did not reach the goal within 1,000 steps: it goes round in a loop of 2 steps",
        ),
        (
            *("S..\n..G", {}, 2 + 2 * 1),
            "did not reach the goal within 1,000 steps: it stays where it is",
        ),
    ],
)
def test_the_outcome_is_told_and_a_loop_is_shown_twice(layout, moves, n_steps, words):
    trainer = lead(layout, moves)
    assert outcome_of(trainer.greedy_episode(0), trainer.snapshot) == (
        n_steps,
        f"Greedy from (0, 0): {words}",
    )


def test_some_rounds_by_chance_are_no_loop():
    trainer = Trainer(GridWorldConfig(layout="S..\n..G", max_steps=20))
    states = np.array([0, 3, 4, 1, 4, 3, 0, 1, 2, 1, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    episode = GreedyEpisode(states, np.zeros(20, np.int64), np.full(20, -0.01))
    n_steps, words = outcome_of(episode, trainer.snapshot)
    assert n_steps == 20
    assert words.endswith("did not reach the goal within 20 steps")


def test_a_frame_has_the_last_cells_only_and_tells_its_step():
    trainer = lead("S" + "." * 40 + "G\n" + "." * 42, {})
    episode = trainer.greedy_episode(0)
    frame = frame_of(episode, trainer.snapshot, 41)
    assert frame.trail.tolist() == [[0, col] for col in range(22, 42)]
    assert frame.last_step.terminated
    assert frame.last_step.next_state == 41
    assert frame_of(episode, trainer.snapshot, 0).last_step is None

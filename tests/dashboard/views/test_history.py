"""Going back in a run, and playing it, without a browser."""

import re
from contextlib import nullcontext

import panel as pn
import param
import pytest

from dashboard.rooms import room as room_module
from dashboard.rooms.room import Room
from dashboard.views.history import HistoryView, IntSlider
from gridworld import Status


class Recorder:
    """A view that keeps what it was told to draw."""

    min_interval = 0.0

    def __init__(self):
        self.panel = pn.Spacer()
        self.drawn = []

    def update(self, snapshot):
        self.drawn.append(snapshot)


class Page:
    """A history with what a person sees and does."""

    def __init__(self, room):
        self.room = room
        self.history = HistoryView(room, nullcontext)
        self.grid = Recorder()
        self.followed = self.history.follow(self.grid)
        self.now = 100.0
        play, slider, note, back = self.history.panel
        self.play, self.slider, self.note, self.back = play, slider, note.object, back

    @property
    def shown(self):
        return self.grid.drawn[-1]

    @property
    def told(self):
        """What the line says at its right end."""
        assert self.note.visible is not self.back.visible
        assert self.history.banner.visible is self.back.visible
        return self.note.text if self.note.visible else self.back.label

    @property
    def banner(self):
        assert self.history.banner.visible
        return re.sub("&lt;/?span.*?>", "", self.history.banner[0].object.text)

    def drag(self, place):
        """Moves the slider, and lets go of it."""
        self.slider.value = place
        self.let_go(place)

    def echo(self, place):
        """Sends a value as the browser does, without a person."""
        self.slider._process_events({"value": place})

    def let_go(self, place):
        with param.edit_constant(self.slider):
            self.slider.value_throttled = place

    def press(self, button):
        button.clicks += 1

    def tick(self, n_times=1, seconds=0.05):
        for _ in range(n_times):
            self.history.tick(self.now)
            self.now += seconds

    def draw(self):
        self.history.update(self.room.snapshot)
        self.followed.update(self.room.snapshot)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """A machine that finds each moment in time."""
    monkeypatch.setattr(room_module, "_MOMENT_SECONDS", 60.0)


def paused(kind, n_episodes):
    """A page of a run that rests a step after so many episodes."""
    room = Room()
    room.start()
    room.trainer.advance(10**6, until_episode=n_episodes)
    room.step()
    page = kind(room)
    page.draw()
    return page


@pytest.fixture
def page():
    return paused(Page, 20)


def test_its_buttons_and_its_slider_have_names(page):
    assert isinstance(page.slider, IntSlider)
    assert (page.play.label, page.slider.label) == ("Play history", "History")


def test_before_the_first_step_there_is_nothing_to_go_back_to():
    page = Page(Room())
    assert page.slider.disabled
    assert page.play.disabled
    assert page.told == "● Live"


def test_the_slider_goes_from_episode_to_episode(page):
    assert page.told == "● Live · episode 21"
    assert (page.slider.value, page.slider.end, page.slider.step) == (21, 21, 1)
    for episode in (20, 19, 3, 7):
        page.drag(episode)
        assert page.shown.episode == episode
        assert page.shown.last_step.terminated
        assert page.told == f"Episode {episode} · Back to live"
        steps = page.shown.total_steps
        assert f"Episode {episode}, as it was after {steps:,} steps" in page.banner
    page.drag(0)
    assert page.shown.total_steps == 0
    assert page.told == "Start · Back to live"
    assert "Before the first step" in page.banner
    page.drag(21)
    assert page.told == "● Live · episode 21"
    assert page.shown is page.room.snapshot


def test_in_the_first_episodes_it_goes_from_step_to_step():
    room = Room()
    for _ in range(5):
        room.step()
    page = Page(room)
    assert page.slider.end == 5
    page.drag(2)
    assert page.shown.total_steps == 2
    assert page.told == "Step 2 · Back to live"
    page.press(page.back)
    assert page.shown.total_steps == 5


@pytest.mark.parametrize(
    ("do", "said"),
    [("resume", "the run goes on"), ("pause", "the run is paused"), ("stop", "the run is over")],
)
def test_the_banner_says_whether_the_run_goes_on(page, do, said):
    page.room.resume()
    if do != "resume":
        getattr(page.room, do)()
    page.draw()
    page.history.show_episode(4)
    assert f"— {said}." in page.banner
    assert 'role="status"' in page.banner
    page.press(page.history.banner[1])
    assert page.history.moment is None
    assert not page.history.banner.visible


def test_the_run_goes_on_while_a_moment_is_shown(page):
    page.history.show_episode(5)
    moment, n_drawn = page.shown, len(page.grid.drawn)
    page.room.resume()
    page.room.trainer.advance(3_000)
    page.room.pause()
    page.draw()
    assert len(page.grid.drawn) == n_drawn
    assert page.shown is moment
    assert page.slider.end > 21
    assert page.slider.value == 5


def test_a_click_on_the_curve_goes_to_that_episode(page):
    page.history.show_episode(12)
    assert page.history.moment.episode == page.slider.value == 12
    page.history.show_episode(-1)
    assert page.history.moment.total_steps == 0
    page.history.show_episode(99)
    assert page.history.moment is None


def test_playing_goes_through_the_episodes_up_to_the_present(page):
    page.press(page.play)
    assert page.shown.total_steps == 0
    page.tick(20 * 20)
    assert {snapshot.episode for snapshot in page.grid.drawn} == {*range(21)}
    assert page.history.moment is None
    assert page.told == "● Live · episode 21"
    assert page.slider.value == page.slider.end


def test_playing_keeps_a_steady_rate_and_can_be_held(page):
    page.history.show_episode(3)
    page.press(page.play)
    page.tick(20)  # a second
    reached = page.history.moment.episode
    assert reached == pytest.approx(3 + 8, abs=2)
    page.press(page.play)
    page.tick(100)
    assert page.history.moment.episode == reached == page.slider.value
    page.press(page.play)
    page.drag(2)
    page.tick(100)
    assert page.history.moment.episode == 2


def test_what_the_browser_sends_back_late_is_not_taken_for_a_person(page):
    page.press(page.play)
    page.tick(15)
    reached = page.history.moment.episode
    page.echo(0)
    assert page.history.moment.episode == reached
    page.tick(10)
    assert page.history.moment.episode > reached
    page.let_go(0)  # but a key or a drag that goes there is
    assert page.history.moment.episode == 0
    page.tick(20)
    assert page.history.moment.episode == 0


def test_a_long_run_is_played_in_a_minute_or_so():
    room = Room()
    room.learner.config.num_episodes = 10_000
    room.start()
    room.trainer.train(show_progress=False)
    room.advance_to(0.0)
    page = Page(room)
    page.press(page.play)
    page.tick(20 * 90)
    assert page.history.moment is None
    assert 400 < len({snapshot.episode for snapshot in page.grid.drawn}) < 800


def test_a_moment_that_takes_long_to_find_is_shown_when_it_is_found(page):
    exact, calls = page.room.moment_at, []

    def moment_at(total_steps):
        calls.append(total_steps)
        late = len(calls) > 3
        return exact(total_steps) if late else page.room.keyframe_at(total_steps)

    page.room.moment_at = moment_at
    wanted = int(page.room.snapshot.episode_lengths[:11].sum())
    page.history.show_episode(11)
    assert page.shown.total_steps < wanted
    assert page.slider.value == 11
    page.tick(5)
    assert page.shown.total_steps == wanted
    assert len(calls) == 4


def test_another_run_is_shown_as_it_is(page):
    page.press(page.play)
    page.tick(20)
    page.room.reset()
    page.draw()
    page.tick(20)
    assert page.history.moment is None
    assert page.shown.status is Status.IDLE
    assert page.told == "● Live"

"""The sheet Save: runs taken away from the page, and brought back to it."""

import contextlib
import csv
import io
import json
import re
import zipfile

import numpy as np
import psutil
import pytest
from PIL import Image
from playwright.sync_api import expect

from dashboard.controls.files import MAX_UPLOAD_BYTES, FilesPanel
from dashboard.export import images
from dashboard.rooms.room import Room
from dashboard.session.runner import Runner
from dashboard.words.sentence import WORDS
from gridworld import GridWorldConfig, QLearningConfig, Status, Trainer
from tests.dashboard.export.test_static_page import Opened
from tests.gridworld.runs.test_run import all_of

pytestmark = pytest.mark.shares_page

MAP = "S..#\n.C.X\n...G"


def make(seed=5, learning=None, **world):
    return Trainer(
        GridWorldConfig(**({"level": "hard", "slip": 0.1} | world)),
        QLearningConfig(**({"learning_rate": 0.3, "num_episodes": 200} | (learning or {}))),
        seed=seed,
    )


def open_files(dashboard):
    """Opens the sheet with the files, if it is closed."""
    if not dashboard.button("Close Save").is_visible():
        dashboard.press("Save")
    dashboard.button("Download run").wait_for()


def close_files(dashboard):
    """Closes the sheet, which lies over the menu."""
    dashboard.press("Close Save")
    expect(dashboard.button("Download run")).not_to_be_visible()


def set_up(dashboard):
    """Enters the settings of `make`."""
    dashboard.choose("Hard")
    dashboard.enter(Slip=0.1, Learning_rate=0.3, Episodes=200, Seed=5, Steps_per_update=100)
    open_files(dashboard)


def download(dashboard, name, folder):
    with dashboard.page.expect_download(timeout=90_000) as begun:
        dashboard.button(f"Download {name}").click()
    path = folder / begun.value.suggested_filename
    begun.value.save_as(path)
    return path


def upload(dashboard, path):
    open_files(dashboard)
    dashboard.page.get_by_label("Upload run", exact=True).set_input_files(path)


def close_the_only_toast(dashboard, text):
    expect(dashboard.toasts(text)).to_have_count(1)
    expect(dashboard.toasts()).to_have_count(1)
    dashboard.toasts().get_by_role("button", name="Close").click()
    expect(dashboard.toasts()).to_have_count(0)


def expect_run(dashboard, trainer):
    """The page shows this run: its numbers, its curve, its map and its settings."""
    snapshot = trainer.snapshot
    expect(dashboard.status).to_have_text(WORDS[snapshot.status])
    expect(dashboard.number("Total steps")).to_have_text(f"{snapshot.total_steps:,}")
    expect(dashboard.number("Epsilon ε")).to_have_text(f"{snapshot.epsilon:.3f}")
    expect(dashboard.progress).to_have_attribute("value", str(snapshot.episode))
    expect(dashboard.progress).to_have_attribute("max", str(snapshot.num_episodes))
    dashboard.wait_until(
        lambda: dashboard.source("episodes")["y"] == snapshot.episode_returns.tolist()
    )
    lines = snapshot.layout.split("\n")
    assert dashboard.walls == {
        (row, col) for row, line in enumerate(lines) for col, at in enumerate(line) if at == "#"
    }
    assert dashboard.trail[-1] == snapshot.position
    for label, value in {
        "Slip": trainer.world_config.slip,
        "Learning rate": trainer.learning_config.learning_rate,
        "Episodes": trainer.learning_config.num_episodes,
        "Seed": trainer.seed,
    }.items():
        expect(dashboard.field(label)).to_have_value(f"{value:g}")
    expect(dashboard.field("Level")).to_have_value(
        re.compile(trainer.world_config.level, re.IGNORECASE)
    )


def test_a_run_is_downloaded_as_the_page_shows_it(dashboard, tmp_path):
    set_up(dashboard)
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=1000)
    dashboard.press("Pause")
    expect(dashboard.status).to_have_text("Paused")
    expected = make()
    expected.advance(dashboard.total_steps)
    expected.pause()
    run = Trainer.load(download(dashboard, "run", tmp_path))
    assert run.status is Status.PAUSED
    assert all_of(run) == all_of(expected)
    dashboard.press("Step")  # and it can be had anew at once, as it is then
    expect(dashboard.number("Total steps")).to_have_text(f"{expected.total_steps + 1:,}")
    again = Trainer.load(download(dashboard, "run", tmp_path))
    assert again.total_steps == expected.total_steps + 1


@pytest.mark.slow
def test_files_tells_how_long_a_training_is_kept_where_a_server_keeps_it(dashboard):
    words = "kept for 30 minutes, then dropped; download the run to keep it."
    open_files(dashboard)
    expect(dashboard.page.get_by_text(words)).to_be_visible()
    room = Room()  # as in a notebook
    panel = FilesPanel(room, Runner(room, lambda _: None)).panel
    texts = [str(getattr(pane, "object", "")) for pane in panel.select()]
    assert any("A download is made of the run as it is" in text for text in texts)
    assert not any(words in text for text in texts)


@pytest.mark.slow
def test_tables_and_pictures_are_those_of_the_same_run_made_without_a_page(
    dashboard, browser, tmp_path
):
    set_up(dashboard)
    # Few moments, so that the moving picture is soon made.
    dashboard.enter(Maximum_steps=6, Episodes=5)
    dashboard.press("Start")
    expect(dashboard.status).to_have_text("Finished")
    expected = make(learning={"num_episodes": 5}, max_steps=6)
    expected.train(show_progress=False)
    with open(download(dashboard, "episodes", tmp_path), newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["return"]) for row in rows] == expected.snapshot.episode_returns.tolist()
    assert [int(row["length"]) for row in rows] == expected.snapshot.episode_lengths.tolist()
    with open(download(dashboard, "Q-table", tmp_path), newline="") as file:
        q_values = [float(row["q"]) for row in csv.DictReader(file)]
    assert q_values == expected.snapshot.q_values.ravel().tolist()

    for name, made in (("picture", images.png(expected)), ("GIF", images.gif(expected))):
        path = download(dashboard, name, tmp_path)
        with Image.open(path) as picture:
            assert f".{picture.format}".lower() == path.suffix
        assert path.read_bytes() == made

    with Opened(browser, download(dashboard, "snapshot", tmp_path)) as opened:
        opened.expect_moment(expected.snapshot)
        opened.press("First moment")
        opened.expect_moment(expected.keyframes[0])
        assert opened.troubles == []


@pytest.mark.slow
def test_downloads_in_mid_run_do_not_disturb_it(dashboard, tmp_path):
    set_up(dashboard)
    dashboard.enter(Steps_per_update=10, Episodes=300)
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=100)
    before = dashboard.total_steps
    with dashboard.page.expect_download(timeout=90_000) as begun:
        dashboard.button("Download snapshot").click()
        close_the_only_toast(dashboard, "Making the file")
        dashboard.wait_for_steps(more_than=before + 50)
    assert begun.value.suggested_filename == "gridworld-run.html"
    expect(dashboard.status).to_have_text("Learning")
    run = Trainer.load(download(dashboard, "run", tmp_path))
    assert run.status is Status.PAUSED  # nobody steps it there
    dashboard.toggle("Turbo")
    expect(dashboard.status).to_have_text("Finished")
    expected = make(learning={"num_episodes": 300})
    expected.train(show_progress=False)
    run.train(show_progress=False)
    assert all_of(run) == all_of(expected)
    assert all_of(Trainer.load(download(dashboard, "run", tmp_path))) == all_of(expected)


@pytest.mark.slow
def test_a_page_closed_while_its_file_is_made_leaves_nothing_and_disturbs_nobody(
    open_dashboard, server
):
    def making():
        found = []
        for child in server.process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if "dashboard.export" in child.cmdline():
                    found.append(child)
        return found

    other, leaving = open_dashboard(), open_dashboard()
    other.enter(Episodes=1_000_000)
    other.press("Start")
    leaving.press("Step")
    open_files(leaving)
    leaving.button("Download snapshot").click()
    other.wait_until(making)
    leaving.page.close()
    other.wait_for_steps(more_than=other.total_steps + 100)
    other.wait_until(lambda: not making(), seconds=60)
    expect(other.status).to_have_text("Learning")
    expect(other.toasts()).to_have_count(0)


def test_files_are_downloaded_by_keyboard_too(dashboard, tmp_path):
    open_files(dashboard)
    with dashboard.page.expect_download() as begun:
        dashboard.button("Download run").focus()
        dashboard.page.keyboard.press("Enter")
    begun.value.save_as(tmp_path / "run.npz")
    assert Trainer.load(tmp_path / "run.npz").status is Status.IDLE


@pytest.mark.slow
@pytest.mark.parametrize(
    "world",
    [{}, {"level": "random", "n_rows": 5, "n_cols": 8}, {"level": "custom", "layout": MAP}],
)
def test_an_uploaded_run_is_shown_and_goes_on_to_the_same_bits(dashboard, tmp_path, world):
    expected = make(**world)
    expected.advance(1234)
    expected.tune(epsilon=0.4)
    expected.advance(55)
    expected.pause()
    expected.save(tmp_path / "run.npz")
    dashboard.press("Episode", "Stop")  # of another run, on another map
    expect(dashboard.status).to_have_text("Stopped")
    upload(dashboard, tmp_path / "run.npz")
    expect(dashboard.toasts(f"Run loaded, at episode {expected.snapshot.episode}")).to_have_count(1)
    expect_run(dashboard, expected)
    expect(dashboard.field("Seed")).to_be_disabled()
    dashboard.toggle("Turbo")
    dashboard.press("Resume")
    expect(dashboard.status).to_have_text("Finished")
    expected.train(show_progress=False)
    expect_run(dashboard, expected)
    run = Trainer.load(download(dashboard, "run", tmp_path))
    assert run.changes == expected.changes
    assert all_of(run) == all_of(expected)


@pytest.mark.slow
def test_a_finished_run_is_shown_without_a_word_on_how_it_ended_and_can_be_made_again(
    dashboard, tmp_path
):
    expected = make()
    expected.train(show_progress=False)
    expected.save(tmp_path / "run.npz")
    upload(dashboard, tmp_path / "run.npz")
    close_the_only_toast(dashboard, "Run loaded, at episode 200")
    expect_run(dashboard, expected)
    settings = "level=hard&slip=0.1&learning_rate=0.3&episodes=200&seed=5"
    dashboard.wait_until(lambda: f"?{settings}&room=" in dashboard.page.url)
    expect(dashboard.field("Seed")).to_be_enabled()
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    expect(dashboard.toasts("Finished after")).to_have_count(1)
    expect_run(dashboard, expected)
    assert all_of(Trainer.load(download(dashboard, "run", tmp_path))) == all_of(expected)


@pytest.mark.slow
def test_no_run_is_uploaded_over_one_that_is_under_way(dashboard, tmp_path):
    for name in ("run.npz", "again.npz"):
        make().save(tmp_path / name)
    dashboard.enter(Episodes=1_000_000, Steps_per_update=1)
    dashboard.press("Start")
    upload(dashboard, tmp_path / "run.npz")
    close_the_only_toast(dashboard, "Nothing was loaded: A run is under way; Stop it before")
    expect(dashboard.status).to_have_text("Learning")
    dashboard.wait_for_steps(more_than=dashboard.total_steps + 20)
    dashboard.press("Pause")
    expect(dashboard.status).to_have_text("Paused")
    steps = dashboard.total_steps
    upload(dashboard, tmp_path / "again.npz")
    close_the_only_toast(dashboard, "Nothing was loaded: A run is under way; Stop it before")
    assert dashboard.total_steps == steps
    expect(dashboard.field("Episodes")).to_have_value("1000000")
    expected = Trainer(GridWorldConfig(), QLearningConfig(num_episodes=1_000_000))
    expected.advance(steps)
    run = Trainer.load(download(dashboard, "run", tmp_path))
    assert run.agent.q_values.tobytes() == expected.agent.q_values.tobytes()


def edited(data, **fields):
    """A saved run with other fields in its header."""
    with np.load(io.BytesIO(data)) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays["header"].tobytes()) | fields
    file = io.BytesIO()
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def bomb(data):
    """A saved run of which one array, well packed, has 100 million bytes too many."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as whole,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in whole.namelist():
            with packed.open(name, "w") as member:
                member.write(whole.read(name))
                for _ in range(100 * (name == "q_values.npy")):
                    member.write(bytes(1_000_000))
    return file.getvalue()


@pytest.mark.slow
def test_a_bad_file_gives_one_toast_that_tells_what_is_wrong(dashboard, tmp_path):
    trainer = make()
    trainer.advance(500)
    trainer.save(tmp_path / "run.npz")
    data = (tmp_path / "run.npz").read_bytes()
    dashboard.press("Episode", "Step", "Step")
    before = Trainer()
    before.step_episode(), before.step(), before.step()
    expect_run(dashboard, before)
    for name, content, message in (
        ("truncated.npz", data[:-100], "this file is no saved run of GridWorld Dashboard"),
        ("foreign.npz", b"hello world" * 50, "this file is no saved run of GridWorld Dashboard"),
        ("empty.npz", b"", "the file is empty"),
        ("notes.txt", b"S..\n..G\n", "this file is no saved run of GridWorld Dashboard"),
        ("bomb.npz", bomb(data), "q_values must have at most"),
        ("newer.npz", edited(data, version=5), "version must be at most 4, got 5: a newer"),
        ("wicked.npz", edited(data, status="<b id=x>"), "got '<b id=x>'"),
    ):
        (tmp_path / name).write_bytes(content)
        upload(dashboard, tmp_path / name)
        expect(dashboard.toasts("Nothing was loaded: ")).to_have_count(1)
        close_the_only_toast(dashboard, message)
    expect_run(dashboard, before)
    dashboard.press("Step")
    before.step()
    expect_run(dashboard, before)
    close_files(dashboard)
    dashboard.press("Stop")
    upload(dashboard, tmp_path / "run.npz")
    expect(dashboard.toasts("Run loaded, at episode")).to_have_count(1)
    expect(dashboard.number("Total steps")).to_have_text("500")


@pytest.mark.slow
def test_a_file_that_is_too_large_is_refused_by_browser_and_server(dashboard, tmp_path):
    with open(tmp_path / "large.npz", "wb") as file:
        file.truncate(MAX_UPLOAD_BYTES + 1)
    message = f"Nothing was loaded: a file must have at most {MAX_UPLOAD_BYTES:,} bytes"
    upload(dashboard, tmp_path / "large.npz")
    close_the_only_toast(dashboard, message)
    (complaint,) = dashboard.troubles
    assert "exceeds maximum file size" in complaint
    dashboard.troubles.clear()

    assert dashboard.page.evaluate(_LIFT_LIMIT)
    (tmp_path / "large.npz").rename(tmp_path / "larger.npz")  # a browser tells of changes only
    upload(dashboard, tmp_path / "larger.npz")
    close_the_only_toast(dashboard, message)
    make().save(tmp_path / "run.npz")
    upload(dashboard, tmp_path / "run.npz")
    expect(dashboard.toasts("Run loaded")).to_have_count(1)


#: Has the browser send files of any size, as a tampered one would.
_LIFT_LIMIT = """() => {
  for (const model of Bokeh.documents[0]._all_models.values()) {
    if (!model.data?.max_file_size) continue
    model.data.setv({max_file_size: null}, {sync: false})
    return true
  }
}"""

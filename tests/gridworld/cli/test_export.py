"""`gridworld export` to the files that the dashboard's side makes."""

import csv

import pytest
from PIL import Image

from gridworld import GridWorldConfig, QLearningConfig, Trainer
from tests.gridworld.cli.test_commands import fails, run


@pytest.fixture(scope="module")
def trainer():
    trainer = Trainer(
        GridWorldConfig(level="hard", max_steps=8), QLearningConfig(num_episodes=5), seed=2
    )
    trainer.train(show_progress=False)
    return trainer


@pytest.fixture
def saved(trainer, tmp_path):
    trainer.save(tmp_path / "run.npz")
    return tmp_path / "run.npz"


@pytest.mark.slow
def test_all_kinds_of_files_are_written_at_once(saved, trainer, tmp_path):
    files = {kind: tmp_path / f"out.{kind}" for kind in ("csv", "html", "gif", "png")}
    done = run("export", saved, *(f"--{kind}={file}" for kind, file in files.items()))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [f"Wrote {file}." for file in files.values()]
    assert {file.name for file in tmp_path.iterdir()} == {
        saved.name,
        *(f.name for f in files.values()),
    }

    with open(files["csv"], newline="") as file:
        returns = [float(row["return"]) for row in csv.DictReader(file)]
    assert returns == trainer.snapshot.episode_returns.tolist()
    with Image.open(files["png"]) as picture:
        assert picture.format == "PNG"
        assert picture.width == picture.height
        assert 1200 <= picture.width <= 1300  # the grid, and its numbers of rows and columns
    with Image.open(files["gif"]) as picture:
        assert picture.format == "GIF"
        steps = {moment.total_steps for moment in (*trainer.keyframes, trainer.snapshot)}
        assert picture.n_frames == len(steps)


@pytest.mark.slow
def test_the_page_needs_no_other_file_and_no_host(saved, trainer, tmp_path, browser):
    from tests.dashboard.export.test_static_page import Opened

    assert run("export", saved, "--html", tmp_path / "run.html").returncode == 0
    saved.unlink()
    with Opened(browser, tmp_path / "run.html") as opened:
        opened.expect_moment(trainer.snapshot)
        assert opened.troubles == []


@pytest.mark.parametrize("kind", ["html", "gif", "png", "csv"])
def test_a_folder_that_is_missing_is_told_in_one_line(saved, tmp_path, kind):
    target = tmp_path / "missing" / f"out.{kind}"
    status, line = fails("export", saved, f"--{kind}", target)
    assert status == 1
    assert str(target.parent) in line
    assert list(tmp_path.iterdir()) == [saved]


def test_a_folder_in_place_of_a_file_is_refused(saved, tmp_path):
    folder = tmp_path / "run.png"
    folder.mkdir()
    assert fails("export", saved, "--png", folder) == (1, f"{folder} is a folder, not a file")


def test_a_file_that_is_no_run_is_told_in_one_line_and_nothing_is_written(tmp_path):
    (tmp_path / "foreign.npz").write_bytes(b"hello")
    status, line = fails("export", tmp_path / "foreign.npz", "--gif", tmp_path / "run.gif")
    assert (status, line) == (1, "this file is no saved run of GridWorld Dashboard")
    status, line = fails("export", tmp_path / "none.npz", "--gif", tmp_path / "run.gif")
    assert status == 1
    assert "none.npz" in line
    assert [file.name for file in tmp_path.iterdir()] == ["foreign.npz"]

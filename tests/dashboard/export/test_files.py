"""Exports as files: recipes, pictures, processes, the command line."""

import asyncio
import contextlib
import io
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dashboard.export import ExportError, export_async, export_gif, export_html, export_png
from dashboard.export import worker as export_process
from dashboard.export.keyframes import moments_of, thinned
from dashboard.export.report import RunReport
from dashboard.export.static_page import template
from dashboard.views.board.geometry import Geometry
from gridworld import GridWorldConfig, QLearningConfig, Trainer

WORLDS = [
    {"level": "hard", "slip": 0.1, "step_reward": -0.5},
    {"level": "windy_gridworld", "max_steps": 300},
    {"level": "random", "n_rows": 5, "n_cols": 9, "map_seed": 3},
    {"layout": "S..\n.C.\nX.G", "wind": (0, 1, 0)},
]


def recipe_of(trainer):
    """The lines that a page and a file tell."""
    return trainer.origin.to_python(trainer.total_steps, trainer.changes)


def run(coroutine):
    """Its result, from a loop of its own: Playwright's may be under way in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def finished():
    trainer = Trainer(GridWorldConfig(level="hard"), QLearningConfig(num_episodes=60), seed=2)
    trainer.train(show_progress=False)
    return trainer


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("end", ["finished", "paused", "stopped", "idle"])
def test_the_recipe_makes_the_same_table_to_the_last_bit(world, end, tmp_path):
    learning = QLearningConfig(num_episodes=40, learning_rate=0.3, initial_q=0.5)
    trainer = Trainer(GridWorldConfig(**world), learning, seed=11)
    if end != "idle":
        trainer.advance(150)
        trainer.tune(epsilon=0.25, discount_factor=0.9)
        trainer.advance(77)
        trainer.tune(learning_rate=0.05)
    if end == "finished":
        trainer.train(show_progress=False)
    if end == "paused":
        trainer.pause()
    if end == "stopped":
        trainer.stop()
    trainer.save(tmp_path / "run.npz")
    made = {}
    exec(recipe_of(Trainer.load(tmp_path / "run.npz")), made)
    assert made["trainer"].agent.q_values.tobytes() == trainer.agent.q_values.tobytes()
    assert made["trainer"].total_steps == trainer.total_steps


def test_recipe_and_facts_are_of_the_run_not_of_settings_changed_since(tmp_path):
    trainer = finished()
    report = RunReport.of(trainer, trainer.snapshot)
    trainer.world_config.param.update(level="random", slip=0.3)
    trainer.learning_config.learning_rate = 0.9
    trainer.seed = 8
    trainer.save(tmp_path / "run.npz")
    for run in (trainer, Trainer.load(tmp_path / "run.npz")):
        assert RunReport.of(run, trainer.snapshot) == report
        made = {}
        exec(recipe_of(run), made)
        assert made["trainer"].agent.q_values.tobytes() == trainer.agent.q_values.tobytes()


@given(st.integers(1, 400), st.integers(2, 200))
def test_thinning_keeps_the_first_and_the_last_and_the_order(n_items, most):
    kept = thinned(range(n_items), most)
    assert len(kept) == min(n_items, most)
    assert kept[0] == 0
    assert kept[-1] == n_items - 1
    assert np.all(np.diff(kept) > 0)


def test_text_on_the_page_is_never_markup():
    wicked = "<script>alert(1)</script>"
    report = dict.fromkeys(("level", "status", "recipe", "version"), wicked)
    report |= {
        "results": {wicked: wicked},
        "settings": {wicked: [{"label": wicked, "value": wicked, "doc": wicked}]},
        "changes": [(wicked,) * 4],
    }
    page = template().render(title=wicked, report=report, roots=[], n_moments=1, n_left_out=0)
    assert wicked not in page
    assert page.count("&lt;script&gt;") == 15


def test_a_png_shows_walls_and_agent_where_they_are(tmp_path):
    trainer = finished()
    export_png(trainer, tmp_path / "grid.png")
    with Image.open(tmp_path / "grid.png") as image:
        picture = image.convert("RGB")
    place = Geometry(7, 7)
    cell = picture.width / (place.right - place.left)
    row, col = trainer.snapshot.position

    def colour(row, col):
        x, y = col - place.left, row - place.top - place.lift
        return picture.getpixel((int(x * cell), int(y * cell)))

    assert picture.width == picture.height
    assert colour(0, 2) == (0x5B, 0x63, 0x6B)
    assert colour(row, col) == (0xD6, 0x26, 0x7F)


@pytest.mark.slow
def test_a_gif_shows_every_keyframe_first_to_last(tmp_path):
    trainer = finished()
    export_gif(trainer, tmp_path / "run.gif")
    trainer.analyse()
    with Image.open(tmp_path / "run.gif") as image:
        assert image.n_frames == len(moments_of(trainer))
        assert max(image.size) <= 460
        place = Geometry(7, 7)
        cell = image.width / (place.right - place.left)
        pictures = []
        for frame, moment in ((0, trainer.keyframes[0]), (image.n_frames - 1, trainer.snapshot)):
            image.seek(frame)
            pictures.append(image.convert("RGB"))
            row, col = moment.position
            x, y = col - place.left, row - place.top - place.lift
            middle = (int(x * cell), int(y * cell))
            red, green, blue = pictures[-1].getpixel(middle)
            assert red > 180
            assert green < 80
            assert blue < 170
    assert pictures[0].tobytes() != pictures[1].tobytes()


def test_what_cannot_be_written_is_refused_and_nothing_is_lost(tmp_path):
    trainer = finished()
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        export_html(trainer, tmp_path / "missing" / "run.html")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        export_gif(trainer, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_event_loop_goes_on_while_a_file_is_made():
    async def main():
        ticks = 0
        export = asyncio.ensure_future(export_async(finished(), "png"))
        while not export.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks, await export

    ticks, made = run(main())
    assert ticks > 20
    with Image.open(io.BytesIO(made)) as image:
        assert image.format == "PNG"


def exporting():
    """The processes that make files; a browser or a server may be there, too."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "dashboard.export" in child.cmdline():
                found.append(child)
    return found


@pytest.mark.slow
def test_two_files_are_made_at_a_time_and_the_others_wait():
    async def main():
        exports = asyncio.gather(*(export_async(finished(), "png") for _ in range(3)))
        most = 0
        while not exports.done():
            most = max(most, len(exporting()))
            await asyncio.sleep(0.01)
        return most, await exports

    most, made = run(main())
    assert most == export_process.MAX_PROCESSES
    assert len(set(made)) == 1


def test_a_cancelled_export_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def main():
        export = asyncio.ensure_future(export_async(finished(), "html"))
        while not exporting():
            await asyncio.sleep(0.01)
        export.cancel()
        with pytest.raises(asyncio.CancelledError):
            await export

    run(main())
    assert exporting() == []
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_fails_says_why():
    with pytest.raises(ExportError, match="export failed"):
        run(export_process.export_saved(b"no run", "html"))


@pytest.mark.slow
def test_the_command_line_makes_files_of_a_saved_run(tmp_path):
    finished().save(tmp_path / "run.npz")

    def run(*arguments):
        command = [sys.executable, "-m", "dashboard.export", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert run("run.npz", "run.html").returncode == 0
    assert "trainer.advance(" in (tmp_path / "run.html").read_text("utf-8")
    assert run("run.npz", "run.png").returncode == 0
    for arguments, message in (
        (("run.npz", "run.txt"), "target must end in .html, .gif or .png"),
        (("run.html", "other.html"), "this file is no saved run"),
        (("none.npz", "other.html"), "none.npz"),
    ):
        refused = run(*arguments)
        assert refused.returncode == 2
        assert message in refused.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.html", "run.npz", "run.png"]


def test_a_page_is_refused_where_the_material_components_are_known():
    code = (
        "import dashboard.export.static_page as page, sys\n"
        "from gridworld import Trainer\n"
        "assert 'panel_material_ui' not in sys.modules\n"
        "import panel_material_ui\n"
        "page.static_page(Trainer())\n"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "needs a process without panel_material_ui" in made.stderr

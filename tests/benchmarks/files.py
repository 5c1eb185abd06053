"""Files of a run: time to make them and their sizes."""

import tempfile
import time
from pathlib import Path
from statistics import median

from dashboard.export import export_gif, export_html
from gridworld import GridWorldConfig, QLearningConfig, Trainer
from tests.benchmarks import Row


def run(smoke: bool) -> list[Row]:
    """All of them, of a run at 7×7."""
    repeats = 1 if smoke else 3
    trainer = Trainer(GridWorldConfig(level="hard"), QLearningConfig(num_episodes=500))
    trainer.start()
    trainer.advance(50 if smoke else 10**9)
    with tempfile.TemporaryDirectory() as folder:
        run_file, page, picture = (
            Path(folder, name) for name in ("run.npz", "run.html", "run.gif")
        )
        saving = median(_seconds(trainer.save, run_file) for _ in range(10 * repeats))
        loading = median(_seconds(Trainer.load, run_file) for _ in range(10 * repeats))
        html = median(_seconds(export_html, trainer, page) for _ in range(repeats))
        gif = _seconds(export_gif, trainer, picture)
        return [
            Row(
                f"A run at 7×7 with {len(trainer.keyframes)} keyframes: saved, loaded, size",
                f"{1000 * saving:.0f} ms, {1000 * loading:.0f} ms, {_kilobytes(run_file)}",
                "–",
            ),
            Row(
                "Static page of it: time, size", f"{html:.1f} s, {_kilobytes(page)}", "≤ 10 s, 6 MB"
            ),
            Row("GIF of it: time, size", f"{gif:.1f} s, {_kilobytes(picture)}", "–"),
        ]


def _seconds(call, *arguments) -> float:
    started = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - started


def _kilobytes(path: Path) -> str:
    return f"{path.stat().st_size / 1000:,.0f} kB"

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gridworld
from gridworld import ALGORITHMS
from tests.gridworld.test_compiled import HELPER, PROGRAM, files

ROOT = Path(gridworld.__file__).parents[1]
TRAIN = """
from gridworld import Trainer
trainer = Trainer(seed=0)
trainer.step_episode()
print(trainer.snapshot.q_values.tobytes().hex())
"""


def python(*arguments, cache, folder=ROOT):
    """Starts a process that keeps compiled code in ``cache``."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output(process):
    """What a process prints that works."""
    printed, complaints = process.communicate(timeout=300)
    assert process.returncode == 0, complaints
    return printed, complaints.splitlines()


@pytest.mark.slow
def test_three_processes_that_compile_at_once_agree_and_the_next_compiles_nothing(tmp_path):
    processes = [python("-c", TRAIN, cache=tmp_path) for _ in range(3)]
    results = [output(process) for process in processes]
    kept = files(tmp_path)
    assert [path.suffix for path in kept] == [".nbc"]
    results.append(output(python("-c", TRAIN, cache=tmp_path)))
    assert files(tmp_path) == kept
    assert len({printed for printed, _ in results}) == 1
    assert not any(log for _, log in results)


#: Trains, and prints how often the loop was compiled and how often it was loaded.
COUNT = """
import sys
from gridworld import ALGORITHMS, Trainer
algorithm = ALGORITHMS[sys.argv[1]]
Trainer(learning_config=algorithm.config(num_episodes=3)).train(show_progress=False)
stats = algorithm.loop.stats
print(*(sum(counts.values()) for counts in (stats.cache_misses, stats.cache_hits)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_second_process_compiles_nothing(algorithm, tmp_path):
    counts = [output(python("-c", COUNT, algorithm, cache=tmp_path)) for _ in range(2)]
    assert [printed for printed, _ in counts] == ["1 0\n", "0 1\n"]


@pytest.mark.slow
def test_a_command_works_with_files_cut_off_and_replaces_them(tmp_path):
    def train():
        arguments = "train", "easy", "--optimal-evaluations", "2", "--json"
        return output(python("-m", "gridworld", *arguments, cache=tmp_path))

    expected, _ = train()
    functions = {path.name.partition("-")[0].rpartition("_")[0] for path in files(tmp_path)}
    assert functions >= {"loop.run_q_learning", "evaluation._follow", "evaluation._stays_within"}
    for path in files(tmp_path):
        os.truncate(path, path.stat().st_size // 2)
    broken = files(tmp_path)
    printed, log = train()
    assert printed == expected
    assert len(log) == len(broken)
    kept = files(tmp_path)
    assert kept.keys() == broken.keys()
    assert train() == (expected, [])
    assert files(tmp_path) == kept


@pytest.mark.slow
def test_a_change_of_the_draws_changes_the_training(tmp_path):
    # Their code goes into the loop, which is in another file.
    package = tmp_path / "gridworld"
    shutil.copytree(ROOT / "gridworld", package, ignore=shutil.ignore_patterns("__pycache__"))
    cache = tmp_path / "cache"

    def train():
        printed, log = output(python("-c", TRAIN, cache=cache, folder=tmp_path))
        assert not log
        return printed, files(cache)

    before = train()
    assert train() == before
    draws = package / "learning" / "draws.py"
    source = draws.read_text()
    draws.write_text(source.replace("rng: _next(", "rng: 0.5 * _next("))
    assert draws.read_text() != source
    after = train()
    assert after[0] != before[0]
    assert len(after[1]) == 2  # the older code is no longer used, but kept


def test_on_a_full_disk_code_is_not_kept(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "helper.py").write_text(HELPER)
    # No file may be longer than this many bytes, as on a disk that is full by then.
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000));"
        f"import sys; sys.path[:0] = [{str(ROOT)!r}]; sys.dont_write_bytecode = True;"
        "import program; print(program.weigh(2), program.invert(2))"
    )
    printed, log = output(python("-c", code, cache=tmp_path / "cache", folder=tmp_path))
    assert printed == "12 0.5\n"
    (line,) = log
    assert "File too large" in line
    assert not files(tmp_path / "cache")

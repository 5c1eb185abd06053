import csv
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from gridworld import (
    ALGORITHMS,
    EXPLORATIONS,
    LEVELS,
    GridWorldConfig,
    QLearningConfig,
    SarsaConfig,
    Status,
    Trainer,
    __version__,
    gap_to_optimal,
    learner_of,
    optimal_path,
)
from gridworld.cli import commands
from gridworld.cli.commands import main
from gridworld.cli.options import UsageError, configs
from gridworld.cli.report import evaluation, lines, summary
from tests.gridworld.runs.test_run import all_of

ROOT = pathlib.Path(__file__).parents[3]
MAP = "S..\n.#.\n..G\n"


def run(*arguments):
    """What a person gets who types this: exit status, output and complaints."""
    return subprocess.run(
        [sys.executable, "-m", "gridworld", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "100"},
    )


def output(*arguments):
    """The output of a command that works, without starting a process."""
    done = CliRunner().invoke(commands.app, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def fails(*arguments):
    """Exit status and the one line on stderr of a command that does not work."""
    done = run(*arguments)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return done.returncode, line.removeprefix("Error: ")


@pytest.fixture
def saved(tmp_path):
    """The file of a run, and the run."""
    trainer = Trainer(GridWorldConfig(level="hard"), QLearningConfig(num_episodes=30), seed=4)
    trainer.train(show_progress=False)
    trainer.save(tmp_path / "run.npz")
    return tmp_path / "run.npz", trainer


def test_training_gives_the_same_bits_as_the_trainer(tmp_path):
    path = tmp_path / "run.npz"
    options = ["--slip", "0.1", "--learning-rate", "0.3", "--num-episodes", "40"]
    done = run("train", "hard", *options, "--seed", "7", "--out", path)
    assert done.returncode == 0
    assert done.stderr.startswith(f"To look at it: gridworld export {path} --html ")
    trainer = Trainer(
        GridWorldConfig(level="hard", slip=0.1),
        QLearningConfig(learning_rate=0.3, num_episodes=40),
        seed=7,
    )
    trainer.train(show_progress=False)
    assert all_of(Trainer.load(path)) == all_of(trainer)
    for shown in ("hard", "FINISHED", "Gap to optimal", f"{trainer.snapshot.total_steps:,}"):
        assert shown in done.stdout
    assert not [line for line in done.stdout.splitlines() if line != line.rstrip()]


def test_every_parameter_is_an_option_with_its_help(tmp_path):
    shown = " ".join(re.sub(r"[│╭╮╰╯─]", " ", run("train", "--help").stdout).split())
    for config in (GridWorldConfig, QLearningConfig):
        for name in set(config.param) - {"name", "level", "layout"}:
            assert re.search(f"--{name.replace('_', '-')}[ ,]", shown)
    assert "From 0 to 1. Default: 0.99, or the level's." in shown
    assert "Above 0 to 1. Default: 0.1, or the level's." in shown
    assert "Default: 0.0." in shown
    assert "episode (truncated)" in shown or "cut off (truncated)" in shown
    settings = {
        "n_rows": 9,
        "n_cols": 6,
        "wall_density": 0.1,
        "map_seed": 5,
        "slip": 0.25,
        "wind": (0, 1, 0, 0, 0, 0),
        "step_reward": -0.5,
        "bump_reward": -0.75,
        "goal_reward": 3.0,
        "pit_reward": -2.0,
        "cliff_reward": -4.0,
        "max_steps": 70,
    }
    learning = {
        "learning_rate": 0.5,
        "discount_factor": 0.9,
        "epsilon": 0.8,
        "epsilon_decay": 0.9,
        "min_epsilon": 0.2,
        "initial_q": 1.5,
        "num_episodes": 8,
        "optimal_evaluations": 3,
    }
    options = [
        f"--{name.replace('_', '-')}={','.join(map(str, value)) if name == 'wind' else value}"
        for name, value in (settings | learning).items()
    ]
    output("train", "random", *options, "--out", tmp_path / "run.npz")
    trainer = Trainer.load(tmp_path / "run.npz")
    assert {name: getattr(trainer.world_config, name) for name in settings} == settings
    assert {name: getattr(trainer.learning_config, name) for name in learning} == learning


def test_training_takes_a_map_file(tmp_path):
    (tmp_path / "map.txt").write_text(MAP)
    told = json.loads(output("train", tmp_path / "map.txt", "--json", "--num-episodes", 5))
    assert (told["level"], told["episodes"], told["out"]) == ("custom", 5, None)
    assert told["optimal_path_length"] == 4


def test_json_is_one_object_of_what_the_core_tells(saved):
    path, trainer = saved
    told = json.loads(output("evaluate", path, "--json"))
    q_values = trainer.agent.q_values
    assert told["gap"] == gap_to_optimal(trainer.world, q_values, 0.99)
    assert told["optimal_path_length"] == len(optimal_path(trainer.world, 0.99)) - 1
    assert told["episodes"] == 30
    assert told["training_return"] == trainer.snapshot.episode_returns.mean()
    assert told["optimal_return"] == pytest.approx(0.81)
    assert told["greedy_return"] <= told["optimal_return"]
    assert 0 <= told["success_rate"] <= 1


def test_the_success_rate_of_an_optimal_policy_is_1(tmp_path):
    path = tmp_path / "run.npz"
    output("train", "easy", "--optimal-evaluations", 3, "--num-episodes", 5000, "--out", path)
    told = json.loads(output("evaluate", path, "--json"))
    assert told["converged"]
    assert told["success_rate"] == pytest.approx(1)
    assert told["gap"] == pytest.approx(0, abs=1e-9)
    assert told["greedy_return"] == pytest.approx(told["optimal_return"])


def test_what_has_no_finite_value_is_null(tmp_path):
    trainer = Trainer(GridWorldConfig(), QLearningConfig(discount_factor=1))
    trainer.start()
    trainer.agent.q_values[:, 0] = 1  # upwards for ever
    trainer.save(tmp_path / "run.npz")
    told = json.loads(output("evaluate", tmp_path / "run.npz", "--json"))
    assert told["gap"] is None
    assert told["success_rate"] == 0
    assert told["training_return"] is None
    assert "–" in output("evaluate", tmp_path / "run.npz")
    assert "infinite: it need not end" in output("evaluate", tmp_path / "run.npz")


def test_runs_are_exported(saved, tmp_path):
    path, trainer = saved
    files = {
        "csv": tmp_path / "x.csv",
        "q-csv": tmp_path / "Q.CSV",
        "parquet": tmp_path / "x.parquet",
    }
    output("export", path, *(f"--{option}={file}" for option, file in files.items()))
    with open(files["csv"], newline="") as file:
        assert [float(row["return"]) for row in csv.DictReader(file)] == (
            trainer.snapshot.episode_returns.tolist()
        )
    with open(files["q-csv"], newline="") as file:
        q_values = [float(row["q"]) for row in csv.DictReader(file)]
    assert (np.reshape(q_values, (49, 4)) == trainer.agent.q_values).all()
    lengths = parquet.read_table(files["parquet"])["length"].to_pylist()
    assert lengths == trainer.snapshot.episode_lengths.tolist()


def test_levels_are_listed():
    shown = " ".join(output("levels").split())
    told = json.loads(output("levels", "--json"))
    assert list(told) == [name for name in LEVELS if name != "custom"]
    for name in told:
        assert name in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--learning-rate", "5"], "--learning-rate must be above 0 and at most 1, got 5"),
        (["train", "--epsilon", "x"], "--epsilon must be a number from 0 to 1, got 'x'"),
        (["train", "--epsilon", "nan"], "--epsilon must be a number from 0 to 1, got nan"),
        (["train", "--num-episodes", "1.5"], "--num-episodes must be a whole number from 1 to"),
        (["train", "--wind", "1,a"], "--wind must be whole numbers from 0 to 100"),
        (["train", "--wind", "1,1"], "--wind has 2 values, expected 5"),
        (["train", "--n-rows", "9"], "--n-rows may be chosen for level random only, got 9"),
        (["train", "--seed", "-1"], "--seed must be a whole number from 0, got '-1'"),
        (["train", "--seed", "x"], "--seed must be a whole number from 0, got 'x'"),
        (["train", "nowhere"], "LEVEL must be one of easy, medium"),
        (["train", "custom"], "LEVEL must be one of easy, medium"),
        (["train", "--out", "missing/run.npz"], "--out must be in a folder that exists"),
        (["train", "--out", "run.pdf"], "--out must end in .npz, got 'run.pdf'"),
        (["train", "--colour", "red"], "No such option --colour; gridworld train --help lists"),
        (["train", "--alfa", "1"], "No such option --alfa; did you mean --alpha?"),
        (["train", "-a", "1"], "No such option -a; did you mean --algorithm or --alpha or --av"),
        (
            ["train", "--temperature", "1"],
            "--temperature must be given with --exploration softmax only, got epsilon_greedy",
        ),
        (
            ["train", "--exploration", "mood"],
            f"--exploration must be one of {', '.join(EXPLORATIONS)}, got 'mood'",
        ),
        (
            ["train", "--algorithm", "value_iteration", "--alpha", "0.5"],
            "--learning-rate must not be given with these settings of value_iteration: it has no",
        ),
        (["train", "--lr", "1"], "No such option --lr; did you mean --learning-rate?"),
        (["train", "--rate=1"], "No such option --rate; did you mean --learning-rate?"),
        (["train", "--alpha", "5"], "--learning-rate must be above 0 and at most 1, got 5"),
        (["--versoin"], "No such option --versoin; did you mean --version?"),
        (["export", "r.npz", "--html", "r.pdf"], "--html must end in .html or .htm, got 'r.pdf'"),
        (["export", "r.npz", "--gif", "run"], "--gif must end in .gif, got 'run'"),
        (["export", "run.npz"], "export needs at least one of --csv"),
        (["evaluate"], "Missing argument 'RUN'"),
        (["swim"], "No such command 'swim'"),
    ],
)
def test_a_wrong_use_is_told_in_one_line(arguments, message, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gridworld", *arguments])  # quicker than a process each
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    (line,) = shown.err.splitlines()
    assert (ended.value.code, shown.out) == (2, "")
    assert line.startswith(f"Error: {message}")


def test_a_wrong_map_is_told_in_one_line(tmp_path):
    (tmp_path / "map.txt").write_text("S.\n.x\n")
    assert fails("train", tmp_path / "map.txt") == (
        2,
        "layout row 1, column 1 is 'x', allowed are S G . # X C",
    )
    (tmp_path / "map.txt").write_bytes(b"\xff\xfe")
    assert fails("train", tmp_path / "map.txt")[0] == 2


def test_a_file_that_cannot_be_read_or_written_is_told_in_one_line(saved, tmp_path):
    (tmp_path / "foreign.npz").write_bytes(b"hello")
    for file in ("missing.npz", "foreign.npz"):
        status, line = fails("evaluate", tmp_path / file)
        assert status == 1
        assert line in (
            f"There is no file {tmp_path / file}",
            "this file is no saved run of GridWorld Dashboard",
        )
    status, line = fails("export", saved[0], "--csv", tmp_path / "missing" / "x.csv")
    assert (status, line) == (1, f"there is no folder {tmp_path / 'missing'}")
    assert fails("evaluate", tmp_path) == (1, f"{tmp_path} is a folder, not a file")


def test_without_a_command_the_help_is_shown():
    done = run()
    assert "Commands" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize("out", [True, False])
def test_an_interrupt_saves_what_there_is(out, tmp_path):
    path = tmp_path / "run.npz"
    settings = ["hard", "--num-episodes", "10000000", "--min-epsilon", "1", "--json"]
    command = [sys.executable, "-m", "gridworld", "train", *settings]
    command += ["--out", str(path)] if out else []
    # A run as short as can be takes as long as to begin does.
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([*command[:4], "--num-episodes", "1", "--quiet"], cwd=ROOT, check=True)
    seconds_to_begin = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores interrupts, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            while psutil.Process(process.pid).cpu_times().user < seconds_to_begin + 1:
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            shown, complaint = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert complaint.startswith("Interrupted after ")
    assert "Traceback" not in complaint
    told = json.loads(shown)
    assert told["status"] == "PAUSED"
    if not out:
        assert "nothing is saved without --out" in complaint
        return
    assert complaint.endswith(f"saved to {path}.\n")
    trainer = Trainer.load(path)
    assert trainer.status is Status.PAUSED
    assert trainer.snapshot.total_steps == told["steps"] > 0
    again = Trainer(
        GridWorldConfig(level="hard"), QLearningConfig(num_episodes=10**7, min_epsilon=1.0)
    )
    again.advance(told["steps"])
    assert (again.agent.q_values == trainer.agent.q_values).all()


def test_progress_is_shown_on_a_terminal_only():
    import pty
    import termios

    for option, expected in ((None, True), ("--quiet", False)):
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        command = [sys.executable, "-m", "gridworld", "train", "--json", *([option] * bool(option))]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        shown = b""
        while True:
            try:
                if not (read := os.read(ours, 4096)):
                    break
            except OSError:  # closed at the other end
                break
            shown += read
        told = json.loads(process.communicate()[0])
        os.close(ours)
        assert told["episodes"] == 500
        assert (b"500/500" in shown) is expected


def test_importing_the_core_loads_no_command_line():
    code = "import gridworld, sys; print(*{'typer', 'rich', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("", 0)


def test_the_command_line_loads_no_panel():
    code = (
        "import sys; from typer.testing import CliRunner; from gridworld.cli import commands;"
        "assert CliRunner().invoke(commands.app, ['train', '--num-episodes', '2']).exit_code == 0;"
        "print(*{'panel', 'bokeh', 'holoviews', 'dashboard'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("", 0)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_algorithm_is_chosen_by_its_key(algorithm, tmp_path):
    path = tmp_path / "run.npz"
    options = ["--algorithm", algorithm, "--gamma", 0.8, "--num-episodes", 20, "--seed", 3]
    told = json.loads(output("train", "cliff_walking", *options, "--out", path, "--json"))
    config = learner_of("cliff_walking", algorithm)
    config.param.update(discount_factor=0.8, num_episodes=20)
    expected = Trainer(GridWorldConfig(level="cliff_walking"), config, seed=3)
    expected.train(show_progress=False)
    assert told["algorithm"] == algorithm
    assert told["steps"] == expected.total_steps
    assert all_of(Trainer.load(path)) == all_of(expected)
    assert json.loads(output("evaluate", path, "--json"))["algorithm"] == algorithm


def test_an_unknown_algorithm_is_refused():
    message = f"--algorithm must be one of {', '.join(ALGORITHMS)}, got 'dyna'"
    assert fails("train", "--algorithm", "dyna") == (2, message)


def test_an_option_of_another_algorithm_is_refused():
    with pytest.raises(UsageError, match="--n-steps must not be given with --algorithm sarsa"):
        configs("easy", {"n_steps": "3", "epsilon": "0.5"}, "sarsa")


@pytest.mark.parametrize("level", [name for name in LEVELS if LEVELS[name].book])
def test_a_level_alone_takes_the_learner_of_the_book(level, tmp_path):
    path = tmp_path / "run.npz"
    output("train", level, "--out", path, "--seed", 5)
    expected = Trainer(GridWorldConfig(level=level), learner_of(level), seed=5)
    expected.train(show_progress=False)
    assert all_of(Trainer.load(path)) == all_of(expected)


def test_what_is_given_wins_over_the_book():
    _, learner = configs("windy_gridworld", {"learning_rate": "0.2", "epsilon": None})
    expected = learner_of("windy_gridworld")
    expected.learning_rate = 0.2
    assert learner.param.values() | {"name": ""} == expected.param.values() | {"name": ""}
    assert isinstance(learner, SarsaConfig)
    _, learner = configs("windy_gridworld", {}, "q_learning")
    assert isinstance(learner, QLearningConfig)
    assert (learner.epsilon, learner.learning_rate, learner.discount_factor) == (0.1, 0.5, 1)


def test_options_have_the_books_names_and_those_of_links(tmp_path):
    names = ["--alpha", "0.5", "--gamma", "0.9", "--episodes", "3", "--rows", "5", "--columns", "7"]
    output("train", "random", *names, "--out", tmp_path / "run.npz")
    trainer = Trainer.load(tmp_path / "run.npz")
    learner, world = trainer.learning_config, trainer.world_config
    assert (learner.learning_rate, learner.discount_factor, learner.num_episodes) == (0.5, 0.9, 3)
    assert (world.n_rows, world.n_cols) == (5, 7)


def test_the_version_is_told():
    assert output("--version") == f"gridworld {__version__}\n"


def test_numbers_are_written_as_a_person_reads_them():
    shown = output("train", "cliff_walking", "--seed", 1234, "--quiet")
    assert re.search(r"^Steps +\d{2},\d{3}$", shown, re.M)
    assert re.search(r"^Seed +1234$", shown, re.M)
    assert re.search(r"^Highest return within the step limit +−13$", shown, re.M)
    assert "Saved to" not in shown
    assert "the latest 3 episodes" in output("train", "easy", "--episodes", 3)


def test_the_gap_of_an_optimal_policy_is_0_whatever_rounding_leaves():
    n_optimal = 0
    for seed in range(30):
        _, learner = configs("easy", {})
        trainer = Trainer(GridWorldConfig(slip=0.1), learner, seed)
        trainer.train(show_progress=False)
        numbers = summary(trainer) | evaluation(trainer)
        assert numbers["optimal"] is (numbers["gap"] == 0)
        assert not 0 < numbers["gap"] < 1e-9
        (line,) = [line for line in lines(numbers) if line.startswith("Gap")]
        n_optimal += line.split()[-1] == "0"
    assert n_optimal


def test_how_to_look_at_a_run_is_told_but_not_to_programs(tmp_path):
    told = run("train", "easy", "--episodes", 2)
    assert told.stderr == "To keep a run and look at it, add --out run.npz.\n"
    for option in ("--json", "--quiet"):
        assert run("train", "easy", "--episodes", 2, option).stderr == ""

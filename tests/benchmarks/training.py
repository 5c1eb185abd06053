"""The training core: against Python, against C, against Gymnasium's FrozenLake."""

import atexit
import ctypes
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from statistics import median

import gymnasium
import numpy as np
from numpy.typing import NDArray

from gridworld import (
    ALGORITHMS,
    GridWorldConfig,
    GridWorldEnv,
    LearningConfig,
    QLearningAgent,
    QLearningConfig,
    Trainer,
)
from tests.benchmarks import Row

_MANY_EPISODES = QLearningConfig.param.num_episodes.bounds[1]
_LEARNING = {"num_episodes": _MANY_EPISODES, "epsilon_decay": 0.999, "min_epsilon": 0.1}


def run(smoke: bool) -> list[Row]:
    """All of them."""
    n = 10_000 if smoke else 10_000_000
    repeats = 1 if smoke else 7
    rows = []
    for slip in (0.0, 0.2):
        loops = {
            "compiled": partial(_compiled_loop, slip, n),
            "C": partial(_c_loop, slip, n),
            "Python": partial(_python_loop, slip, n // 100),
        }
        seconds = _seconds_a_step(loops, repeats)
        world = f"7×7, slip {slip:g}"
        rows += [
            Row(
                f"Compiled loop, {world}: speed over a plain Python loop",
                f"{seconds['Python'] / seconds['compiled']:.0f} × "
                f"({1e-6 / seconds['compiled']:.0f} million steps a second)",
                "≥ 200 ×",
            ),
            Row(
                f"Compiled loop, {world}: speed over the same loop in C",
                f"{seconds['C'] / seconds['compiled']:.2f} ×",
                "≥ 0.7 ×",
            ),
        ]
    rows += [*_rates_of_algorithms(n, repeats), *_whole_runs(repeats)]
    seconds = _seconds_a_step(
        {
            "ours": partial(_env_steps, GridWorldEnv(slip=0.2), n // 100),
            "FrozenLake": partial(_env_steps, gymnasium.make("FrozenLake-v1").unwrapped, n // 100),
        },
        repeats,
    )
    rows.append(
        Row(
            "`GridWorldEnv.step`: speed over Gymnasium's `FrozenLake`",
            f"{seconds['FrozenLake'] / seconds['ours']:.1f} ×",
            "≥ 1 ×",
        )
    )
    imports = {name: partial(_import_seconds, name) for name in ("gridworld", "numba")}
    seconds = {name: min(call() for _ in range(repeats)) for name, call in imports.items()}
    rows.append(
        Row(
            "`import gridworld`: time over `import numba`",
            f"{seconds['gridworld'] / seconds['numba']:.2f} ×",
            "≤ 1.5 ×",
        )
    )
    return rows


def _seconds_a_step(loops: dict[str, Callable[[], float]], repeats: int) -> dict[str, float]:
    """Median seconds a step of each loop, taken in turns so that noise hits all alike."""
    readings = [{name: loop() for name, loop in loops.items()} for _ in range(repeats)]
    return {name: median(reading[name] for reading in readings) for name in loops}


#: Least updates a second of an algorithm over those of Q-learning; of all others a third.
_LEAST = {"sarsa": 0.5, "prioritized_sweeping": 0.1}


def _rates_of_algorithms(n: int, repeats: int) -> list[Row]:
    """Updates a second of each algorithm, as a share of those of Q-learning."""
    learning = [key for key, each in ALGORITHMS.items() if not each.plans]
    loops = {key: partial(_compiled_loop, 0.0, n // _UNITS.get(key, 1), key) for key in learning}
    seconds = _seconds_a_step(loops, repeats)
    rows = []
    for key in learning[1:]:
        updates = _updates_a_step(key)
        each = "" if updates == 1 else f", {updates:.3g} a step"
        rows.append(
            Row(
                f"Compiled loop of {ALGORITHMS[key].title}: updates a second{each}, over those of "
                "Q-learning",
                f"{updates * seconds['q_learning'] / seconds[key]:.2f} ×",
                f"≥ {_LEAST.get(key, 1 / 3):.2g} ×",
            )
        )
    return rows


#: About how many updates a step takes, where it is more than one.
_UNITS = {"sarsa_lambda": 5, "watkins_q_lambda": 3, "dyna_q": 10, "dyna_q_plus": 5}
_UNITS |= {"prioritized_sweeping": 30}


def _updates_a_step(algorithm: str) -> float:
    """Mean number of values that a step updates, those by traces and by planning included."""
    trainer = Trainer(
        GridWorldConfig(level="hard"), ALGORITHMS[algorithm].config(**_LEARNING | {"epsilon": 0.1})
    )
    trainer.advance(20_000)
    trainer.pause()
    counts = []
    for _ in range(2_000):
        trainer.step()
        inside = trainer.snapshot.inside
        n_traces = 1 if inside.traces is None else int((inside.traces > 0).sum())
        n_planned = 0 if inside.planned is None else len(inside.planned.states)
        is_direct = inside.priorities is None  # else the queue has all updates
        counts.append(n_traces * is_direct + n_planned)
    return sum(counts) / len(counts)


def _whole_runs(repeats: int) -> list[Row]:
    """Whole default runs, beside the bare loop for as many steps."""
    world = GridWorldConfig(level="hard")
    rows = []
    for algorithm in [each for each in ALGORITHMS.values() if not each.plans]:
        learning, readings = algorithm.config(), []
        for _ in range(20 * repeats):
            started = time.perf_counter()
            trainer = Trainer(world, learning)
            trainer.train(show_progress=False)
            readings.append((time.perf_counter() - started, _bare_loop(world, learning)))
        whole, bare = (1000 * median(column) for column in zip(*readings, strict=True))
        rows.append(
            Row(
                f"A whole run of 500 episodes with {algorithm.title}, history and evaluations "
                f"included; the bare loop for as many steps takes {bare:.2f} ms",
                f"{whole:.2f} ms",
                f"≤ {2 * bare + 0.5:.2f} ms (twice the bare loop and half a millisecond)",
            )
        )
    return rows


def _bare_loop(world: GridWorldConfig, learning: LearningConfig) -> float:
    """Seconds that one call of the loop takes for a whole run without its history."""
    trainer = Trainer(world, learning)
    run = trainer._run
    for thinning in (run.recording.keyframes.thinning, run.recording.policies.thinning):
        thinning["interval"] = _MANY_EPISODES * 1000
    started = time.perf_counter()
    run._loop(_MANY_EPISODES, learning.num_episodes)
    return time.perf_counter() - started


def _compiled_loop(slip: float, n_steps: int, algorithm: str = "q_learning") -> float:
    learning = ALGORITHMS[algorithm].config(**_LEARNING)
    trainer = Trainer(GridWorldConfig(level="hard", slip=slip), learning)
    trainer.compile()
    trainer.start()
    return _timed(partial(trainer.advance, n_steps))


def _timed(loop: Callable[[], int]) -> float:
    """Seconds a step of a call that returns its steps."""
    started = time.perf_counter()
    n_steps = loop()
    return (time.perf_counter() - started) / n_steps


def _python_loop(slip: float, n_steps: int) -> float:
    env = GridWorldEnv(level="hard", slip=slip)
    agent = QLearningAgent(QLearningConfig(**_LEARNING), 49, 4)
    started = time.perf_counter()
    state, _ = env.reset(seed=0)
    for _ in range(n_steps):
        action = agent.select_action(state)
        next_state, reward, terminated, truncated, _ = env.step(action)
        agent.update(state, action, reward, next_state, terminated)
        state = next_state
        if terminated or truncated:
            agent.end_episode()
            state, _ = env.reset()
    return (time.perf_counter() - started) / n_steps


def _env_steps(env: gymnasium.Env, n_steps: int) -> float:
    actions = np.random.default_rng(0).integers(4, size=n_steps).tolist()
    env.reset(seed=0)
    started = time.perf_counter()
    for action in actions:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()
    return (time.perf_counter() - started) / n_steps


def _import_seconds(module: str) -> float:
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    # With bytecode kept, as where the package is installed, whatever is set here.
    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(_bytecode())}
    environment = os.environ | kept
    return float(subprocess.check_output([sys.executable, "-c", code], env=environment))


@cache
def _bytecode() -> Path:
    """A folder for bytecode."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _c_loop(slip: float, n_steps: int) -> float:
    world = Trainer(GridWorldConfig(level="hard", slip=slip)).world
    learning = QLearningConfig(**_LEARNING)
    n_states, n_actions, n_outcomes = world.next_state.shape
    progress = np.zeros(7, dtype=np.int64)
    progress[6] = 1  # between episodes
    progress[5:6].view(np.float64)[:] = learning.epsilon
    arrays = [world.next_state, world.cumulative, world.reward, world.terminal, world.goal]
    results = [
        np.zeros((n_states, n_actions)),
        np.zeros((n_states, n_actions), dtype=np.int64),
        np.zeros(20, dtype=np.int64),
        np.zeros(n_steps),
        np.zeros(n_steps, dtype=np.int64),
        np.zeros(n_steps, dtype=np.bool_),
        progress,
        np.zeros(10, dtype=np.int64),
        *np.random.default_rng(0).integers(2**63, size=(2, 4), dtype=np.uint64),
    ]
    arguments = [
        *map(_pointer, arrays),
        _pointer(world.start_states),
        *map(ctypes.c_int64, (len(world.start_states), n_actions, n_outcomes, 1000)),
        *map(
            ctypes.c_double,
            (
                learning.learning_rate,
                learning.discount_factor,
                learning.epsilon_decay,
                learning.min_epsilon,
            ),
        ),
        *map(_pointer, results),
        *map(ctypes.c_int64, (n_steps, _MANY_EPISODES)),
    ]
    run = _compiled_c().run
    run.restype = ctypes.c_int64
    return _timed(partial(run, *arguments))


def _pointer(array: NDArray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _compiled_c() -> ctypes.CDLL:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "loop.so")
        source = Path(__file__).with_name("loop.c")
        subprocess.run(["cc", "-O3", "-shared", "-fPIC", "-o", library, source], check=True)
        return ctypes.CDLL(str(library))

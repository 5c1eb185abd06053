"""The training core: against Python, against C, against Gymnasium's FrozenLake."""

import ctypes
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import gymnasium
import numpy as np
from numpy.typing import NDArray

from gridworld import GridWorldConfig, GridWorldEnv, QLearningAgent, QLearningConfig, Trainer
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
                "≥ 0.5 ×",
            ),
        ]
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


def _compiled_loop(slip: float, n_steps: int) -> float:
    trainer = Trainer(GridWorldConfig(level="hard", slip=slip), QLearningConfig(**_LEARNING))
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
    return float(subprocess.check_output([sys.executable, "-c", code]))


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

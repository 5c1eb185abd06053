"""Other makers' environments in `Trainer`: by their table, or stepped themselves."""

import json
import signal

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit, TransformReward

from gridworld import (
    ALGORITHMS,
    LEVELS,
    EnvConfig,
    GridWorldConfig,
    GridWorldEnv,
    LoadError,
    QLearningConfig,
    Status,
    Trainer,
    World,
    add_environment,
    algorithm_of,
    parse_layout,
    q_table_to_csv,
)
from tests.gridworld.saving.test_broken_files import changed, packed, without_header

WITH_AGENT = [key for key, each in ALGORITHMS.items() if each.agent is not None]
LEARNING = {"num_episodes": 60, "epsilon_decay": 0.97, "learning_rate": 0.3}
MIXED = {"layout": "S..S.\nC.XC.\n..#..\nS.#.G", "slip": 0.2, "max_steps": 40}


class Dice(gymnasium.Env):
    """A game whose spaces begin elsewhere: throw until 3 is passed; observations are pairs."""

    observation_space = spaces.Tuple((spaces.Discrete(4, start=2), spaces.MultiBinary(1)))
    action_space = spaces.Discrete(2, start=7)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._points, self._doubled = 0, 0
        return self._seen(), {}

    def step(self, action):
        assert action in (7, 8)
        self._doubled = int(action == 8)
        self._points += int(self.np_random.integers(1, 3)) * (1 + self._doubled)
        over = self._points > 3
        self._points = min(self._points, 3)
        return self._seen(), float(over) - 0.1 * self._doubled, over, False, {}

    def _seen(self):
        return 2 + self._points, np.array([self._doubled], np.int8)


def by_hand(env, learning, seed):
    """What a person writes."""
    agent = algorithm_of(learning).agent.for_env(env, learning, seed)
    returns = []
    for episode in range(learning.num_episodes):
        observation, _ = env.reset(seed=seed) if episode == 0 else env.reset()
        earned, over = 0.0, False
        while not over:
            action = agent.select_action(observation)
            following, reward, terminated, truncated, _ = env.step(action)
            agent.update(observation, action, reward, following, terminated)
            observation, over = following, terminated or truncated
            earned += reward
        agent.end_episode()
        returns.append(earned)
    return agent, returns


def content_of(path):
    """The header and the arrays of a file."""
    with np.load(path) as file:
        return json.loads(file["header"].tobytes()), without_header(file)


def finished(trainer):
    trainer.train(show_progress=False)
    return trainer


@pytest.mark.parametrize("make", [lambda: gymnasium.make("Blackjack-v1"), Dice], ids=["cards", ""])
@pytest.mark.parametrize("algorithm", WITH_AGENT)
def test_a_stepped_environment_gives_the_bits_of_a_loop_by_hand(algorithm, make):
    learning = ALGORITHMS[algorithm].config(**LEARNING)
    trainer = finished(Trainer(make(), learning, 3))
    agent, returns = by_hand(make(), learning, 3)
    assert trainer.world is None
    assert trainer.snapshot.q_values.tobytes() == agent.q_values.tobytes()
    assert trainer.snapshot.episode_returns.tolist() == returns
    assert trainer.snapshot.visits.tobytes() == agent.visits.tobytes()
    assert trainer.snapshot.epsilon == agent.epsilon


@pytest.mark.parametrize("algorithm", WITH_AGENT)
def test_stepped_and_compiled_are_the_same_to_the_last_bit(algorithm):
    """A grid world behind a wrapper has no table to be seen."""
    learning = ALGORITHMS[algorithm].config(**LEARNING)
    compiled = finished(Trainer(GridWorldConfig(**MIXED), learning, 1)).snapshot
    env = TimeLimit(GridWorldEnv(**MIXED), 1000)
    stepped = finished(Trainer(env, learning, 1)).snapshot
    assert isinstance(Trainer(env).world_config, EnvConfig)
    for name in ("q_values", "visits", "episode_returns", "episode_lengths", "episode_successes"):
        assert getattr(stepped, name).tobytes() == getattr(compiled, name).tobytes(), name
    for name in ("last_step", "last_update", "epsilon", "total_steps", "episode", "step"):
        assert getattr(stepped, name) == getattr(compiled, name), name


def test_keyframes_of_a_stepped_run_are_those_of_the_compiled_one():
    learning = QLearningConfig(**{**LEARNING, "num_episodes": 40})
    compiled = finished(Trainer(GridWorldConfig(**MIXED), learning, 1))
    stepped = finished(Trainer(TimeLimit(GridWorldEnv(**MIXED), 1000), learning, 1))
    frames = list(zip(stepped.keyframes, compiled.keyframes, strict=True))
    assert len(frames) > 100
    for one, other in frames:
        assert one.total_steps == other.total_steps
        assert one.q_values.tobytes() == other.q_values.tobytes()
        # States without a map are in one row.
        n_cols = len(MIXED["layout"].split()[0])
        assert one.trail[:, 1].tolist() == (other.trail @ [n_cols, 1]).tolist()
    assert 0 <= stepped.moment_at(7).total_steps <= 7  # the environment has gone on


def test_an_environment_with_a_table_is_learned_by_it_with_planning_beside():
    env = gymnasium.make("Taxi-v4")
    trainer = finished(Trainer(env, QLearningConfig(num_episodes=3000, discount_factor=1)))
    trainer.analyse()
    snapshot = trainer.snapshot
    assert trainer.world.n_states == 500
    assert (snapshot.layout, snapshot.moves) == ("", None)
    assert snapshot.max_steps == 200
    assert round(snapshot.optimal_return, 2) == 7.93
    assert snapshot.episode_returns[-100:].mean() > 5
    assert snapshot.position == (0, int(snapshot.last_step.next_state))


def test_what_is_a_level_or_a_grid_world_is_that():
    for name, level in LEVELS.items():
        if level.env is not None:
            env = gymnasium.make(name)
            assert Trainer(env).world_config.level == name
            assert env.spec.max_episode_steps in (None, Trainer(env).snapshot.max_steps)
    config = GridWorldConfig(level="hard", slip=0.1)
    assert Trainer(GridWorldEnv(config)).world_config is config
    assert Trainer(gymnasium.make("GridWorld-v0", config=config)).world_config is config


@pytest.mark.parametrize("name", [name for name, level in LEVELS.items() if level.env])
def test_the_map_of_an_environments_level_is_the_environments(name):
    env, config = gymnasium.make(name).unwrapped, GridWorldConfig(level=name)
    world, cells = World.from_config(config), parse_layout(config.layout)
    assert cells.shape == world.shape
    if hasattr(env, "desc"):
        rows = [b"".join(row).decode() for row in env.desc]
        assert np.array_equal(cells, parse_layout("\n".join(rows)))
    kind = cells.ravel()
    assert np.array_equal(kind == "S", np.isin(np.arange(kind.size), world.start_states))
    assert np.array_equal(kind == "G", world.goal)
    assert np.array_equal(kind == "X", world.terminal & ~world.goal)
    assert np.array_equal(kind == "C", ~world.reachable)


@pytest.mark.parametrize("slippery", [False, True])
def test_a_lake_of_ones_own_has_its_map_and_its_moves(slippery):
    desc = ["SFFF", "FHFH", "FFFF", "HFFG"]
    env = gymnasium.make("FrozenLake-v1", desc=desc, is_slippery=slippery)
    trainer = finished(Trainer(env, QLearningConfig(num_episodes=300)))
    assert trainer.snapshot.layout == "S...\n.X.X\n....\nX..G"
    assert trainer.snapshot.moves.tolist() == [[0, -1], [1, 0], [0, 1], [-1, 0]]
    assert "is_slippery" in trainer.origin.to_python()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: gymnasium.make("Taxi-v4", fickle_passenger=True), "which its table does not have"),
        (
            lambda: TransformReward(gymnasium.make("FrozenLake-v1"), lambda reward: reward - 0.5),
            "which its table does not have",
        ),
    ],
)
def test_a_table_that_does_not_tell_the_truth_is_not_learned_by(make, said):
    config = EnvConfig(make())
    assert said in config.disagreement
    trainer = Trainer(config, QLearningConfig(num_episodes=50))
    assert trainer.world is None
    finished(trainer).analyse()
    assert trainer.snapshot.optimal_return is None
    assert trainer.snapshot.plan is None
    assert trainer.snapshot.gap is None
    _, returns = by_hand(make(), QLearningConfig(num_episodes=50), 0)
    assert trainer.snapshot.episode_returns.tolist() == returns
    with pytest.raises(ValueError, match=r"^P must be a table of .* cannot be planned: In state"):
        Trainer(make(), ALGORITHMS["value_iteration"].config())


def test_an_environment_without_a_step_limit_can_be_paused_in_mid_episode():
    trainer = Trainer(gymnasium.make("CliffWalking-v1"), QLearningConfig(epsilon=1, min_epsilon=1))
    assert trainer.advance(50) == 50
    trainer.pause()
    assert trainer.snapshot.step == 50 - trainer.snapshot.episode_lengths.sum()
    trainer.resume()
    assert trainer.advance(100_000) == 100_000


def test_one_press_of_episode_does_not_wait_for_ever():
    config = GridWorldConfig(level="CliffWalking-v1")
    env = TimeLimit(GridWorldEnv(config), 10_000_000)
    trainer = Trainer(EnvConfig(env), QLearningConfig(initial_q=-1e6, epsilon=0, min_epsilon=0))
    trainer.advance(1)
    trainer.agent.q_values[:, 0] = 0  # always up
    trainer.pause()
    assert trainer.step_episode() == 20_000
    assert trainer.status is Status.PAUSED


@pytest.mark.parametrize("n_steps", [0, 1, 40, 77])
@pytest.mark.parametrize("algorithm", ["q_learning", "dyna_q", "n_step_sarsa", "monte_carlo"])
def test_a_stepped_run_from_a_file_goes_on_between_episodes(algorithm, n_steps, tmp_path):
    learning = ALGORITHMS[algorithm].config(**LEARNING)
    saved = Trainer(gymnasium.make("Blackjack-v1"), learning, 5)
    saved.advance(n_steps)
    if n_steps:
        saved.pause()
        while saved.snapshot.episode_lengths.sum() != saved.total_steps:
            saved.step()
    saved.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz", gymnasium.make("Blackjack-v1"))
    assert again.status is (saved.status if n_steps else Status.PAUSED)
    finished(saved)
    finished(again)
    assert again.snapshot.q_values.tobytes() == saved.snapshot.q_values.tobytes()
    assert again.snapshot.episode_returns.tobytes() == saved.snapshot.episode_returns.tobytes()


def test_an_episode_under_way_counts_as_cut_off_in_a_run_from_a_file(tmp_path):
    trainer = Trainer(TimeLimit(GridWorldEnv(level="hard"), 500), QLearningConfig(num_episodes=9))
    trainer.advance(30)
    trainer.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz", TimeLimit(GridWorldEnv(level="hard"), 500))
    again.resume()
    again.advance(1)
    assert again.snapshot.episode_lengths.tolist() == [30]
    assert again.snapshot.step == 1
    finished(again)
    again.save(tmp_path / "run.npz")
    Trainer.load(tmp_path / "run.npz", again.world_config.env)  # its records add up


@pytest.mark.parametrize(
    "make",
    [
        lambda: gymnasium.make("Blackjack-v1"),
        lambda: gymnasium.make("Taxi-v4", fickle_passenger=True),
    ],
    ids=["without a table", "with a table that lies"],
)
def test_two_runs_take_turns_with_one_environment(make):
    env = make()
    alone = finished(Trainer(make(), QLearningConfig(num_episodes=30), 2))
    first = Trainer(env, QLearningConfig(num_episodes=30), 2)
    first.step_episode()
    held = first.hold()
    first.reset()
    first.seed = 9
    first.step_episode()
    first.bring_back(held)
    finished(first)
    assert first.snapshot.q_values.tobytes() == alone.snapshot.q_values.tobytes()


def test_an_interrupt_waits_for_the_end_of_a_step():
    trainer = Trainer(Dice(), QLearningConfig(num_episodes=1_000_000))
    # What runs in the background of a shell begins with interrupts ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    previous = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            trainer.train(show_progress=False)
    finally:
        signal.signal(signal.SIGALRM, previous)
        signal.signal(signal.SIGINT, before)
    assert trainer.status is Status.PAUSED
    assert trainer.snapshot.visits.sum() == trainer.total_steps
    assert trainer.step() is not None


def test_what_cannot_be_counted_is_refused_by_name():
    with pytest.raises(ValueError, match=r"^observation_space must be of type Discrete, Multi"):
        Trainer(gymnasium.make("CartPole-v1"))
    with pytest.raises(TypeError, match=r"^world must be a GridWorldConfig or a Gymnasium env"):
        Trainer("easy")
    with pytest.raises(ValueError, match=r"^P must be a table of .*, Dice cannot be planned"):
        Trainer(Dice(), ALGORITHMS["policy_iteration"].config())
    trainer = Trainer(Dice(), QLearningConfig(num_episodes=3))
    with pytest.raises(ValueError, match=r"^world must have a table of its outcomes, Dice has no"):
        trainer.greedy_episode(0)


@pytest.mark.parametrize("name", ["os:Taxi-v4", "this:Zen-v0", "Acrobot-v1", "", 7, None, ["a"]])
def test_a_file_alone_never_makes_an_environment(name, monkeypatch, tmp_path):
    made = []
    monkeypatch.setattr(gymnasium, "make", lambda *given, **_: made.append(given))
    trainer = Trainer(GridWorldConfig(), QLearningConfig(num_episodes=2))
    trainer.save(tmp_path / "run.npz")
    header, arrays = content_of(tmp_path / "run.npz")
    with pytest.raises(LoadError, match=r"^environment must be GridWorld-v0, got"):
        Trainer.load(packed(changed(header, ["environment"], name), arrays))
    with pytest.raises(LoadError, match=r"^world: level must be one of"):
        Trainer.load(packed(changed(header, ["world", "level"], "os:Taxi-v4"), arrays))
    assert not made


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["world", "n_states"], 7, "^world: n_states must be a whole number from 8 to 8"),
        (["world", "n_actions"], 3, "^world: n_actions must be"),
        (["numbers", "n_outcomes"], 10**9, "^n_outcomes must be"),
        (["world", "max_steps"], 0, "^world: max_steps must be"),
        (["world"], {}, "^world must have the field"),
        (["algorithm"], "value_iteration", "^(environment: P must be|learning)"),
    ],
)
def test_a_wrong_field_of_an_environments_file_is_named(path, value, message, tmp_path):
    trainer = finished(Trainer(Dice(), QLearningConfig(num_episodes=5)))
    trainer.save(tmp_path / "run.npz")
    header, arrays = content_of(tmp_path / "run.npz")
    with pytest.raises(LoadError, match=message):
        Trainer.load(packed(changed(header, path, value), arrays), Dice())


def test_a_file_of_an_environment_that_is_offered_needs_nothing_else(tmp_path):
    learning = QLearningConfig(num_episodes=30)
    trainer = finished(Trainer(EnvConfig(gymnasium.make("Blackjack-v1")), learning))
    trainer.save(tmp_path / "run.npz")
    before, offered = dict(LEVELS), dict(GridWorldConfig.param.level.names)
    try:
        LEVELS.pop("Blackjack-v1", None)
        with pytest.raises(LoadError, match=r"^environment must be GridWorld-v0, got 'Blackjack"):
            Trainer.load(tmp_path / "run.npz")
        add_environment("Blackjack-v1")
        again = Trainer.load(tmp_path / "run.npz")
    finally:
        LEVELS.clear()
        LEVELS.update(before)
        GridWorldConfig.param.level.objects = offered
    assert again.snapshot.q_values.tobytes() == trainer.snapshot.q_values.tobytes()
    assert again.origin.level == "Blackjack-v1"


def test_tables_of_an_environment_without_a_map_have_its_states(tmp_path):
    trainer = finished(Trainer(gymnasium.make("Blackjack-v1"), QLearningConfig(num_episodes=5)))
    q_table_to_csv(trainer, tmp_path / "q.csv")
    lines = (tmp_path / "q.csv").read_text().splitlines()
    assert len(lines) == 1 + 704 * 2
    assert lines[-1].startswith("0,703,703,1,")

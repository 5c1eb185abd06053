"""A person's own agent: three methods, in `Trainer`."""

import gymnasium
import numpy as np
import pytest

from gridworld import (
    ALGORITHMS,
    Equation,
    GridWorldConfig,
    GridWorldEnv,
    LearningConfig,
    LoadError,
    QLearningConfig,
    SarsaConfig,
    TabularAgent,
    Trainer,
    register_agent,
)

LEARNING = {"num_episodes": 80, "epsilon_decay": 0.97}


class MeanConfig(LearningConfig):
    """The settings of my learner."""


class MeanAgent(TabularAgent):
    """Each value is the mean of its targets."""

    def select_action(self, state):
        return self.choose(state)

    def update(self, state, action, reward, next_state, terminated):
        row, column, next_row = self.count(state, action, next_state)
        best = 0.0 if terminated else self.q_values[next_row].max()
        target = reward + self.discount_factor * best
        return self.learn(state, action, target, best, step_size=1 / self.visits[row, column])


class OwnConfig(LearningConfig):
    """Q-learning once more."""


class OwnAgent(TabularAgent):
    """Q-learning, as a person writes it."""

    def select_action(self, state):
        return self.choose(state)

    def update(self, state, action, reward, next_state, terminated):
        _, _, next_row = self.count(state, action, next_state)
        best = 0.0 if terminated else self.q_values[next_row].max()
        return self.learn(state, action, reward + self.discount_factor * best, best)


@pytest.fixture
def registered():
    kept = dict(ALGORITHMS)
    yield register_agent(MeanAgent, MeanConfig), register_agent(OwnAgent, OwnConfig, title="Mine")
    ALGORITHMS.clear()
    ALGORITHMS.update(kept)


def trained(world, learning, seed=0):
    trainer = Trainer(world, learning, seed)
    trainer.train(show_progress=False)
    return trainer


def test_it_is_known_by_the_name_of_its_class(registered):
    mean, own = registered
    assert (mean.key, mean.title) == ("mean", "Mean")
    assert (own.key, own.title) == ("own", "Mine")
    assert ALGORITHMS["mean"] is mean
    assert trained(GridWorldConfig(), MeanConfig(num_episodes=2)).snapshot.algorithm == "mean"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("world", [{"level": "hard"}, {"level": "blocking_maze"}])
def test_q_learning_of_ones_own_is_q_learning_to_the_last_bit(registered, world, seed):
    mine = trained(GridWorldConfig(**world), OwnConfig(**LEARNING), seed)
    known = trained(GridWorldConfig(**world), QLearningConfig(**LEARNING), seed)
    for name in ("q_values", "visits", "episode_returns", "episode_lengths", "episode_successes"):
        assert getattr(mine.snapshot, name).tobytes() == getattr(known.snapshot, name).tobytes()
    assert mine.snapshot.layout == known.snapshot.layout
    mine.analyse()
    known.analyse()
    assert mine.snapshot.optimal_return == known.snapshot.optimal_return
    assert mine.snapshot.gap == known.snapshot.gap
    assert mine.greedy_episode(0).states.tolist() == known.greedy_episode(0).states.tolist()


def test_it_learns_and_can_be_tuned(registered):
    trainer = Trainer(GridWorldConfig(level="easy"), MeanConfig(num_episodes=300))
    trainer.advance(100)
    trainer.tune(epsilon=0.1)
    trainer.train(show_progress=False)
    trainer.analyse()
    assert trainer.snapshot.gap == 0
    assert trainer.agent.epsilon == trainer.snapshot.epsilon < 0.1
    again = Trainer(trainer.world_config, trainer.learning_config, changes=trainer.changes)
    again.train(show_progress=False)
    assert again.snapshot.q_values.tobytes() == trainer.snapshot.q_values.tobytes()


def test_it_learns_in_other_environments(registered):
    for name in ("Taxi-v4", "Blackjack-v1"):
        mine = trained(gymnasium.make(name), OwnConfig(num_episodes=20), 4)
        env = gymnasium.make(name)
        agent = OwnAgent.for_env(env, OwnConfig(num_episodes=20), 4)
        for episode in range(20):
            state, _ = env.reset(seed=4) if episode == 0 else env.reset()
            over = False
            while not over:
                action = agent.select_action(state)
                following, reward, terminated, truncated, _ = env.step(action)
                agent.update(state, action, reward, following, terminated)
                state, over = following, terminated or truncated
            agent.end_episode()
        assert mine.snapshot.q_values.tobytes() == agent.q_values.tobytes()


@pytest.mark.parametrize("level", ["hard", "blocking_maze"])
def test_it_goes_through_a_file_between_episodes(registered, level, tmp_path):
    learning = OwnConfig(num_episodes=40)
    whole, saved = (Trainer(GridWorldConfig(level=level), learning, 1) for _ in range(2))
    whole.train(show_progress=False)
    for _ in range(20):
        saved.step_episode()
    saved.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz")
    again.train(show_progress=False)
    assert again.snapshot.q_values.tobytes() == whole.snapshot.q_values.tobytes()
    assert again.snapshot.layout == whole.snapshot.layout
    del ALGORITHMS["own"]
    with pytest.raises(LoadError, match=r"^algorithm must be one of"):
        Trainer.load(tmp_path / "run.npz")


def test_a_file_of_the_midst_of_an_episode_goes_on_with_the_next_one(registered, tmp_path):
    trainer = Trainer(GridWorldConfig(level="blocking_maze"), OwnConfig(num_episodes=40))
    trainer.advance(1500)
    trainer.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz")
    again.train(show_progress=False)
    env = GridWorldEnv(level="blocking_maze")
    env.reset(seed=0, options={"steps_taken": 1500})
    assert np.array_equal(env.world.next_state, again.world.next_state)
    assert again.snapshot.episode_lengths.sum() == again.total_steps
    later_wall = 3 * 9 + 8
    assert later_wall not in again.snapshot.trail @ [9, 1]


def test_what_cannot_be_registered_is_refused(registered):
    class QLearningAgent(OwnAgent):
        pass

    class LikeSarsa(SarsaConfig):
        pass

    with pytest.raises(ValueError, match=r"^agent must have a name of its own, got QLearningAgent"):
        register_agent(QLearningAgent, type("C", (LearningConfig,), {}))
    with pytest.raises(ValueError, match=r"^config must be one that no other agent has, got LikeS"):
        register_agent(OwnAgent, LikeSarsa)
    with pytest.raises(TypeError, match=r"^config must be a class below LearningConfig, got"):
        register_agent(OwnAgent, LearningConfig)
    with pytest.raises(TypeError, match=r"^agent must be a class below TabularAgent, got"):
        register_agent(OwnAgent(OwnConfig(), 1, 1), OwnConfig)


def test_its_equation_is_its_own(registered):
    equation = Equation("Q(S, A) ← R", "R", "nothing counts.", "Nowhere")
    assert register_agent(MeanAgent, MeanConfig, equation=equation).equation is equation
    assert ALGORITHMS["mean"].equation is equation

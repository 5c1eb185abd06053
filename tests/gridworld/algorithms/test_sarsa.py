"""What is SARSA's own; what holds for every algorithm is in `test_contract.py`."""

import re
from pathlib import Path

import numpy as np
import pytest

from gridworld import GridWorldConfig, LoadError, SarsaAgent, SarsaConfig, Trainer
from gridworld.learning.recording import NONE
from tests.gridworld.saving.test_broken_files import repacked
from tests.gridworld.saving.test_versions import digest


def make_agent(q_values, **parameters):
    agent = SarsaAgent(SarsaConfig(**parameters), *np.shape(q_values))
    agent.q_values[:] = q_values
    return agent


def test_an_update_counts_the_action_that_is_taken_next():
    agent = make_agent([[1.0, 2.0], [4.0, 3.0]], learning_rate=0.5, discount_factor=0.9, epsilon=1)
    for _ in range(50):
        agent.q_values[:] = [[1.0, 2.0], [4.0, 3.0]]
        update = agent.update(0, 1, -1.0, 1, False)
        assert update.next_value == [4.0, 3.0][update.next_action]
        assert update.target == -1 + 0.9 * update.next_value
        assert agent.q_values[0, 1] == 2 + 0.5 * (update.target - 2)
        assert agent.select_action(1) == update.next_action
    assert agent.update(0, 1, -1.0, 1, True).next_action is None


def test_the_next_action_is_chosen_by_the_values_before_the_update():
    # The update makes the other action of the same state the better one.
    agent = make_agent([[1.0, 0.0]], learning_rate=1, discount_factor=0, epsilon=0)
    update = agent.update(0, 0, -5.0, 0, False)
    assert (update.next_action, update.next_value) == (0, 1.0)
    assert agent.select_action(0) == 0
    agent.end_episode()
    assert agent.select_action(0) == 1


def test_an_agent_that_never_explores_learns_as_q_learning_does_where_no_values_tie():
    from gridworld import QLearningAgent, QLearningConfig

    table = np.random.default_rng(0).random((5, 3))
    agents = [
        make_agent(table, epsilon=0),
        QLearningAgent(QLearningConfig(epsilon=0), 5, 3),
    ]
    agents[1].q_values[:] = table
    for agent in agents:
        agent.update(0, 1, 0.5, 3, False)
    assert (agents[0].q_values == agents[1].q_values).all()


def test_an_action_chosen_for_a_step_that_is_cut_off_is_forgotten():
    trainer = Trainer(GridWorldConfig(level="hard", max_steps=5), SarsaConfig())
    trainer.step_episode()
    assert not trainer.snapshot.last_step.terminated
    assert trainer.snapshot.last_update.next_action is not None
    assert trainer.agent.memory.next_action[0] == NONE


def test_spaces_that_begin_elsewhere_are_learned_to_the_same_table():
    plain, shifted = (make_agent(np.zeros((3, 2)), epsilon=0.5) for _ in range(2))
    shifted.first_state, shifted.first_action = 10, -4
    for state, action, reward, next_state in [(0, 1, 1.0, 1), (1, 0, 2.0, 2), (2, 1, 0.0, 0)] * 20:
        update = plain.update(state, action, reward, next_state, False)
        other = shifted.update(state + 10, action - 4, reward, next_state + 10, False)
        assert other.next_action == update.next_action - 4
        assert shifted.select_action(next_state + 10) == plain.select_action(next_state) - 4
    assert (plain.q_values == shifted.q_values).all()


def test_on_the_cliff_it_takes_the_safe_way_and_earns_more_while_it_learns():
    """Sutton & Barto 2018, example 6.6; −26.3 (5.5) and −49.4 (6.7) by another implementation."""
    from gridworld import QLearningConfig

    learning = {
        "learning_rate": 0.5,
        "discount_factor": 1,
        "epsilon": 0.1,
        "min_epsilon": 0.1,
        "epsilon_decay": 1,
    }
    earned = {}
    for kind in (SarsaConfig, QLearningConfig):
        runs = [
            Trainer(GridWorldConfig(level="cliff_walking"), kind(**learning), s) for s in range(30)
        ]
        for run in runs:
            run.train(show_progress=False)
        earned[kind] = np.mean([run.snapshot.episode_returns[-100:].mean() for run in runs])
    assert earned[SarsaConfig] == pytest.approx(-26.3, abs=4)
    assert earned[QLearningConfig] == pytest.approx(-49.4, abs=5)


def test_in_the_wind_it_completes_as_many_episodes_as_in_the_book():
    """Sutton & Barto 2018, example 6.5: 8,000 steps; 159 (12) by another implementation."""
    learning = SarsaConfig(
        learning_rate=0.5, discount_factor=1, epsilon=0.1, min_epsilon=0.1, epsilon_decay=1
    )
    n_episodes = []
    for seed in range(30):
        trainer = Trainer(GridWorldConfig(level="windy_gridworld"), learning, seed)
        trainer.advance(8000)
        n_episodes.append(trainer.snapshot.episode)
    assert np.mean(n_episodes) == pytest.approx(159, abs=8)


@pytest.mark.parametrize("memory", [[-1, 0], [4, 0], [-2, 0], [0, 2], [0, -1], [2**62, 0]], ids=str)
def test_a_file_that_holds_no_next_action_is_refused(memory, tmp_path):
    trainer = Trainer(learning_config=SarsaConfig())
    trainer.advance(3)
    trainer.save(tmp_path / "run.npz")
    broken = repacked(tmp_path / "run.npz", memory_next_action=np.array(memory, np.int64))
    message = "memory_next_action must be an action from 0 to 3, and 0 or 1, got"
    with pytest.raises(LoadError, match=f"^{re.escape(message)}"):
        Trainer.load(broken)


def test_a_file_of_this_version_goes_on_to_the_same_bits():
    trainer = Trainer.load(Path(__file__).with_name("data") / "sarsa.npz")
    trainer.train(show_progress=False)
    assert digest(trainer) == "a3bb768af10317f77a0e97791113f08f83d0187a66af51be701a39206d699c4d"

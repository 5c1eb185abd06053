import pytest

from gridworld import (
    RECENT_EPISODES,
    GridWorldConfig,
    QLearningConfig,
    Trainer,
    snapshot_of,
)


def test_the_success_rate_is_that_of_the_latest_episodes():
    trainer = Trainer(GridWorldConfig(max_steps=12), QLearningConfig(num_episodes=150))
    assert trainer.snapshot.success_rate is None
    for episode in (1, 99, 100, 101, 150):
        trainer.advance(10_000, until_episode=episode)
        successes = trainer.snapshot.episode_successes.tolist()
        assert len(successes) == episode
        latest = successes[-RECENT_EPISODES:]
        assert trainer.snapshot.success_rate == sum(latest) / len(latest)
        if episode < 150:
            trainer.resume()
    assert 0 < trainer.snapshot.success_rate < 1


def test_a_snapshot_is_had_of_a_trainer_or_of_a_snapshot():
    trainer = Trainer()
    trainer.step()
    snapshot = trainer.snapshot
    assert snapshot_of(snapshot) is snapshot
    assert snapshot_of(trainer).total_steps == 1


@pytest.mark.parametrize("wrong", [{}, None, Trainer])
def test_of_anything_else_there_is_no_snapshot(wrong):
    message = f"source must be a Trainer or a Snapshot, got {type(wrong).__name__}"
    with pytest.raises(TypeError, match=message):
        snapshot_of(wrong)

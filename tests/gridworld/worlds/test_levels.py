import pytest

from gridworld import (
    ALGORITHMS,
    LEVELS,
    Curve,
    GridWorldConfig,
    QLearningConfig,
    algorithm_of,
    learner_of,
    parse_layout,
)
from tests.gridworld.worlds.ways import shortest_way


@pytest.mark.parametrize(
    ("level", "shape", "n_walls", "n_steps"),
    [
        ("easy", (5, 5), 3, 8),
        ("medium", (6, 6), 6, 12),
        ("hard", (7, 7), 10, 20),
        ("cliff_walking", (4, 12), 0, 13),
        ("windy_gridworld", (7, 10), 0, 7),
        ("dyna_maze", (6, 9), 7, 14),
        ("blocking_maze", (6, 9), 8, 10),
        ("shortcut_maze", (6, 9), 8, 16),
        ("four_rooms", (13, 13), 65, 14),
    ],
)
def test_levels_are_as_described(level, shape, n_walls, n_steps):
    cells = parse_layout(LEVELS[level].layout)
    assert cells.shape == shape
    assert (cells == "#").sum() == n_walls
    assert shortest_way(cells) == n_steps


@pytest.mark.parametrize(
    ("level", "change_after", "n_walls", "n_steps"),
    [("blocking_maze", 1000, 8, 16), ("shortcut_maze", 3000, 7, 10)],
)
def test_mazes_change_as_described(level, change_after, n_walls, n_steps):
    config = GridWorldConfig(level=level)
    cells = parse_layout(config.later_layout)
    assert config.change_after == change_after
    assert (cells == "#").sum() == n_walls
    assert shortest_way(cells) == n_steps


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_has_a_title_and_a_description(level):
    assert LEVELS[level].title[0].isupper()
    assert LEVELS[level].description.endswith(".")


@pytest.mark.parametrize("name", LEVELS)
def test_a_textbooks_level_brings_its_learner_and_the_others_the_defaults(name):
    level, learner = LEVELS[name], learner_of(name)
    if level.book is None:
        assert isinstance(learner, QLearningConfig)
        assert values_of(learner) == values_of(QLearningConfig())
        assert (level.curve, level.speed) == (Curve("Return"), 200)
        return
    assert level.book.reference in level.description or level.book.reference.startswith(
        level.description.partition(":")[0]
    )
    assert algorithm_of(learner).key == level.book.algorithm
    assert values_of(learner) == values_of(type(learner)()) | level.book.learning
    assert learner.epsilon == learner.min_epsilon == 0.1


def test_another_algorithm_takes_what_it_knows_of_a_levels_settings(monkeypatch):
    book = LEVELS["dyna_maze"].book
    other = book._replace(learning={**book.learning, "planning_steps": 5})
    monkeypatch.setitem(LEVELS, "dyna_maze", LEVELS["dyna_maze"]._replace(book=other))
    for algorithm, each in ALGORITHMS.items():
        learner = learner_of("dyna_maze", algorithm)
        assert type(learner) is each.config
        assert learner.discount_factor == 0.95
        # The book's are episodes, and planning goes in sweeps.
        assert learner.num_episodes == (each.config().num_episodes if each.plans else 50)


def test_a_learner_is_a_new_one_each_time():
    learner_of("dyna_maze").discount_factor = 0.5
    assert learner_of("dyna_maze").discount_factor == 0.95


def test_an_unknown_level_or_algorithm_is_refused():
    with pytest.raises(ValueError, match=r"level must be one of easy, .*, got 'nowhere'"):
        learner_of("nowhere")
    with pytest.raises(ValueError, match=r"algorithm must be one of q_learning, .*, got 'dyna'"):
        learner_of("easy", "dyna")


def values_of(config):
    return {name: value for name, value in config.param.values().items() if name != "name"}

import copy
import re

import numpy as np
import param
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gridworld import LEVELS, GridWorldConfig, LearningConfig, QLearningConfig, parse_layout

PARAMETERS = [
    pytest.param(kind, name, id=f"{kind.__name__}.{name}")
    for kind in (GridWorldConfig, LearningConfig, QLearningConfig)
    for name in kind.param
    if name != "name"
]
NUMBERS = [
    pytest.param(kind, name, id=f"{kind.__name__}.{name}")
    for kind in (GridWorldConfig, LearningConfig)
    for name in kind.param
    if isinstance(kind.param[name], param.Number)
]
REWARDS = ("step_reward", "bump_reward", "goal_reward", "pit_reward", "cliff_reward")
ALLOWED_RATE = "learning_rate must be above 0 and at most 1, got "
ALLOWED_WIND = "wind must be whole numbers from 0 to 100, one for each column, or empty, got "
WRONG = [
    (GridWorldConfig, "layout", "S..\n.#", "layout row 1 has 2 cells, expected 3"),
    (GridWorldConfig, "layout", "..\n.G", "layout has no start, it must have at least one 'S'"),
    (GridWorldConfig, "layout", "S.\n..", "layout has no goal, it must have at least one 'G'"),
    (
        GridWorldConfig,
        "layout",
        "S..\n.o.\n..G",
        "layout row 1, column 1 is 'o', allowed are S G . # X C",
    ),
    (
        GridWorldConfig,
        "layout",
        "..S\n###\nS.G",
        "layout has no way to a goal from the start at row 0, column 2",
    ),
    (
        GridWorldConfig,
        "layout",
        "SX\nCG",
        "layout has no way to a goal from the start at row 0, column 0",
    ),
    (GridWorldConfig, "layout", "", "layout must have 2 to 100 rows, got 0"),
    (GridWorldConfig, "layout", "SG", "layout must have 2 to 100 rows, got 1"),
    (GridWorldConfig, "layout", "S\nG", "layout must have 2 to 100 columns, got 1"),
    (GridWorldConfig, "layout", "SG\n" * 101, "layout must have 2 to 100 rows, got 101"),
    (GridWorldConfig, "layout", "S" * 101 + "\nG", "layout must have 2 to 100 columns, got 101"),
    (
        GridWorldConfig,
        "layout",
        "\n".join(["S" * 100] * 99 + ["C" * 99 + "G"]),
        "layout with cliffs must have at most 10 starts at this size, got 9900",
    ),
    (GridWorldConfig, "layout", 5, "layout must be text, got 5"),
    (GridWorldConfig, "layout", None, "layout must be text, got None"),
    (
        GridWorldConfig,
        "level",
        "impossible",
        "level must be one of {levels}, got 'impossible'",
    ),
    (GridWorldConfig, "level", None, "level must be one of {levels}, got None"),
    (
        GridWorldConfig,
        "n_rows",
        9,
        "n_rows may be chosen for level random only, got 9 for level easy",
    ),
    (
        GridWorldConfig,
        "wall_density",
        0.5,
        "wall_density may be chosen for level random only, got 0.5 for level easy",
    ),
    (
        GridWorldConfig,
        "wind",
        (1, 0),
        "wind has 2 values, expected 5, one for each column",
    ),
    (GridWorldConfig, "wind", (0, 0, -1, 0, 0), f"{ALLOWED_WIND}(0, 0, -1, 0, 0)"),
    (GridWorldConfig, "wind", (0, 0, 101, 0, 0), f"{ALLOWED_WIND}(0, 0, 101, 0, 0)"),
    (GridWorldConfig, "wind", (0, 0, 1.5, 0, 0), f"{ALLOWED_WIND}(0, 0, 1.5, 0, 0)"),
    (GridWorldConfig, "wind", "00100", f"{ALLOWED_WIND}'00100'"),
    (GridWorldConfig, "wind", 1, f"{ALLOWED_WIND}1"),
    (GridWorldConfig, "n_rows", 1, "n_rows must be a whole number from 2 to 100, got 1"),
    (GridWorldConfig, "n_cols", 101, "n_cols must be a whole number from 2 to 100, got 101"),
    (GridWorldConfig, "n_cols", 5.5, "n_cols must be a whole number from 2 to 100, got 5.5"),
    (GridWorldConfig, "slip", 1.1, "slip must be a number from 0 to 1, got 1.1"),
    (LearningConfig, "learning_rate", 0, f"{ALLOWED_RATE}0"),
    (LearningConfig, "learning_rate", float("nan"), f"{ALLOWED_RATE}nan"),
    (LearningConfig, "learning_rate", "abc", f"{ALLOWED_RATE}'abc'"),
    (LearningConfig, "learning_rate", float("inf"), f"{ALLOWED_RATE}inf"),
    (LearningConfig, "learning_rate", True, f"{ALLOWED_RATE}True"),
    (LearningConfig, "learning_rate", np.True_, f"{ALLOWED_RATE}np.True_"),
    (LearningConfig, "learning_rate", None, f"{ALLOWED_RATE}None"),
    (LearningConfig, "learning_rate", 10**400, ALLOWED_RATE),
    (LearningConfig, "learning_rate", np.array([0.1]), f"{ALLOWED_RATE}array([0.1])"),
    (LearningConfig, "learning_rate", lambda: 0.1, ALLOWED_RATE),
    (
        LearningConfig,
        "num_episodes",
        0,
        "num_episodes must be a whole number from 1 to 10,000,000, got 0",
    ),
    (
        LearningConfig,
        "num_episodes",
        1.5,
        "num_episodes must be a whole number from 1 to 10,000,000, got 1.5",
    ),
]
WRONG_IDS = [f"{name}-{repr(value)[:20]}" for _, name, value, _ in WRONG]


def watched(config):
    """A list to which every change of the config's parameters is added, by name."""
    changed = []
    names = [name for name in config.param if name != "name"]
    config.param.watch(lambda *events: changed.extend(e.name for e in events), names)
    return changed


@pytest.mark.parametrize(("kind", "name"), PARAMETERS)
def test_every_parameter_says_what_it_is(kind, name):
    assert re.fullmatch(r"[A-Z].*\.", kind.param[name].doc, re.DOTALL)


@pytest.mark.parametrize(("kind", "name"), NUMBERS)
def test_every_number_has_bounds_around_its_default(kind, name):
    low, high = kind.param[name].bounds
    assert low <= kind.param[name].default <= high


@pytest.mark.parametrize("wrong", ["nan", "inf", "-inf", "below", "above", "word", "True", "None"])
@pytest.mark.parametrize(("kind", "name"), NUMBERS)
def test_a_number_out_of_range_is_refused_with_its_name_and_the_range(kind, name, wrong):
    low, high = kind.param[name].bounds
    value = {
        "nan": float("nan"),
        "inf": float("inf"),
        "-inf": -float("inf"),
        "below": low - 1,
        "above": high + 1,
        "word": "abc",
        "True": True,
        "None": None,
    }[wrong]
    config = kind()
    before = config.param.values()
    message = f"^{name} must be .*{low:,} .*{high:,}, got {re.escape(repr(value))}$"
    with pytest.raises(ValueError, match=message):
        kind(**{name: value})
    with pytest.raises(ValueError, match=message):
        setattr(config, name, value)
    assert config.param.values() == before


def begins_with(message):
    """A pattern for an error, with the levels that there are now: a page offers others."""
    return "^" + re.escape(message.replace("{levels}", ", ".join(LEVELS)))


@pytest.mark.parametrize(("kind", "name", "value", "message"), WRONG, ids=WRONG_IDS)
def test_the_constructor_refuses_a_wrong_value(kind, name, value, message):
    with pytest.raises(ValueError, match=begins_with(message)):
        kind(**{name: value})


@pytest.mark.parametrize(("kind", "name", "value", "message"), WRONG, ids=WRONG_IDS)
def test_a_refused_assignment_changes_nothing_and_tells_nobody(kind, name, value, message):
    config = kind()
    before, changed = config.param.values(), watched(config)
    with pytest.raises(ValueError, match=begins_with(message)):
        setattr(config, name, value)
    assert config.param.values() == before
    assert changed == []


@pytest.mark.parametrize(
    "changes",
    [
        {"slip": 0.5, "layout": "S..\n.#"},
        {"slip": 0.5, "n_rows": 9},
    ],
    ids=str,
)
def test_a_refused_update_of_several_parameters_changes_none_of_them(changes):
    config = GridWorldConfig()
    before, changed = config.param.values(), watched(config)
    with pytest.raises(ValueError, match=r"^(layout|n_rows) "):
        config.param.update(**changes)
    assert config.param.values() == before
    assert changed == []


def test_after_a_refused_assignment_the_config_goes_on_as_before():
    config = GridWorldConfig()
    with pytest.raises(ValueError, match="layout"):
        config.layout = "S"
    config.level = "hard"
    assert (config.n_rows, config.n_cols) == (7, 7)
    config.layout = "SG\n.."
    assert (config.level, config.n_rows, config.n_cols) == ("custom", 2, 2)


@pytest.mark.parametrize(("name", "value"), [("n_rows", 1), ("n_cols", 101)])
def test_a_drawn_map_has_2_to_100_cells_a_side(name, value):
    with pytest.raises(ValueError, match=f"{name} must be a whole number from 2 to 100"):
        GridWorldConfig(level="random", **{name: value})


def test_a_custom_level_needs_a_layout():
    with pytest.raises(ValueError, match="layout must be given for level custom, got none"):
        GridWorldConfig(level="custom")


def test_a_size_that_contradicts_the_layout_is_refused():
    with pytest.raises(ValueError, match="n_rows"):
        GridWorldConfig(layout="SG\n..", n_rows=5)


@pytest.mark.parametrize("level", [name for name in LEVELS if name not in ("custom", "random")])
def test_a_level_brings_its_map_and_its_own_rewards(level):
    config = GridWorldConfig(level=level)
    assert config.layout == LEVELS[level].layout
    assert (config.n_rows, config.n_cols) == parse_layout(LEVELS[level].layout).shape
    for name, value in LEVELS[level].parameters.items():
        assert getattr(config, name) == value


def test_textbook_levels_have_the_textbook_rewards():
    cliff = GridWorldConfig(level="cliff_walking")
    assert [getattr(cliff, name) for name in REWARDS] == [-1, -1, -1, -1, -100]
    assert GridWorldConfig(level="windy_gridworld").wind == (0, 0, 0, 1, 1, 1, 2, 2, 1, 0)
    maze = GridWorldConfig(level="dyna_maze")
    assert (maze.step_reward, maze.bump_reward, maze.goal_reward) == (0, 0, 1)


def test_a_parameter_given_with_the_level_wins_over_it():
    config = GridWorldConfig(level="cliff_walking", cliff_reward=-5.0, max_steps=7)
    assert (config.cliff_reward, config.step_reward, config.max_steps) == (-5, -1, 7)


def test_a_parameter_updated_with_the_level_wins_over_it():
    config = GridWorldConfig()
    config.param.update(level="cliff_walking", cliff_reward=-5.0, max_steps=7)
    assert (config.cliff_reward, config.step_reward, config.max_steps) == (-5, -1, 7)


def test_leaving_a_level_takes_its_rewards_and_wind_back():
    config = GridWorldConfig(slip=0.3)
    before = config.param.values()
    config.level = "windy_gridworld"
    config.level = "easy"
    assert config.param.values() == before


def test_giving_a_layout_makes_the_level_custom():
    config = GridWorldConfig(level="hard", layout="S.G\n...")
    assert (config.level, config.n_rows, config.n_cols) == ("custom", 2, 3)
    config = GridWorldConfig(level="hard")
    config.layout = "S.G\n..."
    assert (config.level, config.n_rows, config.n_cols) == ("custom", 2, 3)


def test_choosing_custom_keeps_the_map_for_editing():
    config = GridWorldConfig(level="hard")
    config.level = "custom"
    assert config.layout == LEVELS["hard"].layout


def test_layout_and_wind_change_together():
    config = GridWorldConfig(level="windy_gridworld")
    config.param.update(layout="S.G\n...", wind=(0, 1, 0))
    assert (config.n_cols, config.wind) == (3, (0, 1, 0))


@pytest.mark.parametrize("kind", [list, tuple, np.array, iter])
def test_wind_is_kept_as_a_tuple(kind):
    assert GridWorldConfig(layout="S.G\n...", wind=kind([0, 1, 0])).wind == (0, 1, 0)


def test_wind_may_make_the_goal_unreachable_and_is_refused_then():
    with pytest.raises(ValueError, match="no way to a goal from the start at row 0, column 0"):
        GridWorldConfig(layout="S...\n....\n...G", wind=(0, 0, 9, 9))


@pytest.mark.parametrize(
    "change",
    [{"map_seed": 1}, {"wall_density": 0.6}, {"n_rows": 12}, {"n_cols": 12}, {"level": "easy"}],
    ids=str,
)
def test_a_drawn_map_follows_its_parameters(change):
    config = GridWorldConfig(level="random", map_seed=0)
    before = config.layout
    config.param.update(**change)
    assert config.layout != before
    assert parse_layout(config.layout).shape == (config.n_rows, config.n_cols)


def test_the_same_map_seed_gives_the_same_map():
    one, other, third = (GridWorldConfig(level="random", map_seed=seed) for seed in (3, 3, 4))
    assert one.layout == other.layout != third.layout
    assert (one.n_rows, one.n_cols) == (8, 8)


def test_watchers_see_derived_changes_and_a_world_that_agrees():
    config = GridWorldConfig()
    changed, sizes = watched(config), []
    config.param.watch(lambda *_: sizes.append(parse_layout(config.layout).shape), ["level"])
    config.level = "windy_gridworld"
    assert {"level", "layout", "n_rows", "n_cols", "wind", "step_reward", "max_steps"} == (
        set(changed) - {"bump_reward", "goal_reward"}
    )
    assert sizes == [(7, 10)] == [(config.n_rows, config.n_cols)]


def test_a_copy_of_all_values_is_the_same_world():
    config = GridWorldConfig(level="windy_gridworld", slip=0.1, cliff_reward=-7.0)
    values = config.param.values()
    del values["name"]
    twin = GridWorldConfig(**values).param.values()
    assert values == {name: twin[name] for name in values}


def test_a_map_of_another_width_is_calm():
    config = GridWorldConfig(level="windy_gridworld")
    config.layout = "S..\n..G"
    assert (config.level, config.wind, config.n_cols) == ("custom", (), 3)


def test_a_deep_copy_is_independent():
    config = GridWorldConfig(level="hard")
    twin = copy.deepcopy(config)
    twin.level = "medium"
    assert (config.level, config.n_rows, twin.n_rows) == ("hard", 7, 6)


@settings(deadline=None)
@given(st.text() | st.text(alphabet="SG.#XC\n ", max_size=60))
@example("\n\nS.\n.G\n\n")
@example("S.\r\n.G")
@example("S\u2028G")
def test_any_text_is_either_a_map_or_a_value_error(text):
    config = GridWorldConfig()
    before, message = config.param.values(), "layout"
    try:
        config.layout = text
    except ValueError as error:
        message = str(error)
    if config.level == "custom":
        assert parse_layout(text).shape == (config.n_rows, config.n_cols)
    else:
        assert config.param.values() == before
    assert message.startswith("layout")


def test_learning_defaults_are_those_of_the_manual():
    config = QLearningConfig()
    assert config.learning_rate == 0.1
    assert config.discount_factor == 0.99
    assert (config.epsilon, config.epsilon_decay, config.min_epsilon) == (1.0, 0.995, 0.01)
    assert (config.initial_q, config.num_episodes) == (0, 500)


def test_every_parameter_belongs_to_the_map_or_to_the_level_but_the_slip():
    lists = (*GridWorldConfig.MAP_PARAMETERS, *GridWorldConfig.LEVEL_PARAMETERS)
    assert sorted(lists) == sorted(set(GridWorldConfig.param) - {"name", "slip"})
    assert set(GridWorldConfig.DRAWN_PARAMETERS) < set(GridWorldConfig.MAP_PARAMETERS)


def test_levels_set_no_other_parameters_than_those_that_come_with_a_level():
    for level in LEVELS.values():
        assert set(level.parameters) <= set(GridWorldConfig.LEVEL_PARAMETERS)

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.rooms.pace import SPEEDS
from dashboard.rooms.room import Room
from dashboard.session.url import MAX_TOASTS, UrlSync, tell
from dashboard.session.url_values import MAX_LENGTH
from gridworld import (
    ALGORITHMS,
    LEVELS,
    GridWorldConfig,
    QLearningConfig,
    learner_of,
    random_layout,
)
from tests.gridworld.grids import GRIDS

REWARDS = ("step_reward", "bump_reward", "goal_reward", "pit_reward", "cliff_reward")
reals = st.one_of(st.floats(-1e6, 1e6), st.integers(-1000, 1000))
sizes = st.integers(2, 9)
#: Settings of a world, whose map and wind go together.
worlds = st.one_of(
    st.fixed_dictionaries({"level": st.sampled_from(sorted({*GRIDS} - {"custom", "random"}))}),
    st.fixed_dictionaries(
        {
            "level": st.just("random"),
            "n_rows": sizes,
            "n_cols": sizes,
            "wall_density": st.floats(0, 0.9),
            "map_seed": st.integers(0, 2**32 - 1),
        }
    ),
    st.builds(
        lambda *drawn: {"layout": random_layout(*drawn)}, sizes, sizes, st.floats(0, 0.9), sizes
    ),
    st.builds(
        lambda n_cols, shift: {
            "layout": f"S{'.' * n_cols}G\n{'X' * (n_cols + 2)}",
            "wind": (shift,) * (n_cols + 2),
        },
        sizes,
        sizes,
    ),
    st.just({"level": "windy_gridworld", "wind": ()}),
)
more = st.fixed_dictionaries(
    {},
    optional={
        "slip": st.floats(0, 1),
        "max_steps": st.integers(1, 10_000_000),
        **dict.fromkeys(REWARDS, reals),
    },
)
learners = st.fixed_dictionaries(
    {},
    optional={
        "learning_rate": st.floats(0, 1, exclude_min=True),
        "epsilon": st.floats(0, 1),
        "num_episodes": st.integers(1, 10_000_000),
        "initial_q": reals,
    },
)


def make_room(world, learning=None, seed=0):
    learner = None if learning is None else QLearningConfig(**learning)
    return Room(GridWorldConfig(**world), learner, seed=seed)


def settings_of(room):
    """All settings, save those of a drawn map where there is none."""
    values = {}
    for owner in (room.world_config, room.learner, room.learning_config, room.pace):
        values |= {name: value for name, value in owner.param.values().items() if name != "name"}
    if values["level"] != "random":
        del values["wall_density"], values["map_seed"]
    return values | {"seed": room.seed}


def linked(room, address, before, learning=None):
    """A room that was opened by a link to another one, both having been alike before."""
    other = make_room(before, learning)
    assert UrlSync(other).apply(address.query) == []
    return other


@settings(deadline=None)
@given(
    worlds,
    st.none() | learners,
    worlds,
    more,
    st.none() | st.sampled_from(list(ALGORITHMS)),
    learners,
    st.integers(0, 2**32 - 1),
    st.sampled_from([*SPEEDS, "as it is"]),
)
def test_a_link_restores_the_settings(
    before, learning_before, world, others, algorithm, learning, seed, speed
):
    room = make_room(before, learning_before)
    address = UrlSync(room)
    assert address.query == ""
    # The way to the settings that leaves nothing of the world before, not even its wind.
    calm = {"wind": ()} if "layout" in world else {}
    room.world_config.param.update(**calm | world)
    if "wind" in world:
        room.world_config.wind = world["wind"]
    room.world_config.param.update(**others)
    if algorithm is not None:
        room.learner.algorithm = algorithm
    room.learning_config.param.update(**learning)
    if speed != "as it is":
        room.pace.set_speed(speed)
    room.seed = seed
    assert settings_of(linked(room, address, before, learning_before)) == settings_of(room)


def test_a_link_is_short_and_readable():
    room = make_room({})
    address = UrlSync(room)
    room.world_config.param.update(level="hard", slip=0.1)
    room.learning_config.epsilon = 0.5
    room.seed = 3
    assert address.query == "?level=hard&slip=0.1&epsilon=0.5&seed=3"
    room.world_config.layout = "S.X\n#.G"
    assert address.query == "?map=S.X-~.G&slip=0.1&epsilon=0.5&seed=3"
    room.world_config.wind = (0, 0, 2)
    room.pace.turbo = True
    assert "wind=0,0,2" in address.query
    assert "turbo=true" in address.query


def test_the_algorithm_comes_first_and_its_settings_go_along():
    room = make_room({})
    address = UrlSync(room)
    room.learning_config.epsilon = 0.5
    room.learner.algorithm = "sarsa"
    assert address.query == "?algorithm=sarsa&epsilon=0.5"
    other = make_room({})
    assert UrlSync(other).apply("?epsilon=0.5&algorithm=sarsa") == []
    assert (other.learner.algorithm, other.learning_config.epsilon) == ("sarsa", 0.5)
    (complaint,) = UrlSync(other).apply("?algorithm=dyna")
    assert complaint.startswith("Address: Algorithm must be one of q_learning, sarsa")
    room.learner.algorithm = "q_learning"
    assert address.query == "?epsilon=0.5"


@pytest.mark.parametrize("level", [name for name in LEVELS if LEVELS[name].book])
def test_a_level_alone_in_an_address_brings_its_learner_and_its_pace(level):
    room = make_room({})
    assert UrlSync(room).apply(f"?level={level}") == []
    assert settings_of(room) == settings_of(make_room({"level": level}))
    assert room.is_as_in_the_book
    written = make_room({})
    address = UrlSync(written)
    written.world_config.level = level
    assert address.query == f"?level={level}"


def test_what_is_given_besides_a_level_wins_wherever_it_stands():
    for search in ("?level=windy_gridworld&learning_rate=0.2", "?alpha=0.2&level=windy_gridworld"):
        room = make_room({})
        assert UrlSync(room).apply(search) == []
        expected = learner_of("windy_gridworld")
        expected.learning_rate = 0.2
        assert room.learner.algorithm == "sarsa"
        assert room.learning_config.param.values() | {"name": ""} == (
            expected.param.values() | {"name": ""}
        )
    room = make_room({})
    assert UrlSync(room).apply("?algorithm=q_learning&level=windy_gridworld&turbo=true") == []
    assert room.learner.algorithm == "q_learning"
    assert (room.learning_config.epsilon, room.learning_config.learning_rate) == (0.1, 0.5)
    assert room.pace.speed is None


def test_a_link_names_what_differs_from_what_the_level_brings():
    room = make_room({})
    address = UrlSync(room)
    room.world_config.level = "windy_gridworld"
    room.learner.algorithm = "q_learning"
    room.learning_config.epsilon = 1
    room.pace.set_speed(5)
    assert address.query == (
        "?level=windy_gridworld&algorithm=q_learning&epsilon=1&update_interval=1&frame_rate=5"
    )
    other = linked(room, address, {})
    assert settings_of(other) == settings_of(room)


def test_settings_that_are_changed_back_leave_the_address():
    room = make_room({"level": "hard", "slip": 0.1})
    address = UrlSync(room)
    room.world_config.level = "cliff_walking"
    assert address.query == "?level=cliff_walking"
    room.world_config.level = "hard"
    assert address.query == ""


@pytest.mark.parametrize("search", ["?map=S.X-~.G", "?map=S.X|%23.G", "map=S.X%0A%23.G"])
def test_a_map_may_be_written_by_hand(search):
    room = make_room({})
    assert UrlSync(room).apply(search) == []
    assert room.world_config.layout == "S.X\n#.G"


#: A link, what is said of it, and settings that result.
WRONG = [
    ("slip=2&seed=3", ["Address: Slip must be a number from 0 to 1, got 2"], {"seed": 3}),
    ("slip=nan", ["Address: Slip must be a number from 0 to 1, got nan"], {}),
    ("slip=", ["Address: Slip must be a number from 0 to 1, got ''"], {}),
    (
        "slip=<b>x</b>&epsilon=0.5",
        ["Address: Slip must be a number from 0 to 1, got '<b>x</b>'"],
        {"epsilon": 0.5},
    ),
    (
        "episodes=2.5",
        ["Address: Episodes must be a whole number from 1 to 10,000,000, got 2.5"],
        {},
    ),
    ("turbo=yes", ["Address: Turbo must be true or false, got 'yes'"], {}),
    (
        "seed=1&seed=2&seed=3",
        [
            "Address must give seed once, got '2' after '1'",
            "Address must give seed once, got '3' after '1'",
        ],
        {"seed": 1},
    ),
    (
        "level=hard&rows=9",
        ["Address: Rows may be chosen for level random only, got 9 for level hard"],
        {"level": "hard"},
    ),
    (
        "level=hard&map=SG-..",
        ["Address: Level must be custom with a map, got hard; the map was taken"],
        {"level": "custom", "layout": "SG\n.."},
    ),
    (
        "level=hard&map=SG-.",
        ["Address: Map text row 1 has 1 cells, expected 2"],
        {"level": "hard"},
    ),
    (
        "level=hard&wind=1,2&slip=0.2",
        ["Address: Wind has 2 values, expected 7, one for each column"],
        {"level": "hard", "slip": 0.2},
    ),
    (
        "map=...-S.G&wind=9,9,9",
        ["Address: Map text has no way to a goal from the start at row 1, column 0"],
        {"layout": "...\nS.G", "wind": ()},
    ),
    ("rows=3&level=random&columns=1", [], {"level": "random", "n_rows": 3}),
]


@pytest.mark.parametrize(("search", "complaints", "expected"), WRONG)
def test_what_is_wrong_is_told_and_what_is_right_is_taken(search, complaints, expected):
    room = make_room({})
    told = UrlSync(room).apply(f"?{search}")
    assert told == (complaints or ["Address: Columns must be a whole number from 2 to 100, got 1"])
    resulting = settings_of(room)
    for name, value in expected.items():
        assert resulting[name] == value
    if "layout" not in expected and expected.get("level") != "random":
        default = settings_of(make_room({"level": expected.get("level", "easy")}))
        assert resulting == default | expected


@pytest.mark.parametrize("level", ["FrozenLake-v1", "CliffWalking-v1"])
def test_a_link_restores_an_environment_that_is_a_level(level):
    room = make_room({})
    address = UrlSync(room)
    room.world_config.param.update(level=level, max_steps=77)
    assert set(address.query.removeprefix("?").split("&")) == {f"level={level}", "max_steps=77"}
    again = make_room({})
    assert UrlSync(again).apply(address.query) == []
    assert (again.world_config.level, again.world_config.max_steps) == (level, 77)
    (complaint,) = UrlSync(make_room({})).apply(f"?level={level}&slip=0.5")
    assert complaint.startswith(f"Address: Slip must be 0.0 for level {level}")


@pytest.mark.parametrize("kind", ["moves=king&wind=0,1,0", "gust=0.5&wind=0,1,0"])
def test_a_link_restores_moves_gusts_and_a_later_map(kind):
    room = make_room({})
    search = f"?map=S..-..G&{kind}&later_map=S.~-..G&change_after=30"
    address = UrlSync(room)
    assert address.apply(search) == []
    world = room.world_config
    assert (world.later_layout, world.change_after, world.wind) == ("S.#\n..G", 30, (0, 1, 0))
    again = make_room({})
    assert UrlSync(again).apply(address.query) == []
    assert again.trainer.settings.makes_the_same_run_as(room.trainer.settings)


def test_an_unknown_setting_is_told_with_those_that_there_are():
    (complaint,) = UrlSync(make_room({})).apply("?sliip=1")
    assert complaint.startswith("Address has no setting 'sliip', allowed are level, rows, columns")


def test_an_address_of_nonsense_is_not_read_to_its_end():
    address = UrlSync(make_room({}))
    (complaint,) = address.apply("?map=" + "S" * MAX_LENGTH)
    assert complaint == f"Address must have at most 40,000 characters, got {MAX_LENGTH + 4:,}"
    (complaint,) = address.apply("?" + "a&" * 2000)
    assert complaint == "Address must have at most 100 settings"


def test_what_is_shown_of_a_long_value_is_short():
    complaints = UrlSync(make_room({})).apply(f"?seed={'9' * 5000}&level={'x' * 5000}&{'k' * 5000}")
    assert len(complaints) == 3
    assert all(len(complaint) < 800 for complaint in complaints)


def test_the_largest_map_fits_into_an_address():
    layout = random_layout(100, 100, 0.9, 0)
    room = make_room({})
    address = UrlSync(room)
    room.world_config.layout = layout
    assert linked(room, address, {}).world_config.layout == layout
    assert len(address.query) < 10_200


def test_settings_of_panel_and_bokeh_are_not_ours():
    assert UrlSync(make_room({})).apply("?theme=dark&bokeh-session-id=a") == []


keys = [*UrlSync(make_room({}))._settings, "name", "theme", "", "%", "é"]
texts = st.one_of(st.text(), st.floats().map(str), st.integers().map(str), st.text("SG.~-|#XC,0"))
junk = st.one_of(
    st.text(),
    st.lists(st.tuples(st.sampled_from(keys), texts)).map(
        lambda pairs: "?" + "&".join(f"{key}={text}" for key, text in pairs)
    ),
)


@settings(deadline=None)
@given(junk)
def test_no_address_breaks_anything(search):
    room = make_room({})
    complaints = UrlSync(room).apply(search)
    assert all(isinstance(complaint, str) for complaint in complaints)
    GridWorldConfig(**{k: v for k, v in room.world_config.param.values().items() if k != "name"})
    room.step()


def test_many_mistakes_are_told_in_few_toasts(caplog):
    caplog.set_level(logging.INFO)
    tell(["Address: one"] * 30)
    assert len(caplog.messages) == MAX_TOASTS + 1
    assert caplog.messages[-1] == "Address: 25 more mistakes were left out"

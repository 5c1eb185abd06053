import copy
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from gridworld import LEVELS, Action, GridWorldConfig, GridWorldEnv, World

UP, RIGHT, DOWN, LEFT, *_ = Action
MIXED = "S..S\nC.XC\n..#.\nS..G"
CUSTOM = {"custom": {"layout": MIXED, "slip": 0.2}}
HEADINGS = [
    "Description",
    "Action Space",
    "Observation Space",
    "Starting State",
    "Rewards",
    "Episode End",
    "Information",
    "Arguments",
    "References",
    "Version History",
]


def make(**arguments):
    return gymnasium.make("GridWorld-v0", **arguments).unwrapped


def walk(env, n_steps, seed=None):
    """What a fixed series of actions shows: observations, rewards and both flags."""
    actions = np.random.default_rng(0).integers(4, size=n_steps)
    seen = [(env.reset(seed=seed)[0],)]
    for action in actions:
        observation, reward, terminated, truncated, _ = env.step(action)
        seen.append((observation, reward, terminated, truncated))
        if terminated or truncated:
            seen.append((env.reset()[0],))
    return seen


@pytest.mark.parametrize("observation", ["state", "position"])
@pytest.mark.parametrize("level", LEVELS)
def test_gymnasium_finds_nothing_to_complain_about(level, observation):
    env = make(**CUSTOM.get(level, {"level": level}), observation=observation)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_vector_of_environments_walks_as_single_ones_do(mode):
    config = GridWorldConfig(layout=MIXED, slip=0.2)
    context = {"context": "spawn"} if mode == "async" else {}
    envs = gymnasium.make_vec(
        "GridWorld-v0", num_envs=3, vectorization_mode=mode, vector_kwargs=context, config=config
    )
    singles = [make(config=config) for _ in range(3)]
    try:
        states, _ = envs.reset(seed=7)
        assert states.tolist() == [env.reset(seed=7 + i)[0] for i, env in enumerate(singles)]
        done = np.zeros(3, dtype=bool)
        for action in (LEFT, DOWN, RIGHT, DOWN, RIGHT, UP):
            states, rewards, terminated, truncated, _ = envs.step(np.full(3, action))
            for i in np.flatnonzero(~done):
                step = (states[i], rewards[i], terminated[i], truncated[i])
                assert step == singles[i].step(action)[:4]
            done |= terminated | truncated
    finally:
        envs.close()


def test_the_same_seed_gives_the_same_walk():
    config = GridWorldConfig(layout=MIXED, slip=0.3)
    walks = [walk(GridWorldEnv(config), 500, seed=seed) for seed in (1, 1, 2)]
    assert walks[0] == walks[1] != walks[2]


def test_a_reset_without_seed_goes_on_drawing():
    env = GridWorldEnv(layout=MIXED)
    starts = [env.reset(seed=0)[0], *(env.reset()[0] for _ in range(20))]
    assert set(starts) == set(env.world.start_states)
    assert starts == [env.reset(seed=0)[0], *(env.reset()[0] for _ in range(20))]


def test_outcomes_are_as_frequent_as_they_are_probable():
    env = GridWorldEnv(layout="...\n.S.\n..G", slip=0.2)
    n_draws = 10_000
    env.reset(seed=0)
    landed = np.zeros(9)
    for _ in range(n_draws):
        env.reset()
        landed[env.step(UP)[0]] += 1
    expected = n_draws * np.array([0, 0.8, 0, 0.1, 0, 0.1, 0, 0, 0])
    # Four standard deviations of a binomial count are at most 160.
    np.testing.assert_allclose(landed, expected, atol=160)


def test_text_rendering_shows_the_map_and_the_agent():
    env = make(layout="S.#\nX.G", render_mode="ansi")
    env.reset(seed=0)
    assert env.render() == "A.#\nX.G\n"
    env.step(RIGHT)
    assert env.render() == "SA#\nX.G\n"


def test_pixel_rendering_shows_where_the_agent_is():
    env = make(level="medium", slip=0, render_mode="rgb_array")
    env.reset(seed=0)
    before = env.render()
    env.step(DOWN)
    after = env.render()
    height, width, _ = before.shape
    assert before.dtype == np.uint8
    assert before.shape[2] == 3
    assert height % 6 == 0 == width % 6
    changed = (before != after).any(axis=2).reshape(6, height // 6, 6, width // 6)
    assert np.argwhere(changed.any(axis=(1, 3))).tolist() == [[0, 0], [1, 0]]


def test_pixels_tell_every_kind_of_cell_apart():
    env = make(layout="S.G\nXC#", render_mode="rgb_array")
    env.reset(seed=0)
    env.step(RIGHT)
    pixels = env.render()
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 3
    corner = pixels[3::height, 3::width].reshape(-1, 3)
    assert len({tuple(colour) for colour in corner.tolist()}) == 6


def test_rendering_without_a_mode_warns():
    env = GridWorldEnv()
    env.reset(seed=0)
    with pytest.warns(UserWarning, match="without a render_mode; choose ansi or rgb_array"):
        assert env.render() is None


def test_an_episode_is_truncated_after_max_steps():
    env = GridWorldEnv(max_steps=3)
    env.reset(seed=0)
    flags = [env.step(UP)[2:4] for _ in range(3)]
    assert flags == [(False, False), (False, False), (False, True)]
    env.reset()
    assert env.step(UP)[2:4] == (False, False)


def test_reaching_the_goal_with_the_last_step_is_not_a_truncation():
    env = GridWorldEnv(layout="S.\n.G", max_steps=2)
    env.reset(seed=0)
    env.step(RIGHT)
    assert env.step(DOWN)[:4] == (3, 1.0, True, False)


def test_terminated_and_truncated_are_never_both_true():
    env = GridWorldEnv(layout=MIXED, slip=0.3, max_steps=4)
    flags = [step[2:] for step in walk(env, 2000, seed=0) if len(step) > 1]
    assert set(flags) == {(False, False), (True, False), (False, True)}


@pytest.mark.parametrize("observation", ["state", "position"])
def test_observation_and_position_tell_the_same_cell(observation):
    env = GridWorldEnv(observation=observation)
    observed, info = env.reset(seed=0)
    for action in (DOWN, DOWN, RIGHT, UP):
        state = observed if observation == "state" else np.ravel_multi_index(observed, (5, 5))
        assert env.world.position(state) == tuple(info["position"])
        observed, *_, info = env.step(action)
    assert info["position"].tolist() == [1, 1]


def test_writing_to_an_observation_does_not_move_the_agent():
    env = GridWorldEnv(observation="position")
    observed, info = env.reset(seed=0)
    observed[:], info["position"][:] = 4, 4
    assert env.step(DOWN)[0].tolist() == [1, 0]
    assert env.reset()[0].tolist() == [0, 0]


def draws(env, call):
    """Uniforms that a call takes from the environment's generator, up to 3."""
    copied = copy.deepcopy(env.np_random)
    call()
    for n_draws in range(4):
        if copied.bit_generator.state == env.np_random.bit_generator.state:
            return n_draws
        copied.random()
    raise AssertionError("something else than up to 3 uniforms was drawn")


@pytest.mark.parametrize(
    ("parameters", "action", "expected"),
    [
        ({"layout": "S.\n.G"}, RIGHT, 0),
        ({"layout": "S.\n.G"}, UP, 0),
        ({"level": "windy_gridworld"}, RIGHT, 0),
        ({"level": "cliff_walking"}, RIGHT, 0),
        ({"layout": "SS.\nCCG"}, RIGHT, 0),
        ({"layout": "SS.\nCCG"}, DOWN, 1),
        ({"layout": "S.\n.G", "slip": 0.1}, RIGHT, 1),
        ({"layout": "S.\n.G", "slip": 1}, RIGHT, 1),
        ({"layout": "SS.\nCCG", "slip": 0.1}, DOWN, 1),
    ],
    ids=str,
)
def test_a_step_draws_one_uniform_where_there_is_chance_and_none_otherwise(
    parameters, action, expected
):
    env = GridWorldEnv(**parameters)
    env.reset(seed=0)
    assert draws(env, lambda: env.step(action)) == expected


@pytest.mark.parametrize(("layout", "expected"), [("S.\n.G", 0), ("SS\n.G", 1)])
def test_a_reset_draws_one_uniform_where_there_are_several_starts(layout, expected):
    env = GridWorldEnv(layout=layout)
    env.reset(seed=0)
    assert draws(env, env.reset) == expected


def test_a_config_edited_later_leaves_the_environment_as_it_was():
    config = GridWorldConfig(level="easy", max_steps=2)
    env = GridWorldEnv(config, render_mode="ansi")
    config.param.update(level="hard", max_steps=500)
    env.reset(seed=0)
    assert env.render().startswith("A.#..\n")
    assert [env.step(UP)[3] for _ in range(2)] == [False, True]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"observation": "pixels"}, "observation must be one of state, position, got 'pixels'"),
        ({"render_mode": "human"}, "render_mode must be one of ansi, rgb_array, got 'human'"),
        ({"config": GridWorldConfig(), "slip": 0.1}, "config and slip cannot be given together"),
        ({"slip": 2}, "slip must be a number from 0 to 1, got 2"),
    ],
    ids=str,
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        GridWorldEnv(**arguments)


@pytest.mark.parametrize("action", [-1, 4])
def test_an_unknown_action_is_refused(action):
    env = GridWorldEnv()
    env.reset(seed=0)
    with pytest.raises(ValueError, match=f"^action must be from 0 to 3, got {action}$"):
        env.step(action)


def test_the_environment_shows_its_world():
    env = GridWorldEnv(level="hard", slip=0.1)
    expected = World.from_config(env.config)
    np.testing.assert_array_equal(env.world.reward, expected.reward)
    assert (env.action_space.n, env.observation_space.n) == (4, 49)


def test_the_docstring_has_gymnasiums_headings():
    lines = [line.strip() for line in GridWorldEnv.__doc__.splitlines()]
    assert [line[3:] for line in lines if line.startswith("## ")] == HEADINGS

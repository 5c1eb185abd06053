"""Equal numbers give the same settings on the page and in the address, whatever their type."""

import numpy as np
import pytest

from dashboard.rooms.room import Room
from dashboard.session.url import UrlSync
from dashboard.session.url_values import KEYS
from dashboard.widgets.fields import Field
from gridworld import parameters

ROOM = Room()
OWNERS = {
    "world_config": ROOM.world_config,
    "learning_config": ROOM.learning_config,
    "pace": ROOM.pace,
}
PARAMETERS = [
    (owner, name)
    for owner, made in OWNERS.items()
    for name in made.param
    if isinstance(made.param[name], parameters.Real)
    and name not in ("n_rows", "n_cols", "wall_density", "map_seed")
]


@pytest.fixture
def room():
    return Room()


def number_for(parameter):
    """A whole number that the parameter takes, and the type in which it is kept."""
    number = 3 if parameter.bounds[1] >= 3 else 1
    return number, int if isinstance(parameter, parameters.Whole) else float


def as_kept(owner, name):
    return getattr(owner, name), type(getattr(owner, name))


@pytest.mark.parametrize("text", ["{}", "{}.0", "{}e0"])
@pytest.mark.parametrize(("owner", "name"), PARAMETERS)
def test_a_number_in_the_address_is_the_same_however_it_is_written(owner, name, text, room):
    owner = getattr(room, owner)
    expected = number_for(owner.param[name])
    link = f"?{KEYS.get(name, name)}={text.format(expected[0])}"
    assert UrlSync(room).apply(link) == []
    assert as_kept(owner, name) == expected


@pytest.mark.parametrize("text", ["{}", "{}.0", "{}e0", " {} "])
@pytest.mark.parametrize(("owner", "name"), PARAMETERS)
def test_a_number_typed_on_the_page_is_the_same_however_it_is_written(owner, name, text, room):
    owner = getattr(room, owner)
    expected = number_for(owner.param[name])
    Field(owner, name).widget.value = text.format(expected[0])
    assert as_kept(owner, name) == expected


@pytest.mark.parametrize("kind", [int, float, np.float32, np.int64, np.array])
@pytest.mark.parametrize(("owner", "name"), PARAMETERS)
def test_a_number_of_any_type_is_kept_as_the_same(owner, name, kind, room):
    owner = getattr(room, owner)
    number, kept = number_for(owner.param[name])
    setattr(owner, name, kind(number))
    assert as_kept(owner, name) == (number, kept)


def test_zero_typed_as_a_reward_leaves_the_other_rewards_whole(room):
    for name in ("step_reward", "bump_reward"):
        Field(room.world_config, name).widget.value = "0"
    room.world_config.goal_reward = 0.9
    assert room.trainer.world.reward.max() == 0.9

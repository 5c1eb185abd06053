"""How a learner chooses between exploring and exploiting, for the compiled loop."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import inlined
from gridworld.learning.draws import draw, natural

#: Number of actions for which loops are compiled on their own, so that they are faster.
USUAL_ACTIONS = 4
#: The actions there are; see `actions_of`.
Actions = tuple[int, ...] | NDArray[np.int64]


class Exploration(NamedTuple):
    """All on which a choice may depend besides the values.

    Attributes:
        epsilon: Present probability of exploring.
        visits: Times that each action was taken in each state, shape ``(S, A)``.
        actions: The actions there are.
    """

    epsilon: float
    visits: NDArray
    actions: Actions


def actions_of(n_actions: int) -> Actions:
    """The actions for compiled code: a tuple where the compiler shall know their number."""
    return tuple(range(n_actions)) if n_actions == USUAL_ACTIONS else np.arange(n_actions)


@inlined
def choose(values: NDArray, state: int, exploration: Exploration, rng: Any) -> tuple[int, bool]:
    """ε-greedy choice in a state, from values of shape ``(S, A)``; ties are broken at random.

    Always draws two uniforms: whether to explore, and which of the candidates to take.

    Returns:
        The action, and whether it explored.
    """
    explore = draw(rng) < exploration.epsilon
    which = draw(rng)
    n_actions = len(exploration.actions)
    if explore:
        return natural(int(which * n_actions)), True
    best, n_best = values[state, 0], 1
    for action in range(1, n_actions):
        if values[state, action] > best:
            best, n_best = values[state, action], 1
        elif values[state, action] == best:
            n_best += 1
    skip = int(which * n_best)
    for action in range(n_actions):
        if values[state, action] == best:
            if skip == 0:
                return natural(action), False
            skip -= 1
    return 0, False  # where values are no numbers, none of them is the best

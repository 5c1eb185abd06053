"""`LearningConfig`: the settings that every learner has."""

import param

from gridworld.parameters import Real, Whole


class LearningConfig(param.Parameterized):
    """The settings of every tabular learner: step size, discount, exploration, run length.

    Raises:
        ValueError: Naming the parameter, the value and what is allowed.
    """

    learning_rate = Real(
        default=0.1,
        bounds=(0, 1),
        inclusive_bounds=(False, True),
        step=0.05,
        doc="Step size α: the share of the TD error that an update takes over.",
    )
    discount_factor = Real(
        default=0.99,
        bounds=(0, 1),
        step=0.01,
        doc="Discount γ: the worth now of a reward of 1 one step later.",
    )
    epsilon = Real(
        default=1.0,
        bounds=(0, 1),
        step=0.05,
        doc="Probability ε of exploring, at the start of the run.",
    )
    epsilon_decay = Real(
        default=0.995,
        bounds=(0, 1),
        inclusive_bounds=(False, True),
        step=0.005,
        doc="Factor applied to ε at the end of each episode.",
    )
    min_epsilon = Real(
        default=0.01,
        bounds=(0, 1),
        step=0.01,
        label="Minimum epsilon",
        doc="Probability below which the decay does not take ε.",
    )
    initial_q = Real(
        default=0.0,
        bounds=(-1_000_000, 1_000_000),
        label="Initial Q",
        doc="Value of every entry of the Q-table at the start of the run.",
    )
    num_episodes = Whole(
        default=500,
        bounds=(1, 10_000_000),
        label="Episodes",
        doc="Length of the run, in episodes.",
    )
    optimal_evaluations = Whole(
        default=0,
        bounds=(0, 1000),
        label="Stop when optimal for",
        doc="Times in a row that the greedy policy must be found optimal for the run to end before "
        "its last episode; 0 for never. It is looked at after every episode at first, in a long "
        "run after every second, then every fourth one, and so on.",
    )

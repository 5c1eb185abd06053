"""`LearningConfig`: the settings that every learner has."""

from typing import ClassVar, NamedTuple

import param

from gridworld.parameters import Choice, Real, Whole


class Exploring(NamedTuple):
    """A way to explore.

    Attributes:
        title: Its name for people.
        parameters: The settings that belong to it.
    """

    title: str
    parameters: tuple[str, ...]


#: All ways to explore by their keys in files, in links and on the command line.
EXPLORATIONS = {
    "epsilon_greedy": Exploring("ε-greedy", ("epsilon", "epsilon_decay", "min_epsilon")),
    "epsilon_linear": Exploring(
        "ε-greedy, linear decay", ("epsilon", "min_epsilon", "epsilon_episodes")
    ),
    "softmax": Exploring("Softmax", ("temperature",)),
    "ucb": Exploring("UCB", ("confidence",)),
    "optimistic": Exploring("Optimistic initial values", ("optimistic_q",)),
}
#: The ways that explore with a probability ε.
EPSILON_WAYS = tuple(key for key, each in EXPLORATIONS.items() if "epsilon" in each.parameters)


class LearningConfig(param.Parameterized):
    """The settings of every tabular learner: step size, discount, exploration, run length.

    Raises:
        ValueError: Naming the parameter, the value and what is allowed.
    """

    #: Parameters that mean something else to an algorithm than to all others.
    DIFFERENT: ClassVar[tuple[str, ...]] = ()

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
    exploration = Choice(
        default="epsilon_greedy",
        objects={each.title: key for key, each in EXPLORATIONS.items()},
        doc="How actions are chosen: mostly a best one, and by chance any with probability ε; "
        "by chance the more often the greater their values (softmax); the one that may be best "
        "at most (UCB); or always a best one of values that begin too high.",
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
    epsilon_episodes = Whole(
        default=200,
        bounds=(1, 10_000_000),
        label="Episodes of decay",
        doc="Episodes within which ε falls to its minimum, by the same amount after each.",
    )
    temperature = Real(
        default=0.02,
        bounds=(0, 1_000_000),
        inclusive_bounds=(False, True),
        doc="Temperature τ of softmax: the probability of an action is proportional to "
        "exp(Q / τ). The lower, the more often a best action is taken.",
    )
    confidence = Real(
        default=0.2,
        bounds=(0, 1_000_000),
        label="Confidence",
        doc="Degree c of exploration by UCB: the action is taken whose Q + c √(ln N / n) is "
        "greatest, where n of the N choices in the state took it; at first, one never taken.",
    )
    optimistic_q = Real(
        default=1.0,
        bounds=(-1_000_000, 1_000_000),
        label="Optimistic Q",
        doc="Value of every entry of the Q-table at the start, in place of Initial Q: at least "
        "what can be earned, so that whatever is tried disappoints and all is tried.",
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

    @classmethod
    def common(cls) -> tuple[str, ...]:
        """The parameters of all learners that mean the same to this one."""
        others = {"name", *cls.DIFFERENT}
        return tuple(name for name in LearningConfig.param if name not in others)

    @property
    def in_effect(self) -> tuple[str, ...]:
        """The parameters that matter with these settings, in the order of the class."""
        unused = self._unused()
        return tuple(name for name in self.param if name != "name" and name not in unused)

    @property
    def first_q(self) -> float:
        """Value of every entry of the Q-table at the start of the run."""
        is_optimistic = "optimistic_q" in self.in_effect
        return float(self.optimistic_q if is_optimistic else self.initial_q)

    @property
    def first_epsilon(self) -> float:
        """Probability of exploring at the start of the run; 0 if it is explored otherwise."""
        return float(self.epsilon) if "epsilon" in self.in_effect else 0.0

    def _unused(self) -> set[str]:
        """Parameters that do not matter with these settings."""
        of_others = {name for each in EXPLORATIONS.values() for name in each.parameters}
        unused = of_others - set(EXPLORATIONS[self.exploration].parameters)
        return unused | {"initial_q"} if self.exploration == "optimistic" else unused

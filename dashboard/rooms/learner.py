"""`LearnerChoice`: which algorithm learns, and the settings of each."""

from typing import Any

import param

from gridworld import (
    ALGORITHMS,
    DEFAULT_ALGORITHM,
    LearningConfig,
    algorithm_of,
    learner_of,
    parameters,
)


class LearnerChoice(param.Parameterized):
    """The choice of an algorithm, with one config for each.

    What was set of the parameters that all learners have goes along to the one that is chosen.

    Args:
        config: The config to begin with; its class tells the algorithm.

    Attributes:
        configs: The config of each algorithm, by its key.
    """

    algorithm = parameters.Choice(
        default=DEFAULT_ALGORITHM,
        objects={each.title: each.key for each in ALGORITHMS.values()},
        doc="How the agent learns from what happens; each has its own update of the Q-table.",
    )

    def __init__(self, config: LearningConfig) -> None:
        chosen = algorithm_of(config).key
        super().__init__()
        # Agents of one's own may have been registered since.
        self.param.algorithm.objects = {each.title: each.key for each in ALGORITHMS.values()}
        self._before = chosen
        self.configs: dict[str, LearningConfig] = {
            key: config if key == chosen else each.config() for key, each in ALGORITHMS.items()
        }
        self.param.update(algorithm=chosen)

    @property
    def config(self) -> LearningConfig:
        """The config of the chosen algorithm."""
        return self.configs[self.algorithm]

    def copy(self) -> "LearnerChoice":
        """Another one with the same choice and the same settings."""
        copied = LearnerChoice(ALGORITHMS[self.algorithm].config())
        for key, config in self.configs.items():
            copied.configs[key].param.update(**values_of(config))
        return copied

    def move(self, before: str, after: str) -> None:
        """Takes what a level brings, in place of what another one brought.

        What is as the level before brought it, or as by default where that brought none, becomes
        what the level after brings: the algorithm, and each parameter by itself. What is not
        was set by a person, and stays.

        Args:
            before: Name of the level from which the settings are, as far as they are from one.
            after: Name of the other level.
        """
        chosen = str(self.algorithm)
        is_brought = chosen == algorithm_of(learner_of(before)).key
        taken = algorithm_of(learner_of(after)).key if is_brought else chosen
        # What both learners have goes along; what one has of its own is compared with itself.
        common = _common(self.config, self.configs[taken])
        now = values_of(self.configs[taken]) | {name: getattr(self.config, name) for name in common}
        was_chosen = learner_of(before, chosen)
        was = values_of(learner_of(before, taken))
        was |= {name: getattr(was_chosen, name) for name in common}
        new = values_of(learner_of(after, taken))
        self.param.update(algorithm=taken)
        self.config.param.update(
            **{name: new[name] if now[name] == was[name] else now[name] for name in new}
        )
        if taken != chosen:  # what the level brought for the other algorithm alone goes with it
            left = self.configs[chosen]
            left.param.update(
                **{
                    name: left.param[name].default
                    for name, value in values_of(was_chosen).items()
                    if name not in common and getattr(left, name) == value
                }
            )

    def is_of(self, level: str) -> bool:
        """Whether it is what the level brings, to the last setting."""
        brought = learner_of(level)
        return type(self.config) is type(brought) and values_of(self.config) == values_of(brought)

    def take(self, level: str) -> None:
        """Takes all that a level brings, whatever was set before."""
        brought = learner_of(level)
        self.param.update(algorithm=algorithm_of(brought).key)
        self.config.param.update(**values_of(brought))

    @param.depends("algorithm", watch=True)  # comes before what others watch
    def _take_along(self) -> None:
        before, after = self.configs[self._before], self.config
        self._before = self.algorithm
        values = {}
        for name in _common(before, after):
            value = getattr(before, name)
            # A default stays one, also where the other algorithm has another.
            is_default = value == before.param[name].default
            values[name] = after.param[name].default if is_default else value
        after.param.update(**values)


def values_of(owner: param.Parameterized) -> dict[str, Any]:
    """An object's parameters, its name left out."""
    return {name: getattr(owner, name) for name in owner.param if name != "name"}


def _common(one: LearningConfig, other: LearningConfig) -> list[str]:
    """Names of the parameters that all learners have, where they mean the same to both."""
    return [name for name in one.common() if name in other.common()]

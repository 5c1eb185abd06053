"""`Tuning`: the learner's parameters in the run under way."""

import param

from gridworld import TUNABLE, LearningConfig, parameters


class Tuning(param.Parameterized):
    """Parameters that may be changed in mid-run, as they are now."""

    allowed = param.Boolean(
        default=False,
        label="Tune while training",
        doc="Allow learning rate, discount and what decides how it explores to change in mid-run, "
        "from the next update on. Each change is recorded, so that the run can be made again.",
    )
    learning_rate, discount_factor, epsilon, temperature, confidence = (
        parameters.Real(
            default=of.default,
            bounds=of.bounds,
            inclusive_bounds=of.inclusive_bounds,
            label=f"{of.label} now",
            doc=f"{of.doc} From the next update on.",
        )
        for of in (LearningConfig.param[name] for name in TUNABLE)
    )

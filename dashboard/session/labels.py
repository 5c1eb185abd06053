"""Names of parameters in error messages, as a person knows them."""

import param


def with_label(error: ValueError, owner: param.Parameterized, **labels: str) -> str:
    """The message of an error with the parameter's label in place of its name.

    Args:
        error: An error whose message begins with the name of a parameter.
        owner: The object of the parameter.
        labels: Other labels for some parameters.
    """
    name, _, rest = str(error).partition(" ")
    if name not in owner.param:
        return str(error)
    return f"{labels.get(name) or owner.param[name].label} {rest}"

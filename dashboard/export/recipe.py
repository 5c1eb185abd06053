"""The Python lines that make a run again, to the last bit."""

from typing import Any

import param

from gridworld import Change, GridWorldConfig, Trainer

#: Parameters of random maps, size included: the text of any other map has its size.
_DRAWN = ("n_rows", "n_cols", "wall_density", "map_seed")


def recipe_of(trainer: Trainer) -> str:
    """Python lines after which ``trainer`` has the same Q-table, bit for bit."""
    origin, changes = trainer.origin, list(trainer.changes)
    world, learning = origin.world_config, origin.learning_config
    used = ["GridWorldConfig", type(learning).__name__, "Trainer"] + ["Change"] * bool(changes)
    arguments = [
        _call(world, _world_arguments(world)),
        _call(learning, _differing(learning, type(learning)())),
        f"seed={origin.seed!r}",
    ]
    if changes:
        made = "".join(f"        {_python_value(change)!r},\n" for change in changes)
        arguments.append(f"changes=[\n{made}    ]")
    lines = [
        f"from gridworld import {', '.join(sorted(used))}",
        "",
        "trainer = Trainer(",
        *(f"    {argument}," for argument in arguments),
        ")",
    ]
    if trainer.total_steps:
        lines.append(f"trainer.advance({trainer.total_steps})")
    return "\n".join(lines)


def _world_arguments(config: GridWorldConfig) -> dict[str, Any]:
    """Arguments of a world's config: its map, and the parameters that differ from its level."""
    given = {"random": ("level", *_DRAWN), "custom": ("layout",)}.get(config.level, ("level",))
    arguments = {name: getattr(config, name) for name in given}
    differing = _differing(config, GridWorldConfig(**arguments))
    return arguments | {name: v for name, v in differing.items() if name not in _DRAWN}


def _differing(config: param.Parameterized, other: param.Parameterized) -> dict[str, Any]:
    names = [name for name in config.param if name != "name"]
    return {
        name: getattr(config, name)
        for name in names
        if getattr(config, name) != getattr(other, name)
    }


def _call(config: param.Parameterized, arguments: dict[str, Any]) -> str:
    given = ", ".join(f"{name}={_python_value(value)!r}" for name, value in arguments.items())
    return f"{type(config).__name__}({given})"


def _python_value(value: Any) -> Any:
    """A value of a built-in type, whose ``repr`` is Python again."""
    if isinstance(value, Change):
        return Change(*map(_python_value, value))
    return value.item() if hasattr(value, "item") else value

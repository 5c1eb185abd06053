"""Options of the command line; names, bounds and help come from the Param classes."""

import difflib
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, cast

import gymnasium
import param
import typer

from gridworld import parameters
from gridworld.algorithms import ALGORITHMS, algorithm_of, learner_of
from gridworld.learning.config import EXPLORATIONS, LearningConfig
from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.env_config import EnvConfig, config_of
from gridworld.worlds.levels import LEVELS

#: Parameters without an option: the argument LEVEL gives the level or the map.
_NO_OPTIONS = ("name", "level", "layout")
#: Other names of options: the textbook's symbols, and what a link of the page calls them.
_ALIASES = {
    "learning_rate": "--alpha",
    "discount_factor": "--gamma",
    "num_episodes": "--episodes",
    "n_rows": "--rows",
    "n_cols": "--columns",
}
#: Most bytes that are read of a file with a map.
_MAX_MAP_BYTES = 100_000
#: Titles of the groups of options in the help: those of the world, of all learners, of some.
_PANELS: dict[type[param.Parameterized], str] = {
    GridWorldConfig: "World",
    LearningConfig: "Learner",
    **{each.config: "Learner, some algorithms" for each in ALGORITHMS.values()},
}


class UsageError(ValueError):
    """A wrong option or argument; the message names it, its value and what is allowed."""


def with_config_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command an option for each parameter of a world and of a learner.

    Args:
        command: Takes the options as keywords: text, or None for an option that is not given.
    """
    signature = inspect.signature(command)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    made: dict[str, inspect.Parameter] = {}
    for kind, panel in _PANELS.items():
        for parameter in _parameters(kind):  # those of all learners come first, and once
            made.setdefault(str(parameter.name), _option(parameter, panel))
    command.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*own, *made.values()]
    )
    return command


def env_of(name: str | None) -> gymnasium.Env[Any, Any] | None:
    """The environment of a name in Gymnasium's registry; None for none.

    Raises:
        UsageError: If there is none, or it cannot be made.
    """
    if name is None:
        return None
    try:
        return gymnasium.make(name)
    except (gymnasium.error.Error, ImportError, TypeError, ValueError) as error:
        raise UsageError(
            f"--env must be an environment of Gymnasium, got {name!r}: {error}"
        ) from None


def configs(
    level: str,
    settings: dict[str, str | None],
    algorithm: str | None = None,
    env: gymnasium.Env[Any, Any] | None = None,
) -> tuple[GridWorldConfig | EnvConfig, LearningConfig]:
    """The configs from a level or map file, the given options, and an algorithm's key.

    The learner is the one that the level brings; the options and the algorithm win over it.

    Args:
        level: Name of a level, or of a file with a map.
        settings: The options.
        algorithm: Key of the algorithm, None for the level's.
        env: An environment in place of the level.

    Raises:
        UsageError: If one of them is not allowed.
    """
    of_map = {} if env is not None else _map(level)
    try:
        outer = None if env is None else config_of(env)
        learner = learner_of(of_map.get("level", "custom"), algorithm)
    except ValueError as error:
        raise UsageError(f"--{error}" if env is None else f"--env: {error}") from None
    kinds = GridWorldConfig if outer is None else type(outer), type(learner)
    given = {name: text for name, text in settings.items() if text is not None}
    for name, text in given.items():
        if not any(name in kind.param for kind in kinds):
            is_of_world = name in GridWorldConfig.param
            other = "--env" if is_of_world else f"--algorithm {algorithm_of(learner).key}"
            raise UsageError(f"{_flag(name)} must not be given with {other}, got {text!r}")
    world, learning = (
        {p.name: _value(p, given[p.name]) for p in _parameters(kind) if p.name in given}
        for kind in kinds
    )
    try:
        learner.param.update(**learning)
        config = GridWorldConfig(**of_map, **world) if outer is None else outer
        if outer is not None:
            outer.param.update(**world)
    except ValueError as error:
        raise UsageError(_of_option(str(error), settings)) from None
    for name in learning:
        if name not in learner.in_effect:
            raise UsageError(_without_effect(name, learner))
    return config, learner


def _without_effect(name: str, learner: LearningConfig) -> str:
    """Why an option must not be given with the others."""
    ways = [key for key, each in EXPLORATIONS.items() if name in each.parameters]
    if ways and "exploration" in learner.in_effect:
        return (
            f"{_flag(name)} must be given with --exploration {' or '.join(ways)} only, "
            f"got {learner.exploration}"
        )
    key = algorithm_of(learner).key
    return f"{_flag(name)} must not be given with these settings of {key}: it has no effect"


def meant_by(option: str, known: Iterable[str]) -> list[str]:
    """The options that somebody may have meant who gave one that there is not, best first."""
    names = [name for name in known if name.startswith("--")]
    word = option.lstrip("-")
    if len(word) == 1:
        return [name for name in names if name[2] == word][:3]
    short_for = [
        name for name in names if word == "".join(part[:1] for part in name[2:].split("-"))
    ]
    if short_for:
        return short_for
    close = difflib.get_close_matches(option, names, cutoff=0.75)
    return close or [name for name in names if len(word) > 2 and word in name][:3]


def whole(option: str, text: str, low: int, high: int | None = None) -> int:
    """The whole number in the text of an option.

    Raises:
        UsageError: If it is not one, or out of bounds.
    """
    try:
        return parameters.check_whole(option, parameters.parse_number(text), low, high, text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _parameters(kind: type[param.Parameterized]) -> list[param.Parameter]:
    return [kind.param[name] for name in kind.param if name not in _NO_OPTIONS]


def _option(parameter: param.Parameter, panel: str) -> inspect.Parameter:
    name = str(parameter.name)
    default = "by level" if name in _BY_LEVEL else _written(parameter.default)
    if name in _BY_BOOK:
        default += ", or the level's"
    having = [
        each.key
        for each in ALGORITHMS.values()
        if name in each.config.param and name not in LearningConfig.param
    ]
    of_some = f" For {', '.join(having)}." if having else ""
    option = typer.Option(
        *(_flag(name), *([_ALIASES[name]] if name in _ALIASES else [])),
        metavar=_metavar(parameter),
        help=f"{parameter.doc}{of_some} {_bounds(parameter)} Default: {default}.",
        show_default=False,
        rich_help_panel=panel,
    )
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[str | None, option],
    )


#: Parameters whose default depends on the map or its level.
_BY_LEVEL = {"n_rows", "n_cols", "wind", "max_steps"} | {
    name for level in LEVELS.values() for name in level.parameters
}
#: Parameters of the learner for which a textbook's level has a value of its own.
_BY_BOOK = {name for level in LEVELS.values() if level.book for name in level.book.learning}


def _written(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def _metavar(parameter: param.Parameter) -> str:
    if isinstance(parameter, parameters.Choice):
        return "NAME"
    if isinstance(parameter, parameters.Text):
        return "FILE"
    if isinstance(parameter, parameters.Whole):
        return "INTEGER"
    return "NUMBER" if isinstance(parameter, parameters.Real) else "LIST"


def _bounds(parameter: param.Parameter) -> str:
    if isinstance(parameter, parameters.Choice):
        return f"One of {', '.join(parameter.titles)}."
    if isinstance(parameter, parameters.Text):
        return "A file with a map."
    if not isinstance(parameter, parameters.Real):
        return "Separated by commas."
    low, high = cast(tuple[float, float], parameter.bounds)
    from_low = parameter.inclusive_bounds[0]
    return f"{'From' if from_low else 'Above'} {low:,} to {high:,}."


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _of_option(message: str, settings: dict[str, Any]) -> str:
    """A config's error message, which begins with a parameter, with the option in its place."""
    name, _, rest = message.partition(" ")
    return f"{_flag(name)} {rest}" if name in settings else message


def _value(parameter: param.Parameter, text: str) -> Any:
    """The value of an option; text that is not a number stays text, and the config refuses it."""
    if isinstance(parameter, parameters.Wind):
        return tuple(parameters.parse_number(part) for part in text.split(",") if part.strip())
    if isinstance(parameter, parameters.Text):
        flag = _flag(str(parameter.name))
        if not Path(text).is_file():
            raise UsageError(f"{flag} must be a file with a map, got {text!r}")
        return _read_map(flag, text)
    return parameters.parse_number(text)


def _map(level: str) -> dict[str, str]:
    """The level of that name, or the map in that file."""
    names = [name for name in LEVELS if name != "custom"]
    if level in names:
        return {"level": level}
    path = Path(level)
    if not path.is_file():
        raise UsageError(
            f"LEVEL must be one of {', '.join(names)}, or a file with a map, got {level!r}"
        )
    return {"layout": _read_map("LEVEL", level)}


def _read_map(option: str, path: str) -> str:
    """The text of a file with a map."""
    with Path(path).open("rb") as file:
        text = file.read(_MAX_MAP_BYTES)
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{option} must be a map in UTF-8 text, got {path!r}") from None

"""The command line: ``gridworld train`` and the other commands."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from gridworld.algorithms import ALGORITHMS
from gridworld.atomic import check_writable
from gridworld.cli.options import UsageError, configs, env_of, meant_by, whole, with_config_options
from gridworld.cli.report import evaluation, in_columns, lines, summary
from gridworld.cli.serve import serve
from gridworld.preparation import prepare_all
from gridworld.saving import tables
from gridworld.trainer import Trainer
from gridworld.version import __version__
from gridworld.worlds.env_config import EnvConfig
from gridworld.worlds.levels import LEVELS

if TYPE_CHECKING:
    from typer import TyperException as CommandError
elif hasattr(typer, "TyperException"):
    CommandError = typer.TyperException
else:  # an earlier Typer stands on Click
    from click import ClickException as CommandError

app = typer.Typer(
    help="Train tabular reinforcement-learning agents on grid worlds: the same seed gives the "
    "same result, to the last bit.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

#: The level that is trained on by default.
_EASY = "easy"
#: How the names of files end that an option writes.
_ENDINGS = {
    "--out": (".npz",),
    "--csv": (".csv",),
    "--q-csv": (".csv",),
    "--parquet": (".parquet",),
    "--q-parquet": (".parquet",),
    "--html": (".html", ".htm"),
    "--gif": (".gif",),
    "--png": (".png",),
}

Run = Annotated[Path, typer.Argument(metavar="RUN", help="File that train --out has saved.")]
OtherEnv = Annotated[
    str | None,
    typer.Option(
        "--env",
        metavar="NAME",
        help="Environment of Gymnasium, such as Taxi-v4, in place of a level.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"gridworld {__version__}")
        raise typer.Exit


@app.callback()
def options_of_all(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Tell the version, and end."
        ),
    ] = False,
) -> None:
    """Takes the options that come before a command."""


@app.command()
@with_config_options
def train(
    level: Annotated[
        str, typer.Argument(metavar="LEVEL", help="Level, see levels, or a file with a map.")
    ] = _EASY,
    *,
    env: OtherEnv = None,
    algorithm: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help=f"How to learn: {', '.join(ALGORITHMS)}. Default: the level's."
        ),
    ] = None,
    seed: Annotated[
        str, typer.Option(metavar="INTEGER", help="Seed of all chance in the run, from 0.")
    ] = "0",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Save the whole run to this file (*.npz), for evaluate, export and the page.",
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress and no hints.")
    ] = False,
    as_json: AsJson = False,
    **settings: str | None,
) -> None:
    """Train an agent, to the end of the run.

    A textbook's level is learned as in the book; the options given win.

    Ctrl-C ends it before its time: what was learned by then is saved to --out.
    """
    if env is not None and level != _EASY:
        raise UsageError(f"LEVEL must not be given with --env, got {level!r}")
    world, learning = configs(level, settings, algorithm, env_of(env))
    trainer = Trainer(world, learning, whole("--seed", seed, 0))
    why = trainer.snapshot.unplannable
    if why is not None and not quiet:
        _say(f"{why} So the environment itself is stepped: that is slower, and without planning.")
    if out is not None:
        _check_ending("--out", out)
        if not out.resolve().parent.is_dir():
            raise UsageError(f"--out must be in a folder that exists, got {str(out)!r}")
    interrupted = False
    try:
        trainer.train(show_progress=sys.stderr.isatty() and not quiet)
    except KeyboardInterrupt:
        interrupted = True
    if out is not None:
        with _uninterrupted():
            trainer.save(out)
    _show(
        summary(trainer) | evaluation(trainer) | {"out": None if out is None else str(out)}, as_json
    )
    if interrupted:
        where = "nothing is saved without --out" if out is None else f"saved to {out}"
        _say(f"Interrupted after {trainer.snapshot.episode:,} episodes; {where}.")
        raise typer.Exit(130)
    if not (quiet or as_json):
        _say(_hint(out, env if isinstance(world, EnvConfig) else None))


@app.command()
def evaluate(run: Run, env: OtherEnv = None, as_json: AsJson = False) -> None:
    """Tell how good a saved run's greedy policy is, beside the optimal one."""
    trainer = Trainer.load(run, env_of(env))
    _show(summary(trainer) | evaluation(trainer), as_json)


@app.command()
def export(
    run: Run,
    env: OtherEnv = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Episodes as CSV.")
    ] = None,
    q_csv: Annotated[
        Path | None, typer.Option("--q-csv", metavar="FILE", help="Q-table as CSV.")
    ] = None,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", metavar="FILE", help="Episodes as Parquet.")
    ] = None,
    q_parquet: Annotated[
        Path | None, typer.Option("--q-parquet", metavar="FILE", help="Q-table as Parquet.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="The run as a page of its own.")
    ] = None,
    gif: Annotated[
        Path | None, typer.Option("--gif", metavar="FILE", help="The run as an animation.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option("--png", metavar="FILE", help="The run as a picture.")
    ] = None,
) -> None:
    """Write a saved run to other kinds of files; several at once if you like."""
    wanted = {
        "--csv": csv,
        "--q-csv": q_csv,
        "--parquet": parquet,
        "--q-parquet": q_parquet,
        "--html": html,
        "--gif": gif,
        "--png": png,
    }
    if not any(wanted.values()):
        raise UsageError(f"export needs at least one of {', '.join(wanted)}")
    for option, path in wanted.items():  # before the work begins
        if path is not None:
            _check_ending(option, path)
            check_writable(path)
    trainer = Trainer.load(run, env_of(env))
    if not trainer.snapshot.layout:
        for option in ("--html", "--gif", "--png"):
            if wanted[option] is not None:
                raise UsageError(f"{option} needs a world with a map, {env} has none")
    for option, path in wanted.items():
        if path is not None:
            _writer(option)(trainer, path)
            _say(f"Wrote {path}.")


app.command()(serve)


@app.command("compile")
def compile_all(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing.")] = False,
) -> None:
    """Compile all algorithms now, so that no run has to wait for it later.

    serve does so by itself. The code is kept on disk; what is there is not compiled again.
    """
    say = (lambda _: None) if quiet else _say
    prepare_all(say)
    say("All algorithms are prepared.")


@app.command()
def levels(as_json: AsJson = False) -> None:
    """List the levels that train knows."""
    known = {name: level.description for name, level in LEVELS.items() if name != "custom"}
    if as_json:
        print(json.dumps(known, ensure_ascii=False))
        return
    print(*in_columns([("Level", "Description"), *known.items()]), sep="\n")


def main() -> NoReturn:
    """Runs the command line; an error is reported in one line."""
    try:
        status = app(standalone_mode=False)
    except UsageError as error:
        status = _fail(error, 2)
    except CommandError as error:
        status = _fail(_unknown_option(error) or error.format_message(), error.exit_code)
    except OSError as error:
        status = _fail(_of_file(error), 1)
    except (ValueError, ImportError, RuntimeError) as error:
        status = _fail(error, 1)
    except (KeyboardInterrupt, typer.Abort):
        status = _fail("interrupted", 130)
    sys.exit(status)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignores Ctrl-C: a second one must not interrupt the saving."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _fail(error: Any, status: int) -> int:
    message = " ".join(str(error).split())
    if message:  # empty where the help has been shown instead
        _say(f"Error: {message}")
    return status


def _say(message: str) -> None:
    print(message, file=sys.stderr)


def _show(numbers: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(numbers, allow_nan=False))
        return
    print(*lines(numbers), sep="\n")


def _hint(out: Path | None, env: str | None) -> str:
    """How to look at a run that has ended."""
    if out is None:
        return "To keep a run and look at it, add --out run.npz."
    if env is not None:
        return f"To see these numbers again: gridworld evaluate {out} --env {env}"
    page = out.with_suffix(".html")
    return (
        f"To look at it: gridworld export {out} --html {page}, or gridworld serve --open and "
        "load the file on the page."
    )


def _check_ending(option: str, path: Path) -> None:
    endings = _ENDINGS[option]
    if path.suffix.lower() not in endings:
        raise UsageError(f"{option} must end in {' or '.join(endings)}, got {str(path)!r}")


def _unknown_option(error: Any) -> str | None:
    """The message for an option that there is not, with what may be meant; else None."""
    name, context = getattr(error, "option_name", None), getattr(error, "ctx", None)
    if name is None or context is None or not hasattr(error, "possibilities"):
        return None
    known = [option for parameter in context.command.params for option in parameter.opts]
    meant = meant_by(name, known)
    if not meant:
        command = "gridworld" if context.parent is None else f"gridworld {context.info_name}"
        return f"No such option {name}; {command} --help lists those that there are"
    return f"No such option {name}; did you mean {' or '.join(meant)}?"


def _of_file(error: OSError) -> str:
    """What went wrong with a file, without the number that the system has for it."""
    if error.filename is None:
        return str(error)
    if isinstance(error, FileNotFoundError):
        return f"There is no file {error.filename}"
    if isinstance(error, IsADirectoryError):
        return f"{error.filename} is a folder, not a file"
    return f"{error.filename}: {error.strerror or error}"


def _writer(option: str) -> Any:
    """The function that writes the file of an option."""
    known = {
        "--csv": tables.episodes_to_csv,
        "--q-csv": tables.q_table_to_csv,
        "--parquet": tables.episodes_to_parquet,
        "--q-parquet": tables.q_table_to_parquet,
    }
    if option in known:
        return known[option]
    from dashboard import export as pictures  # imported here, as the core needs no Panel

    return getattr(pictures, f"export_{option.removeprefix('--')}")

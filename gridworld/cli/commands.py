"""The command line: ``gridworld train`` and the other commands."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from gridworld.algorithms import ALGORITHMS, DEFAULT_ALGORITHM
from gridworld.cli.options import UsageError, configs, whole, with_config_options
from gridworld.cli.report import evaluation, summary
from gridworld.cli.serve import serve
from gridworld.preparation import prepare_all
from gridworld.saving import tables
from gridworld.trainer import RECENT_EPISODES, Trainer
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

_LABELS = {
    "level": "Level",
    "algorithm": "Algorithm",
    "seed": "Seed",
    "status": "Status",
    "episodes": "Episodes",
    "steps": "Steps",
    "converged": "Ended as optimal",
    "epsilon": "Epsilon",
    "training_return": f"Mean return, last {RECENT_EPISODES} episodes",
    "training_success_rate": f"Success rate, last {RECENT_EPISODES} episodes",
    "gap": "Gap to optimal, discounted, without the limit",
    "greedy_return": "Expected return, greedy policy",
    "optimal_return": "Highest return within the step limit",
    "planned_return": "Expected return, policy of planning",
    "optimal_path_length": "Optimal path, steps",
    "success_rate": "Success rate, greedy policy",
    "greedy_ends": "Ends within the step limit, greedy policy",
    "out": "Saved to",
}

Run = Annotated[Path, typer.Argument(metavar="RUN", help="File that train --out has saved.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]


@app.command()
@with_config_options
def train(
    level: Annotated[
        str, typer.Argument(metavar="LEVEL", help="Level, see levels, or a file with a map.")
    ] = "easy",
    *,
    algorithm: Annotated[
        str, typer.Option(metavar="NAME", help=f"How to learn: {', '.join(ALGORITHMS)}.")
    ] = DEFAULT_ALGORITHM,
    seed: Annotated[
        str, typer.Option(metavar="INTEGER", help="Seed of all chance in the run, from 0.")
    ] = "0",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the run, by custom as *.npz.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    as_json: AsJson = False,
    **settings: str | None,
) -> None:
    """Train an agent, to the end of the run.

    Ctrl-C ends it before its time: what was learned by then is saved to --out.
    """
    world, learning = configs(level, settings, algorithm)
    trainer = Trainer(world, learning, whole("--seed", seed, 0))
    if out is not None and not out.resolve().parent.is_dir():
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


@app.command()
def evaluate(run: Run, as_json: AsJson = False) -> None:
    """Tell how good a saved run's greedy policy is, beside the optimal one."""
    trainer = Trainer.load(run)
    _show(summary(trainer) | evaluation(trainer), as_json)


@app.command()
def export(
    run: Run,
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
    trainer = Trainer.load(run)
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
    table = Table("Level", "Description", box=None, pad_edge=False)
    for name, description in known.items():
        table.add_row(name, description)
    Console().print(table)


def main() -> NoReturn:
    """Runs the command line; an error is reported in one line."""
    try:
        status = app(standalone_mode=False)
    except UsageError as error:
        status = _fail(error, 2)
    except CommandError as error:
        status = _fail(error.format_message(), error.exit_code)
    except (OSError, ValueError, ImportError, RuntimeError) as error:
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
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in numbers.items():
        table.add_row(_LABELS[name], _text(value))
    Console().print(table, markup=False)


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


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

"""Runs a load and prints its figures: ``python -m tests.load --help``."""

import asyncio
import sys
from typing import Annotated

import typer

from tests.load import runs
from tests.load.figures import table
from tests.load.target import BARE, Target, started

app = typer.Typer(
    help="Put many sessions on one server, and tell how it bears them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Sessions = Annotated[int, typer.Option(min=1, max=200, help="Sessions open at once.")]
Seconds = Annotated[float, typer.Option(min=1, max=600, help="Seconds to measure.")]
Wait = Annotated[
    float,
    typer.Option(
        min=0, max=600, help="Seconds after all have left until memory is read; 0 for never."
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Page of a server on this machine that is running already.",
        show_default="a server started for this, on a core of its own",
    ),
]


@app.command()
def trainings(
    sessions: Sessions = 40, seconds: Seconds = 30, wait: Wait = 0, url: Url = None
) -> None:
    """So many pages with a training each, beside the floor."""
    _load_beside_floor("trainings", runs.open_trainings, sessions, seconds, wait, url)


@app.command()
def viewers(
    sessions: Sessions = 40, seconds: Seconds = 30, wait: Wait = 0, url: Url = None
) -> None:
    """So many pages that show one and the same training, beside the floor."""
    _load_beside_floor("one training", runs.open_viewers, sessions, seconds, wait, url)


@app.command()
def bare(sessions: Sessions = 40, seconds: Seconds = 30) -> None:
    """The floor alone: bare Bokeh pages that patch 21 points and 5 cells, 20 times a second."""
    print(table({"bare": _floor(sessions, seconds)}))


@app.command()
def churn(
    sessions: Annotated[
        int, typer.Option(min=1, max=1000, help="Sessions to open, one after the other.")
    ] = 200,
) -> None:
    """What is left of sessions that are opened, started and closed in a row."""
    with started(forgetful=True) as target:
        print(table(asyncio.run(runs.churn(target, sessions))))


@app.command()
def soak(
    minutes: Annotated[float, typer.Option(min=0.1, max=600, help="Minutes it takes.")] = 20,
    sessions: Sessions = 1,
) -> None:
    """What a long run in turbo does to memory, files, callbacks and messages."""
    with started() as target:
        print(table(asyncio.run(runs.soak(target, sessions, 60 * minutes))))


def _load_beside_floor(
    name: str, open_all: runs.Open, sessions: int, seconds: float, wait: float, url: str | None
) -> None:
    running = None if url is None else _running(url)
    columns = {"bare page": _floor(sessions, seconds)}
    if running is not None:
        columns[name] = asyncio.run(runs.load(running, open_all, sessions, seconds, wait))
    else:
        with started() as target:
            columns[name] = asyncio.run(runs.load(target, open_all, sessions, seconds, wait))
    print(table(columns))


def _floor(sessions: int, seconds: float) -> runs.Row:
    with started(BARE) as target:
        return asyncio.run(runs.load(target, runs.open_bare, sessions, seconds, wait=0))


def _running(url: str) -> Target:
    try:
        return Target.running(url)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


if __name__ == "__main__":
    sys.exit(app())

"""``gridworld serve``: its options; the server itself is the dashboard's."""

from pathlib import Path
from typing import Annotated

import typer

from gridworld.cli.options import UsageError, whole


def serve(
    port: Annotated[str, typer.Option(metavar="INTEGER", help="From 1 to 65535.")] = "5006",
    address: Annotated[str, typer.Option(help="Address to listen at.")] = "localhost",
    allow_websocket_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST[:PORT]",
            help="Where the page may be opened from; may be given several times.",
            show_default="localhost at the port",
        ),
    ] = None,
    prefix: Annotated[
        str, typer.Option(metavar="PATH", help="Comes before all addresses, as in /PATH/app.")
    ] = "",
    use_xheaders: Annotated[
        bool,
        typer.Option(
            "--use-xheaders",
            help="Take a proxy's word for who asks; only with a proxy in front.",
        ),
    ] = False,
    password_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Ask for the password in this file; the environment variable "
            "GRIDWORLD_PASSWORD does the same.",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where trainings are kept from an orderly stop to the next start, and the "
            "key that signs sessions.",
            show_default="the user's, by port",
        ),
    ] = None,
    no_state: Annotated[
        bool, typer.Option("--no-state", help="Keep nothing from one start to the next.")
    ] = False,
    env: Annotated[
        list[str] | None,
        typer.Option(
            "--env",
            metavar="NAME",
            help="Another environment of Gymnasium that may be chosen on the page; may be given "
            "several times. No link and no file can have any but these.",
        ),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page.")] = False,
) -> None:
    """Serve the dashboard, until Ctrl-C."""
    number = whole("--port", port, 1, 65535)
    from dashboard.server import launch  # imported here, as the core needs no dashboard

    try:
        status = launch.serve(
            number,
            address,
            origins=allow_websocket_origin or (),
            prefix=prefix,
            use_xheaders=use_xheaders,
            password_file=password_file,
            state=state,
            keep_state=not no_state,
            open_browser=open_browser,
            environments=env or (),
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    raise typer.Exit(status)

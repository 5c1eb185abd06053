"""The command line: ``python -m dashboard.export run.npz run.html``, or ``.gif``, ``.png``."""

import argparse
import os
import sys
from pathlib import Path

from gridworld import LoadError, Trainer, check_writable, replacing

_KINDS = ("html", "gif", "png")


def main(arguments: list[str] | None = None) -> int:
    """Makes one file of a saved run; returns 0, or 2 with a message for one that is refused."""
    parser = argparse.ArgumentParser(
        prog="python -m dashboard.export",
        description="Makes a web page that needs no server, a GIF or a PNG of a saved run.",
    )
    parser.add_argument("run", help="file written by Trainer.save, or - for standard input")
    parser.add_argument("target", help="file to write, or - for standard output")
    parser.add_argument("--kind", choices=_KINDS, help="by default the target's suffix")
    given = parser.parse_args(arguments)
    kind = given.kind or Path(given.target).suffix.removeprefix(".")
    if kind not in _KINDS:
        parser.error(f"target must end in .html, .gif or .png, got {given.target!r}")
    try:
        made = _make(Trainer.load(_source(given.run)), kind)
        if given.target == "-":
            sys.stdout.buffer.write(made)
        else:
            check_writable(given.target)
            with replacing(given.target) as file:
                file.write(made)
    except (LoadError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return 0


def _source(run: str) -> str | bytes:
    if run != "-":
        return run
    if hasattr(os, "nice"):
        os.nice(10)  # the pages of the server that waits for it come first
    return sys.stdin.buffer.read()


def _make(trainer: Trainer, kind: str) -> bytes:
    if not trainer.snapshot.layout:
        raise LoadError("the world of this run has no map: its tables can be exported alone")
    # Imported here: an image needs no Panel page.
    if kind == "html":
        from dashboard.export.static_page import static_page

        return static_page(trainer).encode()
    from dashboard.export import images

    return images.gif(trainer) if kind == "gif" else images.png(trainer)


if __name__ == "__main__":
    sys.exit(main())

"""The whole of a run as one HTML page that needs no server and no other file."""

import io
import sys
from pathlib import Path
from urllib.parse import urlsplit

import panel as pn
from bokeh.document import Document
from bokeh.models import ImportedStyleSheet, InlineStyleSheet, UIElement
from bokeh.resources import INLINE
from jinja2 import Environment, FileSystemLoader, Template
from panel.io.embed import embed_state
from panel.io.save import save
from pyviz_comms import Comm

from dashboard.export.keyframes import PLANNING_SECONDS, moments_of
from dashboard.export.replay import Replay
from dashboard.export.report import RunReport
from dashboard.widgets.theme import FONTS, HEADER_HEIGHT, soft, variables
from gridworld import Trainer

_DIST = Path(pn.__file__).parent / "dist"


def static_page(trainer: Trainer) -> str:
    """Makes the page of a run.

    Raises:
        RuntimeError: In a process that has imported the Material components: the page would
            ask the network for them and stay blank.
    """
    if "panel_material_ui" in sys.modules:
        raise RuntimeError("a static page needs a process without panel_material_ui")
    trainer.analyse(PLANNING_SECONDS)
    moments = moments_of(trainer)
    replay = Replay(moments)
    report = RunReport.of(trainer, moments[-1])
    file = io.StringIO()
    save(
        _document(replay),
        file,
        title=report.title,
        resources=INLINE,
        template=template(),
        template_variables={
            "report": report,
            "light": variables(),
            "dark": variables(dark=True),
            "soft": soft(),
            "fonts": FONTS,
            "header_height": HEADER_HEIGHT,
            "n_moments": len(replay.moments),
            "n_left_out": len(moments) - len(replay.moments),
        },
    )
    return file.getvalue()


def _document(replay: Replay) -> Document:
    """A document with the state of the page at each value of the player."""
    document = Document()
    model = replay.panel.get_root(document, Comm())
    player = replay.player
    # Panel records from the end of the list, and must not begin with the present state.
    states = {player: list(range(player.end, player.start - 1, -1))}
    # Each state is recorded in full, even if it equals the one before.
    with pn.config.set(embed=True, safe_embed=True):
        embed_state(replay.panel, model, document, progress=False, states=states)
    for root in document.roots:
        for element in root.select({"type": UIElement}):
            element.stylesheets = [_inline(sheet) for sheet in element.stylesheets]
    return document


def _inline(sheet: object) -> object:
    """A style sheet with its text in place of its address."""
    if not isinstance(sheet, ImportedStyleSheet):
        return sheet
    path = urlsplit(sheet.url).path
    file = _DIST / path.partition("/dist/")[2]
    # The spinner's style sheet refers to files, and this page loads none.
    return InlineStyleSheet(css="" if file.stem == "loading" else file.read_text("utf-8"))


def template() -> Template:
    """The page around what is drawn; all text in it is escaped."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    return environment.get_template("template.html")

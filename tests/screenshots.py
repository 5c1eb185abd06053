"""Pictures of the page: ``python -m tests.screenshots [folder] [--drawings FOLDER]``."""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from dashboard.export import export_html
from dashboard.rooms.pace import SPEEDS
from gridworld import LEVELS, GridWorldConfig, Trainer
from tests.dashboard.browsing import OpenedDashboard
from tests.jupyter import Lab, Shown, jupyterlab
from tests.serving import ROOT, launch_arguments, serve

_LEVEL = "hard"
#: Width and height by what the names of pictures call them.
_SIZES = {"1280": (1280, 800), "1366": (1366, 768), "1920": (1920, 1080), "390": (390, 844)}
_THEMES = ("light", "dark")
#: Sizes at which more than the run itself is photographed.
_WHOLE = ("1280", "390")
#: Drawings of the page by the picture that each is the drawing of.
_DRAWN = {
    "training-light-1280": "desktop-light",
    "training-dark-1280": "desktop-dark",
    "training-light-1366": "laptop-light",
    "training-light-390": "phone-light",
}
#: The run is photographed after so many episodes, with this cell chosen.
_EPISODE, _CELL = 143, (3, 3)
#: Presses of a key from the fastest speed back to the level's own.
_KEYS_BACK = len(SPEEDS) - 1 - SPEEDS.index(LEVELS[_LEVEL].speed)
_GAP_PX = 16
_PATIENCE_MS = 60_000


def main(folder: Path, drawings: Path | None = None) -> None:
    """Photographs the page at its moments, in all sizes and both themes; and what it exports.

    Args:
        folder: Where the pictures go.
        drawings: Drawings of how the page shall look; each is put beside its picture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with serve() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        for size in _SIZES:
            for theme in _THEMES:
                dashboard = _open(browser, server.url, size, theme)
                for moment in _moments(dashboard, size in _WHOLE):
                    _photograph(dashboard, folder, f"{moment}-{theme}-{size}", drawings)
                dashboard.page.close()
        _photograph_static_file(browser, folder / "snapshot.png")
        _photograph_notebook(browser, folder / "notebook.png")
        browser.close()


def _open(browser: Browser, url: str, size: str, theme: str) -> OpenedDashboard:
    width, height = _SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(_PATIENCE_MS)
    dashboard = OpenedDashboard(page, f"{url}?level={_LEVEL}")
    dashboard.status.wait_for()
    expect(dashboard.button("Start")).to_be_enabled(timeout=_PATIENCE_MS)
    page.wait_for_timeout(1000)  # until all is laid out
    if theme == "dark":
        dashboard.press("Toggle theme")
    return dashboard


def _photograph(dashboard: OpenedDashboard, folder: Path, name: str, drawings: Path | None) -> None:
    page = dashboard.page
    dashboard.status.scroll_into_view_if_needed()
    page.mouse.move(0, 0)  # off everything that shows a hint
    page.wait_for_timeout(1500)
    picture = folder / f"{name}.png"
    page.screenshot(path=picture)
    if drawings and name in _DRAWN and (drawing := drawings / f"{_DRAWN[name]}.png").exists():
        put_beside(picture, drawing, folder / f"{name}-beside-drawing.png")


def put_beside(picture: Path, drawing: Path, both: Path) -> None:
    """Makes one picture of two, the drawing at the right."""
    left, right = (Image.open(path).convert("RGB") for path in (picture, drawing))
    size = left.width + _GAP_PX + right.width, max(left.height, right.height)
    image = Image.new("RGB", size, "gray")
    image.paste(left, (0, 0))
    image.paste(right, (left.width + _GAP_PX, 0))
    image.save(both)


def _moments(dashboard: OpenedDashboard, whole: bool) -> Iterator[str]:
    """Brings the page to each moment that is photographed.

    Args:
        dashboard: The page.
        whole: Whether layers, history and the editor are photographed, too.
    """
    yield "idle"
    speed = dashboard.page.get_by_role("slider", name="Speed")
    speed.press("End")
    dashboard.enter(Run_to_episode=_EPISODE)
    dashboard.press("Run to")
    expect(dashboard.status).to_contain_text("Paused", timeout=_PATIENCE_MS)
    for _ in range(_KEYS_BACK):
        speed.press("ArrowLeft")
    dashboard.click_cell(*_CELL)
    cell = dashboard.page.get_by_role("tab", name="Cell", exact=True)
    expect(cell).to_have_attribute("aria-selected", "true", timeout=_PATIENCE_MS)
    dashboard.show("This step")
    _wait_for_toasts(dashboard)
    dashboard.press("Resume")
    expect(dashboard.status).to_contain_text("Learning", timeout=_PATIENCE_MS)
    yield "training"
    dashboard.press("Finish")
    expect(dashboard.status).to_contain_text("Finished", timeout=_PATIENCE_MS)
    _wait_for_toasts(dashboard)
    yield "finished"
    if not whole:
        return
    for title in ("Q", "Optimal"):
        dashboard.layer(title).click()
    yield "layers"
    dashboard.history.focus()
    dashboard.page.keyboard.press("PageDown")
    yield "history"
    dashboard.press("Reset", "Edit map")
    _wait_for_toasts(dashboard)
    yield "editor"


def _wait_for_toasts(dashboard: OpenedDashboard) -> None:
    """Waits until nothing lies over the page any more."""
    dashboard.page.wait_for_timeout(500)  # one may be on its way
    expect(dashboard.toasts()).to_have_count(0, timeout=_PATIENCE_MS)


def _photograph_static_file(browser: Browser, picture: Path) -> None:
    trainer = Trainer(GridWorldConfig(level=_LEVEL))
    trainer.train(show_progress=False)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "run.html")
        export_html(trainer, file)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(file.as_uri())
        page.wait_for_timeout(4000)
        page.screenshot(path=picture)
        page.close()


def _photograph_notebook(browser: Browser, picture: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    with (
        tempfile.TemporaryDirectory() as folder,
        jupyterlab(Path(folder)) as address_of,
    ):
        lab = Lab(page, address_of("02_dashboard"))
        page.keyboard.press("Control+b")  # no sidebar
        lab.run_all()
        shown = Shown(lab, 'level="hard"')
        shown.button("Advanced").click()
        steps = shown.output.get_by_label("Steps per update", exact=True)
        steps.fill("200")
        steps.press("Enter")
        shown.button("Advanced").click()
        shown.button("Start").click()
        lab.wait_until(lambda: shown.total_steps > 15_000)
        lab.cell('level="hard"').evaluate("(cell) => cell.scrollIntoView()")
        page.mouse.move(0, 0)
        page.wait_for_timeout(1000)
        page.screenshot(path=picture)
        page.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Makes the pictures of the README.")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs")
    parser.add_argument("--drawings", type=Path, help="a folder of drawings of the page")
    given = parser.parse_args()
    main(given.folder, given.drawings)

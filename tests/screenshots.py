"""Makes the pictures of the README: ``python -m tests.screenshots [folder]``."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from dashboard.export import export_html
from gridworld import GridWorldConfig, Trainer
from tests.jupyter import Lab, Shown, jupyterlab
from tests.serving import ROOT, launch_arguments, serve

_SIZES = {"1280": (1280, 860), "390": (390, 844)}


def main(folder: Path) -> None:
    """Photographs the page at its moments, wide and narrow, light and dark; and a static file."""
    folder.mkdir(parents=True, exist_ok=True)
    with serve() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        for width, size in _SIZES.items():
            for theme in ("light", "dark"):
                page = _open(browser, server.url, size, theme)
                for moment in _moments(page):
                    page.screenshot(path=folder / f"{moment}-{theme}-{width}.png")
                page.close()
        _photograph_static_file(browser, folder / "snapshot.png")
        _photograph_notebook(browser, folder / "notebook.png")
        browser.close()


def _open(browser: Browser, url: str, size: tuple[int, int], theme: str) -> Page:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(f"{url}?level=hard")
    page.get_by_role("progressbar", name="Episodes completed").wait_for()
    page.wait_for_timeout(2000)
    if theme == "dark":
        page.get_by_role("button", name="Toggle theme").click()
        page.mouse.move(0, 400)
        page.wait_for_timeout(1000)
    return page


def _moments(page: Page) -> Iterator[str]:
    """Brings the page to each moment that is photographed."""
    yield "idle"
    _enter(page, "Steps per update", 200)
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_timeout(5000)
    yield "training"
    page.get_by_role("switch", name="Turbo").click()
    page.locator(".notistack-Snackbar").filter(has_text="Training complete").wait_for()
    page.wait_for_timeout(8000)  # until the toast is gone
    yield "finished"
    for title in ("Q-values", "Optimal policy"):
        page.get_by_role("checkbox", name=title, exact=True).check()
    page.get_by_role("tab", name="Inspector").click()
    page.wait_for_timeout(1500)
    yield "layers"
    page.get_by_role("slider").focus()
    page.keyboard.press("PageDown")
    page.wait_for_timeout(1500)
    yield "history"
    page.get_by_role("button", name="Reset", exact=True).click()
    page.get_by_role("switch", name="Edit map").click()
    page.wait_for_timeout(2000)
    yield "editor"


def _enter(page: Page, label: str, value: int) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(str(value))
    field.press("Enter")


def _photograph_static_file(browser: Browser, picture: Path) -> None:
    trainer = Trainer(GridWorldConfig(level="hard"))
    trainer.train(show_progress=False)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "run.html")
        export_html(trainer, file)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
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
        steps = shown.output.get_by_label("Steps per update", exact=True)
        steps.fill("200")
        steps.press("Enter")
        shown.button("Start").click()
        lab.wait_until(lambda: shown.total_steps > 15_000)
        lab.cell('level="hard"').evaluate("(cell) => cell.scrollIntoView()")
        page.mouse.move(0, 0)
        page.wait_for_timeout(1000)
        page.screenshot(path=picture)
        page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "docs")

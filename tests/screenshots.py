"""Makes the pictures of the README: ``python -m tests.screenshots [folder]``."""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.serving import ROOT, launch_arguments, serve

_SIZES = {"1280": (1280, 800), "390": (390, 844)}


def main(folder: Path) -> None:
    """Photographs the page idle, training and finished, wide and narrow, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    with serve() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        for width, size in _SIZES.items():
            for theme in ("light", "dark"):
                page = _open(browser, server.url, size, theme)
                for moment in _moments(page):
                    page.screenshot(path=folder / f"{moment}-{theme}-{width}.png")
                page.close()
        browser.close()


def _open(browser: Browser, url: str, size: tuple[int, int], theme: str) -> Page:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(url)
    page.get_by_role("button", name="Start", exact=True).wait_for()
    page.wait_for_timeout(2000)
    if theme == "dark":
        page.get_by_role("button", name="Toggle theme").click()
        page.mouse.move(0, 400)
        page.wait_for_timeout(1000)
    return page


def _moments(page: Page):
    """Brings the page to each moment that is photographed."""
    if page.get_by_label("Level", exact=True).is_visible():
        page.get_by_label("Level", exact=True).select_option("Hard")
    page.wait_for_timeout(1000)
    yield "idle"
    steps = page.get_by_label("Steps per update", exact=True)
    steps.fill("200")
    steps.press("Enter")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_timeout(5000)
    yield "training"
    page.get_by_role("switch", name="Turbo").click()
    page.locator(".notistack-Snackbar").filter(has_text="Training complete").wait_for()
    page.wait_for_timeout(1000)
    yield "finished"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "docs")

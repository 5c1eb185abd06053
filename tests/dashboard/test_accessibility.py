"""The page as axe-core judges it; it looks into the shadow roots of Panel's widgets too."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

SIZES = [
    pytest.param(width, marks=pytest.mark.browser_context_args(viewport=viewport))
    for width, viewport in (
        (1280, {"width": 1280, "height": 900}),
        (390, {"width": 390, "height": 844}),
    )
]
#: What axe calls grave; the rest is advice.
GRAVE = ("serious", "critical")

#: 2026-11-23: Tabulator 6.4 has its scrolling box and its pager right inside the grid, and no
#: option to put them elsewhere. Rows can be sorted and pages turned by keyboard all the same.
EXEMPT = {("aria-required-children", True)}


class Findings(dict[str, list[str]]):
    """What axe finds grave, and when: each fault of each element once."""

    def look(self, dashboard, when):
        settle(dashboard)
        options = {"resultTypes": ["violations"]}
        for rule in Axe().run(dashboard.page, options=options).response["violations"]:
            if rule["impact"] in GRAVE:
                for node in rule["nodes"]:
                    if (rule["id"], "tabulator" in node["html"]) in EXEMPT:
                        continue
                    # Panel numbers its classes and elements anew on each page.
                    element = re.sub(r"css-\S+|aria-value\w+=\S+", "", node["html"])[:200]
                    fault = f"{rule['id']}: {element}\n{node['failureSummary']}"
                    self.setdefault(fault, []).append(when)

    def __str__(self):
        return "\n".join(f"{fault}\n  ({', '.join(when)})" for fault, when in self.items())


def settle(dashboard):
    """Waits until no colour changes any more."""
    dashboard.page.mouse.move(0, 0)
    dashboard.wait_until(lambda: not dashboard.page.evaluate(_IS_FADING))


def open_drawer(dashboard, is_open):
    """Opens or closes the sidebar, which covers a phone's page."""
    button = dashboard.button("Open drawer" if is_open else "Close drawer")
    if is_open:
        button.click()
    else:
        dashboard.page.locator(".MuiBackdrop-root").click(position={"x": 380, "y": 400})
    dashboard.page.locator(".sidebar").wait_for(state="visible" if is_open else "hidden")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", SIZES)
def test_axe_finds_nothing_grave(dashboard, theme, width):
    is_phone = width < 600
    if theme == "dark":
        dashboard.press("Toggle theme")
    found = Findings()
    found.look(dashboard, "idle")
    if is_phone:
        open_drawer(dashboard, True)
        found.look(dashboard, "sidebar")
    dashboard.enter(Episodes=3)
    if is_phone:
        open_drawer(dashboard, False)
    dashboard.enter(Steps_per_update=1, Frames_per_second=5)
    dashboard.press("Start")
    dashboard.wait_for_steps()
    found.look(dashboard, "training")
    dashboard.enter(Steps_per_update=10_000)
    dashboard.toasts("Training complete").wait_for(timeout=120_000)
    found.look(dashboard, "finished")
    for tab in dashboard.page.get_by_role("tab").all():
        tab.click()
        found.look(dashboard, f"tab {tab.inner_text()}")
    assert not found, str(found)


_IS_FADING = """() => {
  const roots = [document]
  for (const root of roots) {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) roots.push(element.shadowRoot)
    }
  }
  return roots.some(root => root.getAnimations().some(one => one instanceof CSSTransition))
}"""

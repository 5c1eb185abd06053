"""The page as axe-core judges it; it looks into the shadow roots of Panel's widgets too."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.dashboard.test_page import colour_of_the_floor

SIZES = [
    pytest.param(
        width,
        theme,
        # Colours that are changing have no contrast to be judged.
        marks=pytest.mark.browser_context_args(viewport=viewport, reduced_motion="reduce"),
    )
    for width, theme, viewport in (
        (1280, "light", {"width": 1280, "height": 900}),
        (1280, "dark", {"width": 1280, "height": 900}),
        (390, "light", {"width": 390, "height": 844}),
        (390, "dark", {"width": 390, "height": 844}),
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


@pytest.mark.slow
@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_axe_finds_nothing_grave(dashboard, width, theme):
    is_phone = width < 600
    if theme == "dark":
        dashboard.press("Toggle theme")
        # The grid comes last: until then one part of the page is light and another is dark.
        dashboard.wait_until(lambda: max(colour_of_the_floor(dashboard)) < 80)
        dashboard.page.wait_for_timeout(500)
    found = Findings()
    found.look(dashboard, "idle")
    if is_phone:
        dashboard.press("Settings")
    dashboard.enter(Episodes=3)
    dashboard.field("Slip").wait_for()
    found.look(dashboard, "settings")
    if is_phone:
        dashboard.press("Settings")
    dashboard.press("Step", "Step")
    found.look(dashboard, "paused")
    dashboard.press("Finish")
    expect(dashboard.status).to_have_text("Finished")
    found.look(dashboard, "finished")
    for tab in dashboard.page.get_by_role("tab").all():
        tab.click()
        found.look(dashboard, f"tab {tab.inner_text()}")
    for sheet in ("Save", "Ask", "Share"):
        dashboard.press(sheet)
        found.look(dashboard, f"sheet {sheet}")
    dashboard.press("Share", "More")
    found.look(dashboard, "menu")
    dashboard.press("More", "Edit map")
    dashboard.field("Map text").wait_for()
    found.look(dashboard, "editor")
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

"""How the page lies on the screen: at every width, while it changes, and by keyboard."""

import pytest

WIDTHS = [
    pytest.param(
        width, marks=pytest.mark.browser_context_args(viewport={"width": width, "height": 900})
    )
    for width in (390, 1280)
]
#: Widths that a window opened at one of these is given later.
WIDER = {390: [480], 1280: [768, 1920]}


def tabs(dashboard):
    """Tabs under which the page's parts are, at least one."""
    found = dashboard.page.get_by_role("tab").all()
    assert found
    return found


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_no_width_needs_sideways_scrolling(dashboard, width):
    dashboard.press("Start")
    dashboard.wait_for_steps()
    for tab in tabs(dashboard):
        tab.click()
        for wider in (width, *WIDER[width]):
            dashboard.page.set_viewport_size({"width": wider, "height": 900})
            dashboard.page.wait_for_timeout(500)
            assert dashboard.page.evaluate(_OVERFLOWING) == [], (wider, tab.inner_text())


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_while_training(dashboard, width):
    dashboard.enter(Steps_per_update=50)
    dashboard.press("Start")
    dashboard.wait_for_steps()
    for tab in tabs(dashboard):
        tab.click()
        dashboard.page.wait_for_timeout(1000)  # what follows a click is not unexpected
        dashboard.page.evaluate(_WATCH_SHIFTS)
        dashboard.page.wait_for_timeout(1500)
        shifts = dashboard.page.evaluate("watchedShifts")
        assert sum(shift["value"] for shift in shifts) < 0.01, (tab.inner_text(), shifts)


def test_a_part_that_moves_would_be_noticed(dashboard):
    dashboard.page.wait_for_timeout(1000)
    dashboard.page.evaluate(_WATCH_SHIFTS)
    dashboard.page.evaluate(_PUSH_DOWN)
    dashboard.wait_until(lambda: dashboard.page.evaluate("watchedShifts.length"))


def test_the_tab_key_reaches_all_controls_in_the_order_they_are_read(dashboard):
    visited = []
    dashboard.page.mouse.click(640, 5)
    for _ in range(120):
        dashboard.page.keyboard.press("Tab")
        name = dashboard.page.evaluate(_FOCUSED)
        if visited and name == visited[0]:
            break
        visited.append(name)
    settings = ["Level", "Learning rate", "Discount factor", "Epsilon", "Epsilon decay"]
    settings += ["Minimum epsilon", "Episodes", "Seed"]
    buttons = ["Start", "Step", "Episode"]
    pace = ["Steps per update", "Frames per second", "Turbo"]
    wanted = ["Toggle theme", *settings, *buttons, *pace]
    assert [name for name in dict.fromkeys(visited) if name in wanted] == wanted


# The page scrolls in boxes of its own, inside shadow roots.
_OVERFLOWING = """() => {
  const boxes = [document.documentElement]
  const look = (root) => {
    for (const box of root.querySelectorAll("*")) {
      if (box.matches(".main-content")) boxes.push(box)
      if (box.shadowRoot) look(box.shadowRoot)
    }
  }
  look(document)
  return boxes.map((box) => [box.className, box.scrollWidth - box.clientWidth])
    .filter(([name, excess]) => excess > 0)
}"""
_WATCH_SHIFTS = """() => {
  globalThis.watchedShifts = []
  globalThis.shiftObserver?.disconnect()
  globalThis.shiftObserver = new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      const moved = shift.sources.map(({node}) => node?.outerHTML ?? node?.data ?? "")
      watchedShifts.push({value: shift.value, moved: moved.map((html) => html.slice(0, 120))})
    }
  })
  shiftObserver.observe({type: "layout-shift"})
}"""
_PUSH_DOWN = """() => {
  const metrics = Bokeh.documents[0].get_model_by_name("metrics")
  Bokeh.index.find_one_by_id(metrics.id).el.style.paddingTop = "200px"
}"""
_FOCUSED = """() => {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  if (!element || element === document.body) return ""
  const label = element.labels?.[0]?.innerText
  return (element.ariaLabel || label || element.innerText || element.tagName).trim()
}"""

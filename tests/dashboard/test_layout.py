"""How the page lies on the screen: at every width, while it changes, and by keyboard."""

import pytest

pytestmark = pytest.mark.shares_page

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


def sized(width, height, marks=()):
    """The size of a window, for a parameter of a test."""
    return pytest.param((width, height), id=f"{width}x{height}", marks=marks)


@pytest.fixture
def window(dashboard, size):
    """The page in a window of that size."""
    dashboard.page.set_viewport_size({"width": size[0], "height": size[1]})
    dashboard.page.wait_for_timeout(500)
    return dashboard


#: What is in view without scrolling, by the window's size.
DESKTOPS = [
    sized(1280, 800),
    sized(1366, 768, marks=pytest.mark.slow),
    sized(1440, 900, marks=pytest.mark.slow),
    sized(1920, 1080, marks=pytest.mark.slow),
]
EVERYTHING = ("map", "legend", "history", "bar", "sentence", "numbers", "curve")


def parts(dashboard):
    """Boxes of the page's parts, by their names: left, top, right, bottom."""
    return dashboard.page.evaluate(_PARTS)


def assert_in_view(dashboard, names, size):
    boxes = parts(dashboard)
    for name in names:
        left, top, right, bottom = boxes[name]
        assert 0 <= left < right <= size[0] + 1, (name, boxes[name])
        assert 0 <= top < bottom <= size[1] + 1, (name, boxes[name])


def assert_square(dashboard):
    """The cells of the grid are as wide as they are high."""
    width, height = dashboard.page.evaluate(_CELL)
    assert width == pytest.approx(height, abs=0.5), (width, height)


@pytest.mark.parametrize("size", DESKTOPS)
def test_a_screen_shows_everything_that_matters(window, size):
    window.press("Start")
    window.wait_for_steps()
    assert_in_view(window, EVERYTHING, size)
    boxes = parts(window)
    assert boxes["bar"][3] - boxes["bar"][1] <= 56
    assert boxes["bar"][1] <= 48  # the header's height
    assert_square(window)
    window.press("Settings")  # closes them: the grid stays whole
    window.page.wait_for_timeout(500)
    assert_in_view(window, EVERYTHING, size)
    assert_square(window)
    window.press("Settings")


@pytest.mark.parametrize("size", [sized(1366, 768)])
def test_the_grid_stays_whole_while_the_map_is_edited(window, size):
    window.press("Edit map")
    window.field("Map text").wait_for()
    window.page.wait_for_timeout(500)
    assert_in_view(window, EVERYTHING, size)
    assert_square(window)
    window.press("Done")
    window.layer("Values").wait_for()
    window.choose("Cliff walking")
    window.page.wait_for_timeout(500)
    assert_in_view(window, EVERYTHING, size)
    assert_square(window)


@pytest.mark.parametrize("size", [sized(390, 844)])
def test_a_phone_shows_grid_layers_curve_and_transport(window, size):
    window.press("Start")
    window.wait_for_steps()
    assert_in_view(window, ("map", "layers", "curve", "bar", "sentence"), size)
    left, _, right, _ = parts(window)["map"]
    assert right - left > 0.8 * size[0]
    assert_square(window)
    for layer in ("Values", "Trail"):  # from the first of them to the last
        box = window.layer(layer).bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= size[0]


@pytest.mark.slow
@pytest.mark.parametrize("size", [sized(640, 400)])  # 1280 × 800 at 200 % zoom
def test_at_twice_the_size_grid_and_transport_are_in_view(window, size):
    assert_in_view(window, ("map", "bar"), size)
    assert_square(window)


@pytest.mark.parametrize("size", [sized(1280, 800), sized(390, 844)])
def test_the_bar_never_scrolls_away(window, size):
    before = parts(window)["bar"]
    window.page.mouse.move(size[0] / 2, size[1] / 2)
    window.page.mouse.wheel(0, 2000)
    window.page.wait_for_timeout(500)
    assert parts(window)["bar"] == before


@pytest.mark.parametrize("size", [sized(1280, 800), sized(390, 844)])
def test_the_menu_has_a_ground_under_all_of_its_entries(window, size):
    window.button("Stop").wait_for()  # opens the menu
    menu = window.page.evaluate(_BOX, "more")
    for name in ("Stop", "Reset", "Undo", "Run to"):
        box = window.button(name).bounding_box()
        assert menu[0] <= box["x"] < box["x"] + box["width"] <= menu[2], name
        assert menu[1] <= box["y"] < box["y"] + box["height"] <= menu[3], name
    window.press("More")


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_no_width_needs_sideways_scrolling(open_dashboard, width):
    dashboard = open_dashboard()
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
def test_nothing_moves_while_training(open_dashboard, width):
    dashboard = open_dashboard()
    dashboard.press("Start")
    dashboard.wait_for_steps()
    for tab in tabs(dashboard):
        tab.click()
        dashboard.page.wait_for_timeout(1000)  # what follows a click is not unexpected
        dashboard.page.evaluate(_WATCH_SHIFTS)
        dashboard.page.wait_for_timeout(1500)
        shifts = dashboard.page.evaluate("watchedShifts")
        assert sum(shift["value"] for shift in shifts) < 0.01, (tab.inner_text(), shifts)


def test_a_part_that_moves_would_be_noticed(open_dashboard):
    dashboard = open_dashboard()
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
    header = ["Settings", "Level", "Edit map", "Share", "Save", "Ask", "Toggle theme"]
    bar = ["Start", "Step", "Episode", "Finish", "Speed", "More"]
    settings = ["Algorithm", "Learning rate", "Discount factor", "Epsilon", "Epsilon decay"]
    settings += ["Episodes", "Seed", "Draw a seed", "Advanced", "Tune while training"]
    wanted = [*header, *bar, *settings]
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
  const sentence = Bokeh.documents[0].get_model_by_name("sentence")
  Bokeh.index.find_one_by_id(sentence.id).el.style.paddingTop = "200px"
}"""
_CELL = """() => {
  const grid = [...Bokeh.documents[0].all_models].find((model) => model.type === "Plot")
  const {width, height} = Bokeh.index.find_one(grid).frame.bbox
  const long = (range) => Math.abs(range.end - range.start)
  return [width / long(grid.x_range), height / long(grid.y_range)]
}"""
_PARTS = """() => {
  const box_of = (el) => {
    const {left, top, right, bottom} = el.getBoundingClientRect()
    return [left, top, right, bottom].map(Math.round)
  }
  const named = (name) => {
    const model = Bokeh.documents[0].get_model_by_name(name)
    return Bokeh.index.find_one_by_id(model.id).el
  }
  const plots = {}
  for (const [name, source] of [["map", "trail"], ["curve", "means"]]) {
    const wanted = Bokeh.documents[0].get_model_by_name(source)
    for (const view of Bokeh.index.roots.flatMap((root) => [...root.owner.query((v) => true)])) {
      // Tools have renderers too, but no place on the page.
      if (!view.el || !view.model.renderers?.some) continue
      if (view.model.renderers.some((each) => each.data_source === wanted)) plots[name] = view.el
    }
  }
  const boxes = {}
  for (const [name, el] of Object.entries(plots)) boxes[name] = box_of(el)
  for (const name of ["legend", "sentence", "numbers", "bar", "history", "layers"]) {
    boxes[name] = box_of(named(name))
  }
  return boxes
}"""
_BOX = """(name) => {
  const model = Bokeh.documents[0].get_model_by_name(name)
  const {left, top, right, bottom} = Bokeh.index.find_one_by_id(model.id).el.getBoundingClientRect()
  return [left, top, right, bottom]
}"""
_FOCUSED = """() => {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  if (!element || element === document.body) return ""
  const label = element.labels?.[0]?.innerText
  const name = element.ariaLabel || label || element.innerText || element.tagName
  return name.trim()
}"""

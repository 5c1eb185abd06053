"""A click that comes together with another change does what it does alone."""

from playwright.sync_api import expect

#: The second click comes while the server still waits before it handles the change.
_CLICK_BOTH = """([first, second, milliseconds]) => {
  first.click()
  setTimeout(() => second.click(), milliseconds)
}"""


def test_a_change_and_a_click_at_once_are_both_done(dashboard):
    page = dashboard.page
    switch = dashboard.button("Edit map")
    for n_clicks, milliseconds in enumerate((20, 20, 30, 30, 40, 40), start=1):
        steps = dashboard.total_steps
        both = [switch.element_handle(), dashboard.button("Step").element_handle()]
        page.evaluate(_CLICK_BOTH, [*both, milliseconds])
        pressed = "true" if n_clicks % 2 else "false"
        expect(switch).to_have_attribute("aria-pressed", pressed)
        dashboard.wait_until(lambda before=steps: dashboard.total_steps == before + 1)
    # The server's log has no complaint: the fixture looks.

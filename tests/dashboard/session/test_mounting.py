"""What changes while the browser draws a page for the first time."""

from collections import defaultdict

import panel_material_ui as pmui
from bokeh.document import Document
from panel.io.state import set_curdoc

from dashboard.session.mounting import Mounting
from tests import loops


class Page(Document):
    """A document whose timeouts are for the test to let pass."""

    def __init__(self, *components):
        super().__init__()
        self.timeouts = []
        with set_curdoc(self):
            for component in components:
                self.add_root(component.get_root(self))

    def add_timeout_callback(self, callback, _):
        self.timeouts.append(callback)

    def pass_one(self, monkeypatch):
        """What is told at the next timeout: the values of each name, in their order."""
        told = defaultdict(list)
        with monkeypatch.context() as patch:
            patch.setattr(
                self.callbacks,
                "trigger_on_change",
                lambda event: told[event.attr].append(event.new),
            )
            loops.run(self.timeouts.pop(0)())
        return told


def test_a_change_is_told_again_with_what_was_before_it_once_it_has_come_to_rest(monkeypatch):
    button = pmui.Button(label="Start", disabled=True)
    page = Page(button)
    Mounting(page).begin()
    button.disabled = False
    button.label = "Resume"
    assert page.pass_one(monkeypatch) == {}
    button.label = "Pause"
    again = {"disabled": [True, False]}
    assert page.pass_one(monkeypatch) == again
    assert page.pass_one(monkeypatch) == {**again, "label": ["Start", "Pause"]}
    assert (button.disabled, button.label) == (False, "Pause")


def test_components_that_come_later_are_followed_from_then_on(monkeypatch):
    first, second = pmui.Button(label="One"), pmui.Switch(value=False)
    page = Page(first)
    mounting = Mounting(page)
    mounting.begin()
    first.label = "Two"
    with set_curdoc(page):
        page.add_root(second.get_root(page))
    page.timeouts.clear()
    mounting.begin()
    second.value = True
    page.pass_one(monkeypatch)
    assert page.pass_one(monkeypatch) == {"value": [False, True]}


def test_nothing_is_done_in_a_notebook():
    Mounting(None).begin()  # there is no document

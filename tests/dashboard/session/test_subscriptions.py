import panel as pn
import pytest
from bokeh.document import Document
from panel.io.document import _cleanup_doc
from panel.io.state import set_curdoc

from dashboard.rooms.pace import Pace
from dashboard.session.subscriptions import Subscriptions


@pytest.fixture
def pace():
    return Pace()


@pytest.fixture
def pages():
    """Two documents."""
    pages = Document(), Document()
    yield pages
    for page in pages:
        _cleanup_doc(page)


def watch(page, pace, names=("turbo",)):
    """What a page is told."""
    told = []
    with set_curdoc(page):
        watching = Subscriptions()
        watching.watch(pace, names, lambda: told.append(pn.state.curdoc))
    return watching, told


def test_a_page_is_told_at_once_of_its_own_changes(pace, pages):
    _, told = watch(pages[0], pace)
    with set_curdoc(pages[0]):
        pace.turbo = True
        assert told == [pages[0]]


def test_a_page_is_told_of_the_changes_of_another_at_its_own_tick_once(pace, pages):
    watching, told = watch(pages[0], pace, ("turbo", "frame_rate"))
    with set_curdoc(pages[1]):
        pace.turbo = True
        pace.frame_rate = 7
    assert told == []
    with set_curdoc(pages[0]):
        watching.flush()
        assert told == [pages[0]]
        watching.flush()
        assert told == [pages[0]]


def test_what_is_changed_while_it_is_told_is_told_too(pace, pages):
    told = []
    with set_curdoc(pages[0]):
        watching = Subscriptions()
        watching.watch(pace, ["turbo"], lambda: pace.param.update(frame_rate=9))
        watching.watch(pace, ["frame_rate"], lambda: told.append(pace.frame_rate))
    with set_curdoc(pages[1]):
        pace.turbo = True
    with set_curdoc(pages[0]):
        watching.flush()
    assert told == [9]


def test_a_page_that_is_closed_is_told_nothing(pace, pages):
    watching, told = watch(pages[0], pace)
    _, told_other = watch(pages[1], pace)
    with set_curdoc(pages[1]):
        pace.turbo = True
    watching.close()
    watching.flush()
    with set_curdoc(pages[1]):
        pace.turbo = False
    assert (told, len(told_other)) == ([], 2)


def test_without_a_page_every_change_is_told_at_once(pace):
    watching = Subscriptions()
    told = []
    watching.watch(pace, ["turbo"], lambda: told.append(pace.turbo))
    pace.turbo = True
    pace.turbo = False
    assert told == [True, False]

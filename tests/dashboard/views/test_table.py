import re
from dataclasses import replace

import numpy as np
import pytest
from bokeh.document import Document

from dashboard.views.table import PAGE_SIZE, QTableView, make_rows
from dashboard.words.numbers import short_number
from gridworld import GridWorldConfig, Trainer
from tests.dashboard.browsing import OpenedDashboard
from tests.serving import ROOT, serve

# November 2026: Bokeh 3.9 calls pandas 3.1 in a way that pandas 4 will not allow.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")

ARROWS = ["↑", "→", "↓", "←"]
IDLE = Trainer().snapshot


def trained(level="easy", n_steps=2000, **world):
    trainer = Trainer(GridWorldConfig(level=level, **world))
    trainer.start()
    trainer.advance(n_steps)
    return trainer


def source_of(view):
    """The Bokeh source of a view that is shown in a document."""
    document = Document()
    document.add_root(view.panel.get_root(document))
    (source,) = {model.source for model in document.models if hasattr(model, "source")}
    return document, source


def drawn(snapshot):
    view = QTableView()
    view.update(snapshot)
    return view


def test_there_is_a_row_for_each_state_that_the_agent_can_be_in():
    rows = make_rows(trained("cliff_walking").snapshot)
    assert rows["Cell"].tolist() == [*range(37), 47]
    assert len(make_rows(IDLE)) == 25 - 3


def test_the_numbers_are_those_of_the_q_table():
    snapshot = trained().snapshot
    rows = make_rows(snapshot)
    states = rows["Cell"].to_numpy()
    assert np.array_equal(rows[ARROWS].to_numpy(), snapshot.q_values[states])
    assert rows["Visits"].tolist() == snapshot.visits[states].sum(axis=1).tolist()


def test_all_best_actions_are_marked():
    q_values = IDLE.q_values.copy()
    q_values[0] = [0.2, 0.3, 0.3, 0.1]
    snapshot = replace(IDLE, q_values=q_values)
    view = drawn(snapshot)
    _, source = source_of(view)
    shown = [source.data[column][0] for column in ARROWS]
    assert ['class="best"' in value for value in shown] == [False, True, True, False]
    assert [re.search(r">([^<]+)<", value)[1] for value in shown] == [
        short_number(value, 3) for value in q_values[0]
    ]
    assert [re.search(r'title="([^"]+)"', value)[1] for value in shown] == [
        "0.2",
        "0.3",
        "0.3",
        "0.1",
    ]
    assert source.data["Best"][:2] == ["→↓", "all"]
    assert make_rows(snapshot)["Best"][0] == "→↓"
    assert make_rows(IDLE)["Best"].iloc[-1] == "goal"


def test_nothing_is_made_before_it_is_drawn():
    assert len(QTableView().panel) == 0


def test_nothing_is_sent_where_nothing_has_changed():
    trainer = trained()
    view = drawn(trainer.snapshot)
    document, _ = source_of(view)
    events = []
    document.on_change(events.append)
    view.update(trainer.snapshot)
    assert not events
    trainer.advance(1)
    view.update(trainer.snapshot)
    assert events


def test_the_browser_holds_one_page_of_the_largest_map_and_no_arrays():
    snapshot = trained("random", n_rows=100, n_cols=100).snapshot
    view = drawn(snapshot)
    _, source = source_of(view)
    assert all(isinstance(column, list) for column in source.data.values())
    assert {len(column) for column in source.data.values()} == {PAGE_SIZE}
    states = make_rows(snapshot)["Cell"][:PAGE_SIZE]
    assert source.data["Cell"] == [f"({s // 100}, {s % 100})" for s in states]


def test_a_large_map_is_drawn_less_often():
    small, large = (
        drawn(trained("random", n_rows=size, n_cols=size).snapshot) for size in (5, 100)
    )
    assert small.min_interval < large.min_interval


def test_rows_sort_by_number_and_stay_sorted():
    trainer = trained()
    view = drawn(trainer.snapshot)
    table, _ = view.panel
    table.sorters = [{"field": "Visits", "dir": "desc"}]
    _, source = source_of(view)
    trainer.advance(2000)
    view.update(trainer.snapshot)
    visits = sorted(trainer.snapshot.visits.sum(axis=1).tolist(), reverse=True)
    assert source.data["Visits"] == visits[:PAGE_SIZE]


def test_another_map_begins_at_its_first_page():
    view = drawn(trained().snapshot)
    table, _ = view.panel
    table.page = 2
    view.update(trained("hard").snapshot)
    assert table.page == 1
    assert len(table.value) == 49 - 10


class OpenedTable(OpenedDashboard):
    """The page of ``apps/table.py``."""

    def column(self, field):
        cells = self.page.locator(f'.tabulator-cell[tabulator-field="{field}"]')
        return cells.all_inner_texts()


@pytest.fixture
def opened(context):
    with serve(ROOT / "tests" / "dashboard" / "apps" / "table.py") as server:
        table = OpenedTable(context.new_page(), server.url)
        table.page.get_by_role("tab", name="Table").click()
        table.page.locator(".tabulator-row").first.wait_for()
        yield table
        assert not table.troubles
        assert server.complaints() == []


@pytest.mark.slow
def test_sorting_and_page_stay_while_the_run_goes_on(opened):
    def visits():
        return [int(text) for text in opened.column("Visits")]

    header = opened.page.get_by_role("columnheader", name="Visits")
    header.click()
    opened.wait_until(lambda: visits() == sorted(visits()) and visits()[0] == 0)
    header.click()
    opened.wait_until(lambda: visits() == sorted(visits(), reverse=True) and visits()[0] > 0)
    first = visits()
    opened.page.get_by_role("button", name="Next page").click()
    opened.wait_until(lambda: visits() and visits() != first)
    before, opened.sent[:] = visits(), []
    opened.press("Start")
    opened.wait_until(lambda: visits() != before)
    assert len(visits()) == PAGE_SIZE
    assert visits() == sorted(visits(), reverse=True)
    assert header.get_attribute("aria-sort") == "descending"
    assert len(opened.sent) == 1  # the button's press, and nothing in answer

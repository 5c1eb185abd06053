"""Columns that have changed reach the browser as they would by the source's own patch."""

from bokeh.document import Document
from bokeh.models import ColumnDataSource
from hypothesis import given
from hypothesis import strategies as st

from dashboard.views.columns import update_columns

LENGTH = 6
columns = st.fixed_dictionaries(
    {name: st.lists(st.integers(0, 2), min_size=LENGTH, max_size=LENGTH) for name in "ab"}
)


def copied(source):
    return ColumnDataSource({name: [*values] for name, values in source.data.items()})


@given(before=columns, after=columns)
def test_all_that_has_changed_is_sent_as_one_event(before, after):
    document, events = Document(), []
    source = ColumnDataSource({name: [*values] for name, values in before.items()})
    seen = copied(source)  # what the browser has
    document.add_root(source)
    document.on_change(events.append)
    update_columns(source, after)
    assert dict(source.data) == after
    assert len(events) == (before != after)
    for event in events:
        seen.patch(event.patches)
    assert dict(seen.data) == after
    changed = {name for name in "ab" if before[name] != after[name]}
    assert {name for event in events for name in event.patches} == changed


@given(before=columns, after=columns)
def test_a_source_on_no_page_is_kept_up_to_date(before, after):
    source = ColumnDataSource({name: [*values] for name, values in before.items()})
    update_columns(source, after)
    assert dict(source.data) == after


def test_few_changes_are_sent_one_by_one():
    document, events = Document(), []
    source = ColumnDataSource({"a": [0] * 9})
    document.add_root(source)
    document.on_change(events.append)
    update_columns(source, {"a": [0, 1, 0, 0, 2, 0, 0, 0, 0]})
    assert events[0].patches == {"a": [(1, 1), (4, 2)]}

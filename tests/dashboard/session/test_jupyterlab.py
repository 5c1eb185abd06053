import pytest
from playwright.sync_api import expect

from tests.jupyter import PICTURES, Lab, Shown, jupyterlab, n_drawn


@pytest.fixture(scope="module")
def open_notebook(browser, tmp_path_factory):
    """Opens a notebook and runs it, once, with no other host at hand."""
    labs = {}
    with jupyterlab(tmp_path_factory.mktemp("lab")) as address_of:

        def open_one(name):
            if name not in labs:
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                labs[name] = Lab(page, address_of(name))
                labs[name].run_all()
            return labs[name]

        yield open_one
        for lab in labs.values():
            lab.page.close()


@pytest.fixture(scope="module")
def opened(open_notebook):
    """The dashboard's notebook: JupyterLab takes its time."""
    return open_notebook("02_dashboard")


@pytest.fixture
def lab(opened):
    """The notebook with a new dashboard in it; whatever is done, nothing may complain."""
    opened.run('level="hard"')
    opened.wait_until(lambda: Shown(opened, 'level="hard"').total_steps == 0)
    yield opened
    assert opened.troubles == []


def trails(lab):
    """What the grids of all dashboards were given to draw."""
    return lab.page.evaluate(_TRAILS)


_TRAILS = """() => Bokeh.documents
  .map((document) => document.get_model_by_name("trail"))
  .filter((trail) => trail != null)
  .map((trail) => JSON.stringify(Object.values(trail.data).map((column) => [...column])))"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["01_quickstart", "02_dashboard"])
def test_a_notebook_draws_without_any_other_host(open_notebook, name):
    lab = open_notebook(name)
    lab.wait_until(lambda: n_drawn(lab.page) == PICTURES[name])
    assert lab.troubles == []


@pytest.mark.slow
def test_the_dashboard_trains_in_a_cell_and_the_other_cells_go_on(lab):
    dashboard = Shown(lab, 'level="hard"')
    dashboard.button("Start").click()
    expect(dashboard.status).to_have_text("Learning")
    lab.wait_until(lambda: dashboard.total_steps > 100)
    before = trails(lab)
    lab.wait_until(lambda: trails(lab) != before)

    before = dashboard.total_steps
    assert lab.run_new("print('meanwhile')") == "meanwhile"
    lab.wait_until(lambda: dashboard.total_steps > before)

    dashboard.button("Pause").click()
    expect(dashboard.status).to_have_text("Paused")
    held = dashboard.total_steps
    lab.page.wait_for_timeout(500)
    assert dashboard.total_steps == held
    dashboard.button("Step").click()
    lab.wait_until(lambda: dashboard.total_steps == held + 1)


@pytest.mark.slow
def test_what_a_cell_prints_is_not_lost_to_buttons_pressed_meanwhile(lab):
    dashboard = Shown(lab, 'level="hard"')
    printing = "for i in range(200): await asyncio.sleep(0.01); print(i)"
    printed = lab.run_new(printing, lambda: [dashboard.button("Step").click() for _ in range(20)])
    assert printed.split() == [str(i) for i in range(200)]
    lab.wait_until(lambda: dashboard.total_steps == 20)


@pytest.mark.slow
def test_a_dashboard_follows_a_trainer_that_other_cells_step(lab):
    dashboard = Shown(lab, "GridWorldDashboard(trainer)")
    told = int(lab.run_new("print(trainer.snapshot.total_steps)"))
    lab.wait_until(lambda: dashboard.total_steps == told)
    lab.run("await asyncio.sleep")
    lab.wait_until(lambda: dashboard.total_steps > told)
    expect(lab.output("await asyncio.sleep")).to_contain_text("40 episodes")


@pytest.mark.slow
def test_a_dashboard_whose_cell_is_run_again_or_deleted_ticks_no_more(lab):
    count = (
        "import gc; print(sum(type(o).__name__ == 'NotebookRow' and o._callback is not None "
        "for o in gc.get_objects()))"
    )
    assert lab.run_new(count) == "2"
    dashboard = Shown(lab, 'level="hard"')
    dashboard.button("Start").click()
    lab.wait_until(lambda: dashboard.total_steps > 0)
    lab.run('level="hard"')
    lab.wait_until(lambda: dashboard.total_steps == 0)
    assert lab.run_new(count) == "2"
    lab.delete('level="hard"')
    assert lab.run_new(count) == "1"

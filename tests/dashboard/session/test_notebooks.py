import json
import re
from urllib.parse import urlsplit

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from gridworld import GridWorldConfig, World, optimal_path
from tests.dashboard.browsing import wait_until
from tests.jupyter import PICTURES, n_drawn
from tests.serving import ROOT

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in PATHS]


@pytest.fixture(scope="module")
def run_notebook(tmp_path_factory):
    """Executes a notebook as its readers do, once; whatever fails in it raises."""
    ran = {}

    def run(name):
        if name not in ran:
            notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
            folder = {"metadata": {"path": str(tmp_path_factory.mktemp(name))}}
            ran[name] = NotebookClient(notebook, timeout=300, resources=folder).execute()
        return ran[name]

    return run


def outputs_of(notebook, cell_id):
    (cell,) = [cell for cell in notebook.cells if cell.id == cell_id]
    return cell.outputs


def printed(notebook, cell_id):
    return "".join(out.text for out in outputs_of(notebook, cell_id) if "text" in out)


def numbers(notebook, cell_id):
    """The numbers that each printed line tells, without those of its label."""
    lines = printed(notebook, cell_id).splitlines()
    return [
        [float(found) for found in re.findall(r"-?\d+\.\d+", line.partition(":")[2])]
        for line in lines
    ]


def test_there_are_notebooks():
    assert [name[:2] for name in NAMES] == ["01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_a_stored_notebook_has_no_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
    assert not [cell.metadata for cell in notebook.cells if cell.metadata]


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_a_stored_notebook_is_written_as_jupyter_writes_it(path):
    text = path.read_text()
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


@pytest.mark.parametrize(
    "name", [NAMES[0], *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES[1:])]
)
def test_a_notebook_runs_from_top_to_bottom_without_a_complaint(name, run_notebook):
    for cell in run_notebook(name).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text


@pytest.mark.parametrize(
    ("name", "cell_id"),
    [
        ("01_quickstart", "look"),
        ("01_quickstart", "q-values"),
        ("01_quickstart", "curve"),
        *(
            pytest.param(*cell, marks=pytest.mark.slow)
            for cell in (
                ("02_dashboard", "dashboard"),
                ("02_dashboard", "trainer"),
                ("04_what_the_parameters_do", "alpha"),
                ("04_what_the_parameters_do", "gamma"),
                ("04_what_the_parameters_do", "gamma-curve"),
                ("04_what_the_parameters_do", "epsilon"),
                ("04_what_the_parameters_do", "both-learners"),
                ("04_what_the_parameters_do", "both-policies"),
            )
        ),
    ],
)
def test_a_cell_shows_a_picture(name, cell_id, run_notebook):
    *_, shown = outputs_of(run_notebook(name), cell_id)
    assert shown.output_type == "execute_result"
    assert "text/html" in shown.data


@pytest.mark.slow
# Panel's empty place below each picture, for what its callbacks print.
@pytest.mark.filterwarnings("ignore:Your element with mimetype:UserWarning")
@pytest.mark.parametrize(("name", "n_pictures"), PICTURES.items(), ids=PICTURES)
def test_a_notebook_made_into_a_page_draws_without_any_other_host(
    page, run_notebook, name, n_pictures, tmp_path
):
    file = tmp_path / f"{name}.html"
    file.write_text(HTMLExporter().from_notebook_node(run_notebook(name))[0])
    assert file.stat().st_size <= 10_000_000
    asked, errors = [], []
    page.on("request", lambda request: asked.append(urlsplit(request.url)))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route(re.compile("^https?:"), lambda route: route.abort())
    page.goto(file.as_uri())
    wait_until(lambda: n_drawn(page) == n_pictures, 60, lambda: page.wait_for_timeout(100))
    # The template's own, for what no notebook here has: widgets of other kinds, and formulas.
    assert {address.netloc for address in asked if address.scheme.startswith("http")} == {
        "cdnjs.cloudflare.com"
    }
    assert {address.path.split("/")[3] for address in asked if address.netloc} == {
        "require.js",
        "mathjax",
    }
    assert errors == []


def test_the_quickstart_finds_the_best_way_and_loads_what_it_saved(run_notebook):
    notebook = run_notebook("01_quickstart")
    assert numbers(notebook, "exact")[-1] == [0.0]
    assert "to the same last bit" in printed(notebook, "save")


def test_the_ten_line_loop_has_ten_lines_and_equals_the_trainer(run_notebook):
    notebook = run_notebook("03_ten_line_loop")
    (loop,) = [cell.source.splitlines() for cell in notebook.cells if cell.id == "loop"]
    assert len(loop) == 10
    assert "all the same" in printed(notebook, "proof")
    assert "all the same" in printed(notebook, "steps")


@pytest.mark.slow
def test_the_parameters_do_what_the_text_says(run_notebook):
    notebook = run_notebook("04_what_the_parameters_do")
    small, middle, large = (returns for (returns,) in numbers(notebook, "alpha-numbers"))
    assert small < middle > large
    worths = [worth for (worth,) in numbers(notebook, "gamma-numbers")]
    assert worths == sorted(worths)
    assert worths[0] < 0 < worths[-1]
    exploring, greedy = zip(*numbers(notebook, "epsilon-numbers"), strict=True)
    assert list(exploring) == sorted(exploring, reverse=True)
    assert exploring[0] > exploring[-1]
    cliff = World.from_config(GridWorldConfig(level="cliff_walking"))
    assert set(greedy) == {1.0 - len(optimal_path(cliff, discount=1.0))}
    (q_learning,), (sarsa,) = numbers(notebook, "both-policies")
    assert q_learning < sarsa - 10

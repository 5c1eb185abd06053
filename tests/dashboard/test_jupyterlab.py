import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.request
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.dashboard.browsing import wait_until
from tests.serving import ROOT

NOTEBOOK = "02_dashboard.ipynb"
#: No news from elsewhere; cells out of sight stay on the page.
_SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


class Lab:
    """A notebook opened in JupyterLab, driven and read the way its users do."""

    def __init__(self, page, url, token):
        self.page, self.troubles = page, []
        self._host = urlsplit(url).netloc
        page.on("console", lambda line: line.type == "error" and self.troubles.append(line.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", lambda request: self._check_host(request.url))
        page.goto(f"{url}/lab/tree/{NOTEBOOK}?token={token}")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)

    def run_all(self):
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_text("Run All Cells", exact=True).click()

    def cell(self, text):
        """The cell whose code has this text in it."""
        return self.page.locator(".jp-CodeCell").filter(has_text=text).first

    def output(self, text):
        return self.cell(text).locator(".jp-OutputArea")

    def run(self, text):
        self.cell(text).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def run_new(self, code):
        """Runs code in a new cell at the end, and gives what it prints."""
        cells = self.page.locator(".jp-CodeCell")
        n_cells = cells.count()
        cells.last.locator(".cm-content").click()
        toolbar = self.page.get_by_role("toolbar", name="main area toolbar")
        toolbar.get_by_role("button", name="Insert a cell below").click()
        expect(cells).to_have_count(n_cells + 1)
        cells.last.locator(".cm-content").click()
        self.page.keyboard.insert_text(code)
        expect(cells.last.locator(".cm-content")).to_have_text(code)
        self.page.keyboard.press("Control+Enter")
        expect(cells.last.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"))
        cells.last.locator(".jp-InputPrompt").scroll_into_view_if_needed()
        return cells.last.locator(".jp-OutputArea-output").inner_text().strip()

    def delete(self, text):
        self.cell(text).locator(".jp-InputPrompt").click()
        self.page.keyboard.press("d")
        self.page.keyboard.press("d")

    def trails(self):
        """What the grids of all dashboards were given to draw."""
        return self.page.evaluate(_TRAILS)

    def wait_until(self, condition):
        wait_until(condition, 30, lambda: self.page.wait_for_timeout(50))

    def _check_host(self, url):
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self.troubles.append(f"asked another host: {url}")


class Shown:
    """A dashboard in a cell's output."""

    def __init__(self, lab, text):
        self._output = lab.output(text)

    def button(self, name):
        return self._output.get_by_role("button", name=name, exact=True)

    @property
    def status(self):
        return self._output.get_by_role("status", name="Status")

    @property
    def total_steps(self):
        number = self._output.locator("div:has(> dt:text-is('Total steps')) > dd")
        return int(number.inner_text().replace(",", ""))


_TRAILS = """() => Bokeh.documents
  .map((document) => document.get_model_by_name("trail"))
  .filter((trail) => trail != null)
  .map((trail) => JSON.stringify(Object.values(trail.data).map((column) => [...column])))"""


@pytest.fixture
def jupyter(tmp_path):
    """A server of JupyterLab with the notebook and settings of its own: URL and token."""
    shutil.copy(ROOT / "notebooks" / NOTEBOOK, tmp_path)
    for plugin, settings in _SETTINGS.items():
        file = tmp_path / ".settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(settings))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token, log = secrets.token_hex(16), tmp_path / ".log"
    options = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": tmp_path,
        "IdentityProvider.token": token,
    }
    homes = {
        "JUPYTER_CONFIG_DIR": ".config",
        "JUPYTER_DATA_DIR": ".data",
        "JUPYTER_RUNTIME_DIR": ".runtime",
        "JUPYTERLAB_SETTINGS_DIR": ".settings",
        "JUPYTERLAB_WORKSPACES_DIR": ".workspaces",
        "IPYTHONDIR": ".ipython",
    }
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
            + [f"--{name}={value}" for name, value in options.items()],
            cwd=tmp_path,
            env=os.environ | {name: str(tmp_path / home) for name, home in homes.items()},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    url = f"http://localhost:{port}"
    try:
        wait_until(lambda: _answers(f"{url}/api") or process.poll() is not None, 60)
        assert process.poll() is None, log.read_text()
        yield url, token
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(url):
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True


@pytest.fixture
def lab(page, jupyter):
    """The notebook, opened and run; whatever is done in it, nothing may complain."""
    lab = Lab(page, *jupyter)
    lab.run_all()
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
    expect(prompts).to_have_text(["[1]:", "[2]:", "[3]:", "[4]:"], timeout=60_000)
    yield lab
    assert lab.troubles == []


def test_the_dashboard_trains_in_a_cell_and_the_other_cells_go_on(lab):
    dashboard = Shown(lab, 'level="hard"')
    dashboard.button("Start").click()
    expect(dashboard.status).to_have_text("RUNNING")
    lab.wait_until(lambda: dashboard.total_steps > 100)
    trails = lab.trails()
    lab.wait_until(lambda: lab.trails() != trails)

    before = dashboard.total_steps
    assert lab.run_new("print('meanwhile')") == "meanwhile"
    lab.wait_until(lambda: dashboard.total_steps > before)

    dashboard.button("Pause").click()
    expect(dashboard.status).to_have_text("PAUSED")
    held = dashboard.total_steps
    lab.page.wait_for_timeout(500)
    assert dashboard.total_steps == held
    dashboard.button("Step").click()
    lab.wait_until(lambda: dashboard.total_steps == held + 1)


def test_a_dashboard_follows_a_trainer_that_other_cells_step(lab):
    dashboard = Shown(lab, "GridWorldDashboard(trainer)")
    told = int(lab.run_new("print(trainer.snapshot.total_steps)"))
    lab.wait_until(lambda: dashboard.total_steps == told)
    lab.run("await asyncio.sleep")
    lab.wait_until(lambda: dashboard.total_steps > told)
    expect(lab.output("await asyncio.sleep")).to_contain_text("40 episodes")


def test_a_dashboard_whose_cell_is_run_again_or_deleted_ticks_no_more(lab):
    ticking = "[t for t in asyncio.all_tasks() if 'NotebookRow' in str(t) and not t.cancelling()]"
    count = f"print(len({ticking}))"
    assert lab.run_new(count) == "2"
    dashboard = Shown(lab, 'level="hard"')
    dashboard.button("Start").click()
    lab.wait_until(lambda: dashboard.total_steps > 0)
    lab.run('level="hard"')
    lab.wait_until(lambda: dashboard.total_steps == 0)
    assert lab.run_new(count) == "2"
    lab.delete('level="hard"')
    assert lab.run_new(count) == "1"

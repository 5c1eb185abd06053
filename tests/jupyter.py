"""A real JupyterLab with one of the project's notebooks, for tests and pictures."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.dashboard.browsing import wait_until
from tests.serving import ROOT

#: No news from elsewhere; cells out of sight stay on the page.
_SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
_HOMES = {
    "JUPYTER_CONFIG_DIR": ".config",
    "JUPYTER_DATA_DIR": ".data",
    "JUPYTER_RUNTIME_DIR": ".runtime",
    "JUPYTERLAB_SETTINGS_DIR": ".settings",
    "JUPYTERLAB_WORKSPACES_DIR": ".workspaces",
    "IPYTHONDIR": ".ipython",
}
#: Pictures in each of the notebooks.
PICTURES = {
    "01_quickstart": 4,
    "02_dashboard": 4,
    "03_ten_line_loop": 0,
    "04_what_the_parameters_do": 8,
    "05_the_book": 15,
    "06_other_environments": 2,
}
#: Milliseconds that a kernel may take to start, and to run a notebook.
_PATIENCE = 180_000


@contextmanager
def jupyterlab(folder: Path) -> Iterator[Callable[[str], str]]:
    """Serves a copy of the notebooks, with settings of its own, until the block ends.

    Args:
        folder: An empty folder for all that the server writes.

    Yields:
        What tells the address of a notebook by its name.
    """
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(notebook, folder)
    for plugin, settings in _SETTINGS.items():
        file = folder / ".settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token, log = secrets.token_hex(16), folder / ".log"
    options = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": folder,
        "IdentityProvider.token": token,
    }
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
            + [f"--{name}={value}" for name, value in options.items()],
            cwd=folder,
            env=os.environ | {name: str(folder / home) for name, home in _HOMES.items()},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    url = f"http://localhost:{port}"
    try:
        wait_until(lambda: _answers(f"{url}/api") or process.poll() is not None, 120)
        assert process.poll() is None, log.read_text()
        # In a workspace of its own: else those opened before would come back beside it.
        yield lambda name: f"{url}/lab/workspaces/{name}/tree/{name}.ipynb?token={token}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def n_drawn(page: Page) -> int:
    """How many pictures a page shows, with something painted on each."""
    return sum(n > 3 for n in page.locator(".bk-Canvas").evaluate_all(_COUNT_COLOURS))


#: How many colours are on each picture.
_COUNT_COLOURS = """(pictures) => pictures.map((picture) => {
  const {width, height} = picture.getBoundingClientRect()
  if (!width || !height) return 0
  const colours = new Set()
  for (const canvas of (picture.shadowRoot ?? picture).querySelectorAll("canvas")) {
    const context = canvas.getContext("2d")
    if (!context || !canvas.width || !canvas.height) continue
    const {data} = context.getImageData(0, 0, canvas.width, canvas.height)
    for (const pixel of new Uint32Array(data.buffer)) if (pixel >>> 24) colours.add(pixel)
  }
  return colours.size
})"""


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True


class Lab:
    """A notebook opened in JupyterLab, driven and read the way its users do.

    Attributes:
        page: Playwright's page.
        troubles: Complaints on the console, requests to other hosts.
        cells: The code cells.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.troubles: list[str] = []
        self._host = urlsplit(url).netloc
        page.on("console", lambda line: line.type == "error" and self.troubles.append(line.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", lambda request: self._check_host(request.url))
        page.route(self._is_elsewhere, lambda route: route.abort())
        page.goto(url)
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=_PATIENCE)
        self.cells = page.locator(".jp-CodeCell")

    def run_all(self) -> None:
        """Runs the notebook, and waits until each of its cells has run."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_text("Run All Cells", exact=True).click()
        expected = [f"[{i}]:" for i in range(1, self.cells.count() + 1)]
        try:
            expect(self.cells.locator(".jp-InputPrompt")).to_have_text(expected, timeout=_PATIENCE)
        except AssertionError as error:
            error.add_note("\n".join(self.page.locator(".jp-OutputArea-output").all_inner_texts()))
            error.add_note("\n".join(self.troubles))
            raise

    def cell(self, text: str) -> Locator:
        """The cell whose code has this text in it."""
        code = self.page.locator(".cm-content", has_text=text)
        return self.cells.filter(has=code).first

    def output(self, text: str) -> Locator:
        """What that cell shows."""
        return self.cell(text).locator(".jp-OutputArea")

    def run(self, text: str) -> None:
        """Runs the cell whose code has this text in it."""
        self.cell(text).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def run_new(self, code: str, meanwhile: Callable[[], Any] = lambda: None) -> str:
        """Runs code in a new cell at the end, and gives what it prints.

        Args:
            code: One line.
            meanwhile: Called once the cell has been sent to the kernel.
        """
        n_cells = self.cells.count()
        self.cells.last.locator(".cm-content").click()
        toolbar = self.page.get_by_role("toolbar", name="main area toolbar")
        toolbar.get_by_role("button", name="Insert a cell below").click()
        expect(self.cells).to_have_count(n_cells + 1)
        self.cells.last.locator(".cm-content").click()
        self.page.keyboard.insert_text(code)
        expect(self.cells.last.locator(".cm-content")).to_have_text(code)
        self.page.keyboard.press("Control+Enter")
        meanwhile()
        prompt = self.cells.last.locator(".jp-InputPrompt")
        expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=_PATIENCE)
        prompt.scroll_into_view_if_needed()
        return self.cells.last.locator(".jp-OutputArea-output").inner_text().strip()

    def delete(self, text: str) -> None:
        """Deletes the cell whose code has this text in it."""
        self.cell(text).locator(".jp-InputPrompt").click()
        self.page.keyboard.press("d")
        self.page.keyboard.press("d")

    def wait_until(self, condition: Callable[[], Any]) -> None:
        wait_until(condition, 60, lambda: self.page.wait_for_timeout(50))

    def _is_elsewhere(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme not in ("data", "blob") and parts.netloc != self._host

    def _check_host(self, url: str) -> None:
        if self._is_elsewhere(url):
            self.troubles.append(f"asked another host: {url}")


class Shown:
    """A dashboard in a cell's output.

    Attributes:
        output: The output.
    """

    def __init__(self, lab: Lab, text: str) -> None:
        self.output = lab.output(text)

    def button(self, name: str) -> Locator:
        return self.output.get_by_role("button", name=name, exact=True)

    @property
    def status(self) -> Locator:
        return self.output.get_by_role("status", name="Status")

    @property
    def total_steps(self) -> int:
        number = self.output.locator("div:has(> dt:text-is('Total steps')) > dd")
        return int(number.inner_text().replace(",", ""))

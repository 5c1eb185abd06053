"""Two processes behind the real nginx, set up by the file that the README gives."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import parse_qsl, urlsplit

import pytest
import websocket
from playwright.sync_api import expect

from dashboard.rooms.room import Room
from dashboard.session.url import UrlSync
from dashboard.session.url_values import MAX_LENGTH
from gridworld import GridWorldConfig, QLearningConfig
from tests.dashboard.browsing import OpenedDashboard, wait_until
from tests.dashboard.server.test_metrics import metrics
from tests.dashboard.server.test_websocket import first_message, token_of
from tests.serving import ROOT, Server, free_port, serve_by

pytestmark = pytest.mark.system

CONFIG = (ROOT / "docs" / "nginx.conf").read_text()
UNIT = (ROOT / "docs" / "gridworld@.service").read_text()
#: What nginx needs beside a site's file, with everything it writes in a folder of the test.
AROUND = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site;
}}
"""


@pytest.fixture(scope="module")
def processes(front):
    """The two processes behind nginx."""
    return front[1]


@pytest.fixture(scope="module")
def url(front):
    """Nginx's own address."""
    return front[0]


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    with ExitStack() as stack:
        processes = [stack.enter_context(_served(port)) for _ in range(2)]
        site = _replaced(CONFIG, "listen 80;", f"listen 127.0.0.1:{port};")
        site = _replaced(site, "/var/log/nginx/gridworld.log", f"{folder}/access.log")
        site = _replaced(site, "class.example.org", "localhost")
        for documented, process in zip(("5006", "5007"), processes, strict=True):
            site = _replaced(site, documented, str(urlsplit(process.url).port))
        (folder / "site").write_text(site)
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
        stack.enter_context(_nginx(folder, port))
        yield f"http://localhost:{port}", processes, folder


def _replaced(text: str, documented: str, here: str) -> str:
    assert documented in text
    return text.replace(documented, here)


@contextmanager
def _served(front_port: int) -> Iterator[Server]:
    """A process with the options that the unit gives it."""
    (options,) = re.findall(r"ExecStart=\S+ serve (.*?)\n#", UNIT.replace("\\\n", ""), re.DOTALL)
    port = free_port()
    options = _replaced(options, "%i", str(port))
    options = _replaced(options, "class.example.org", f"localhost:{front_port}")
    options = _replaced(options, f"--state %S/gridworld-{port}", "--no-state")
    command = ["gridworld", "serve", *options.split()]
    with serve_by(command, f"http://localhost:{port}/{port}/app") as server:
        yield server


@contextmanager
def _nginx(folder, port):
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert program, "nginx must be installed; on Debian: apt-get install nginx-light"
    process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf"])
    try:
        wait_until(lambda: process.poll() is not None or (folder / "pid").exists(), 20)
        assert process.poll() is None, (folder / "error.log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def led_to(context, url):
    """Where somebody new is led."""
    answer = context.request.get(url, max_redirects=0)
    assert answer.status == 302
    return answer.headers["location"]


def n_sessions(process):
    return metrics(process)["sessions", None]


def test_each_browser_keeps_to_its_process(browser, url, processes):
    """Different people come to different processes; reload and link lead back to the same."""
    with ExitStack() as stack:
        people = [stack.enter_context(browser.new_context()) for _ in processes]
        opened = []
        for process, person in zip(processes, people, strict=True):
            path = urlsplit(process.url).path
            wait_until(lambda: urlsplit(led_to(person, f"{url}/")).path == path, 20)  # noqa: B023
            dashboard = OpenedDashboard(person.new_page(), f"{url}{path}")
            dashboard.choose("Hard")
            dashboard.enter(Episodes=100_000)
            dashboard.press("Start")
            dashboard.wait_for_steps(more_than=20)
            opened.append(dashboard)
        assert [n_sessions(process) for process in processes] == [1, 1]

        first, guest = opened[0], people[1]
        first.wait_until(lambda: "room=" in first.page.url)
        link, n_steps = first.page.url, first.total_steps
        first.page.reload()
        first.wait_for_steps(more_than=n_steps)  # the same training, and it goes on
        assert first.page.url == link
        first.press("Share")
        watch = first.page.get_by_role("link", name="Link to watch").get_attribute("href")
        for shared, n_viewers in ((link, 0), (watch, 1)):
            page = guest.new_page()
            page.goto(shared)
            expect(page.get_by_role("status", name="Status")).to_have_text("Learning")
            expect(page.get_by_label("Level", exact=True)).to_have_count(1 - n_viewers)
            seen = [metrics(process)["viewers", None] for process in processes]
            assert seen == [n_viewers, 0]
        assert [dashboard.troubles for dashboard in opened] == [[], []]


def test_settings_in_the_address_outlive_the_way_to_a_process(page, url):
    page.goto(f"{url}/?level=hard&seed=7")
    expect(page.get_by_label("Seed", exact=True)).to_have_value("7")
    assert re.fullmatch(rf"{url}/\d+/app\?level=hard&seed=7.*", page.url)


def test_the_longest_address_that_the_page_writes_opens_it_again(browser, url, processes):
    sent = longest_address()
    with closing(browser.new_context()) as context:
        page = context.new_page()
        dashboard = OpenedDashboard(page, f"{url}{urlsplit(processes[0].url).path}{sent}")
        dashboard.progress.wait_for()
        expect(dashboard.field("Seed")).to_have_value(str(2**32 - 1))
        walls = dict(parse_qsl(sent[1:]))["map"].count("~")
        dashboard.wait_until(lambda: len(dashboard.walls) == walls, 60)
        dashboard.press("Step")
        dashboard.wait_for_steps()
        assert set(sent[1:].split("&")) <= set(urlsplit(page.url).query.split("&"))
        assert dashboard.troubles == []


def longest_address():
    """All settings of the largest map that a person can draw, each as long as it can be."""
    world = GridWorldConfig(
        level="random", n_rows=100, n_cols=100, map_seed=1, slip=0.123456789, max_steps=9_999_999
    )
    layout, rewards = world.layout, ("step", "bump", "goal", "pit", "cliff")
    world.param.update(
        level="custom",
        layout=layout,
        wind=(1,) + (0,) * 99,
        **{f"{name}_reward": -0.123456789 for name in rewards},
    )
    learning = QLearningConfig(
        **dict.fromkeys(("learning_rate", "discount_factor", "epsilon"), 0.123456789),
        num_episodes=9_999_999,
        initial_q=-0.123456789,
    )
    return UrlSync(Room(world, learning, seed=2**32 - 1), before=Room()).query


def test_an_address_of_all_the_characters_allowed_comes_through(context, url, processes):
    address = f"{url}{urlsplit(processes[0].url).path}?map="
    for text in ("%7E" * (MAX_LENGTH // 3 - 2), "~" * (MAX_LENGTH - 4), "~" * (MAX_LENGTH + 1000)):
        assert context.request.get(address + text).status == 200  # the page says what is wrong


def test_an_address_that_is_too_long_is_told_so(context, url, processes):
    for path in (urlsplit(processes[0].url).path, "/"):
        answer = context.request.get(f"{url}{path}?map={'~' * 60_000}")
        assert answer.status == 414
        assert "must have at most 40,000 characters" in answer.text()


@pytest.mark.parametrize(
    "path", ["metrics", "liveness", "metrics/", "%6detrics", "/metrics", "app/../metrics"]
)
def test_numbers_are_not_for_the_public(context, url, processes, path):
    port = urlsplit(processes[0].url).port
    assert context.request.get(f"{url}/{port}/{path}").status == 404


def test_other_ports_of_the_machine_cannot_be_reached(context, url):
    assert context.request.get(f"{url}/22/app").status == 404


def test_pages_of_another_address_are_refused(url, processes):
    address = f"{url}{urlsplit(processes[0].url).path}"
    token = token_of(address)
    assert "ACK" in first_message(address, token)
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        first_message(address, token, "http://elsewhere.example")
    assert refused.value.status_code == 403


def test_keys_of_links_stay_out_of_the_log(context, front):
    url, processes, folder = front
    context.request.get(f"{url}{urlsplit(processes[0].url).path}?room=not-for-the-log")
    written = folder / "access.log"
    wait_until(lambda: "/app" in written.read_text(), 20)
    assert "not-for-the-log" not in written.read_text()

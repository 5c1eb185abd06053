"""What ``gridworld serve`` adds to Panel's server: its state for programs, and the login."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import panel as pn
from panel.auth import BasicLoginHandler
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, Metric
from tornado.web import RequestHandler

from dashboard.compat import garbage
from dashboard.page import GridWorldDashboard as GridWorldDashboard  # all that a page needs
from dashboard.rooms.counters import LATENESS_BOUNDS, counters
from dashboard.rooms.registry import lobby
from dashboard.rooms.sharing import is_any_busy
from gridworld import Status


class Liveness(RequestHandler):
    """Tells that the server answers; Panel's own runs the whole page for who asks it to."""

    def get(self) -> None:
        """Answers."""
        self.write({"alive": True})


class Metrics(RequestHandler):
    """Tells what the server is doing, in the format of Prometheus."""

    def get(self) -> None:
        """Counts and answers."""
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Counts())
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.write(generate_latest(registry))


class Login(BasicLoginHandler):
    """Panel's login, which leads on to the page asked for after a wrong password, too."""

    def get(self) -> None:
        """Shows the form."""
        wanted = self.get_cookie("next_url")
        if "error" in self.request.arguments and wanted:
            self.request.arguments["next"] = [wanted.encode()]
        super().get()


class _Counts(Collector):
    def collect(self) -> Iterator[Metric]:
        rooms = lobby().rooms
        n_running = sum(room.status is Status.RUNNING for room in rooms)
        for name, what, value in (
            ("sessions", "Pages that are open, or were a moment ago.", lobby().n_pages),
            ("rooms", "Trainings that are kept, with pages or without.", len(rooms)),
            ("trainers_running", "Trainings that are under way.", n_running),
            ("viewers", "Pages that watch a training and do not control it.", lobby().n_viewers),
        ):
            yield GaugeMetricFamily(f"gridworld_{name}", what, value)
        yield CounterMetricFamily("gridworld_frames", "Frames of all pages.", counters.frames)
        yield CounterMetricFamily("gridworld_steps", "Updates of all trainings.", counters.steps)
        bounds = [*map(str, LATENESS_BOUNDS), "+Inf"]
        yield HistogramMetricFamily(
            "gridworld_frame_lateness_seconds",
            "How long after their time frames came.",
            buckets=list(zip(bounds, accumulate(counters.n_by_lateness), strict=True)),
            sum_value=counters.lateness,
        )


def __getattr__(name: str) -> Any:
    # Panel asks for these when the server starts: what is there by then stays.
    if name == "ROUTES":
        garbage.install(is_any_busy)
        return _routes()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _routes() -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Addresses and what answers there, before Panel's own."""
    routes: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [
        ("/liveness", Liveness, {}),
        ("/metrics", Metrics, {}),
    ]
    return [*routes, ("/login", Login, {})] if pn.config.basic_auth else routes

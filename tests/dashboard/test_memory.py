from typing import NamedTuple

import pytest
from playwright.sync_api import expect

#: What is kept of an episode for good: return, length and success.
EPISODE_BYTES = 8 + 8 + 1
WARM_UP, END = 8, 24


class Reading(NamedTuple):
    heap: int
    nodes: int
    server: int


@pytest.mark.slow
def test_turbo_leaves_memory_flat(dashboard, server):
    devtools = dashboard.page.context.new_cdp_session(dashboard.page)

    def read():
        # What a message is drawn with just then is let go of a moment later: the least counts.
        readings = []
        for _ in range(6):
            devtools.send("HeapProfiler.collectGarbage")
            kept = EPISODE_BYTES * int(dashboard.progress.get_attribute("value"))
            readings.append(
                (
                    devtools.send("Runtime.getHeapUsage")["usedSize"],
                    devtools.send("Memory.getDOMCounters")["nodes"],
                    server.process.memory_info().rss - kept,
                )
            )
            dashboard.page.wait_for_timeout(330)
        return Reading(*map(min, zip(*readings, strict=True)))

    dashboard.choose("Hard")
    # Always exploring, so that the episodes are long and the run outlasts the test.
    dashboard.enter(Epsilon_decay=1, Episodes=10_000_000)
    dashboard.toggle("Turbo")
    dashboard.press("Start")
    dashboard.page.wait_for_timeout(1000 * WARM_UP)
    before, steps = read(), dashboard.total_steps
    dashboard.page.wait_for_timeout(1000 * (END - WARM_UP))
    after = read()
    expect(dashboard.status).to_have_text("Learning")
    assert dashboard.total_steps > steps + 10_000_000
    assert after.heap < before.heap + 10e6
    assert after.nodes < before.nodes + 500
    assert after.server < before.server + 60e6
    assert len(dashboard.source("episodes")["x"]) <= 1100
    assert len(dashboard.source("means")["x"]) <= 1100
    assert len(dashboard.trail) <= 20

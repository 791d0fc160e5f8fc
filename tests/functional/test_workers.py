# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite api`` with several processes on one port: all serve, one that dies is replaced, all end together."""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.functional.deployment import Deployment
from tests.functional.servers.freezing import freeze
from tests.waiting import PATIENCE, at_most, patience, wait_for

pytestmark = pytest.mark.timed

WORKERS = {"api": {"workers": 2}}


def children(pid: int) -> set[int]:
    """The processes that a process has started."""
    return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def parent(cloud: Deployment) -> int:
    assert cloud.api is not None
    return cloud.api.pid


def served_by(cloud: Deployment, times: int = 40) -> set[int]:
    """The processes that have answered, as the log tells."""
    log = cloud.directory / "api.log"
    begin = log.stat().st_size
    for _ in range(times):
        # A connection each. Requests that fail, for reads that succeed are logged at DEBUG; each another one, for equal
        # lines are counted instead of written.
        requests.get(f"{cloud.api_url}/v1/nodes/nobody-{uuid.uuid4()}", timeout=PATIENCE)
    with log.open() as lines:
        lines.seek(begin)
        return {
            int(pid)
            for pid in re.findall(
                r" (\d+) INFO \S+request_id .* GET /v1/nodes/nobody", lines.read()
            )
        }


@pytest.fixture
def cloud(
    make_deployment: Callable[..., Deployment], sqlite_url: str, rabbitmq_url: str
) -> Deployment:
    deployment = make_deployment(database=sqlite_url, transport=rabbitmq_url)
    deployment.start_api(WORKERS)
    return deployment


def test_all_serve_and_the_dead_are_replaced(cloud: Deployment) -> None:
    first = children(parent(cloud))
    assert len(first) == 2
    wait_for(lambda: served_by(cloud) == first, "both to serve", 30)

    victim = min(first)
    # The connection that is kept open may be the victim's.
    cloud._session.close()
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: victim not in children(parent(cloud)), "its end to be noticed", 30)
    # The other one goes on meanwhile.
    for _ in range(5):
        cloud.call("GET", "/v1/nodes")
    wait_for(lambda: len(children(parent(cloud)) - {victim}) == 2, "another one in its place", 30)
    wait_for(lambda: served_by(cloud) == children(parent(cloud)), "it to serve", 30)


def test_a_signal_ends_all_of_them(cloud: Deployment) -> None:
    workers = children(parent(cloud))
    assert cloud.api is not None
    began = time.monotonic()
    cloud.api.terminate()
    assert cloud.api.wait(30) == 0
    assert time.monotonic() - began < at_most(20)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


SLOW_START = """
import logging, time
from ironic_lite.common import prefork, process

class Slow:
    def start(self):
        print("starting", flush=True)
        time.sleep(600)

logging.basicConfig()
raise SystemExit(prefork.Prefork(1, lambda lifeline: process.Runner(lifeline).run([Slow()])).run())
"""


def test_a_signal_while_a_worker_starts_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SLOW_START],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as starting:
        assert starting.stdout is not None
        assert starting.stdout.readline() == "starting\n"
        starting.terminate()
        _, told = starting.communicate(timeout=patience(30))
    assert (starting.returncode, told) == (0, "")


def test_a_worker_that_hangs_is_killed(cloud: Deployment) -> None:
    workers = children(parent(cloud))
    freeze(min(workers))
    assert cloud.api is not None
    cloud.api.terminate()
    assert cloud.api.wait(40) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_workers_end_when_their_parent_was_killed(cloud: Deployment) -> None:
    workers = children(parent(cloud))
    os.kill(parent(cloud), signal.SIGKILL)
    wait_for(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers),
        "the workers to notice",
        30,
    )


def test_without_database_access(
    make_deployment: Callable[..., Deployment], sqlite_url: str, rabbitmq_url: str
) -> None:
    cloud = make_deployment(database=sqlite_url, transport=rabbitmq_url)
    cloud.start_api(
        {"api": {"workers": 2, "database_access": "rpc"}, "database": {"connection": None}}
    )
    cloud.add_conductor("c1")
    node = cloud.create_node(driver="fake-hardware")
    seen = {cloud.node(node)["uuid"] for _ in range(10)}
    assert seen == {node}
    assert len(children(parent(cloud))) == 2


def test_a_port_that_is_taken_is_told_once(
    cloud: Deployment, make_deployment: Callable[..., Deployment]
) -> None:
    other = cloud._process("other", ["api"], WORKERS)
    other.start()
    assert other.wait(30) != 0
    assert other.log_tail().count("cannot listen") == 1

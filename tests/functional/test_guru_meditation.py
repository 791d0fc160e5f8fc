# SPDX-License-Identifier: Apache-2.0
"""SIGUSR2: a report about a running process, without its secrets."""

import signal
import stat
from collections.abc import Callable
from pathlib import Path

from tests.functional.deployment import Deployment
from tests.waiting import wait_for


def report_of(service: Deployment, number: int) -> str:
    """Ask for a report, and return it when it is the ``number``-th."""
    assert service.api is not None
    service.api.signal(signal.SIGUSR2)

    def written() -> list[Path]:
        found = sorted(Path(service.directory).rglob("guru-meditation-*.txt"))
        return found if len(found) == number and found[-1].stat().st_size else []

    newest = wait_for(written, f"report {number}", 20, describe=service.logs)[-1]
    assert stat.S_IMODE(newest.stat().st_mode) == 0o600
    wait_for(lambda: str(newest) in service.logs(), "the line about it")
    return newest.read_text()


def test_what_it_says(make_deployment: Callable[..., Deployment], sqlite_url: str) -> None:
    service = make_deployment(
        database=sqlite_url,
        options={
            "DEFAULT": {"host": "c1"},
            "metrics": {"token": "s3cret-token"},
        },
    )
    service.start_all_in_one()
    report = report_of(service, 1)
    for text in (
        "Guru Meditation",
        "Threads",
        "Configuration",
        "Conductor c1",
        "workers busy = 0 of",
        "keepalives = succeed",
        "Database",
        "server = sqlite",
    ):
        assert text in report, report[-3000:]
    assert "s3cret" not in report
    assert "Conductor c1" in report_of(service, 2)
    assert service.call("GET", "/v1/nodes") == {"nodes": []}


def test_workers_write_one_each(
    make_deployment: Callable[..., Deployment], mariadb_url: str, rabbitmq_url: str
) -> None:
    service = make_deployment(database=mariadb_url, transport=rabbitmq_url)
    service.start_api({"api": {"workers": 2}})
    assert "server = mysql" in report_of(service, 2)
    assert service.request("GET", "/v1").ok

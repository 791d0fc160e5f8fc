# SPDX-License-Identifier: Apache-2.0
"""The log of a console: what the server printed, in order, once; and why something is missing."""

import base64
from collections.abc import Callable
from typing import Any

from tests.functional.consoles.conftest import (
    OPTIONS,
    TerminalServer,
    information,
    with_console,
)
from tests.functional.deployment import Deployment
from tests.waiting import wait_for


def records(cloud: Deployment, node: str, query: str = "") -> list[dict[str, Any]]:
    """All records of a log, page by page."""
    found: list[dict[str, Any]] = []
    position = 0
    while True:
        page = cloud.call("GET", f"/v1/nodes/{node}/console/log?position={position}{query}")
        found += page["records"]
        position = page["position"]
        if page["complete"]:
            return found


def printed(found: list[dict[str, Any]]) -> bytes:
    return b"".join(base64.b64decode(one["data"]) for one in found if one["kind"] == "output")


def test_what_a_server_prints_is_logged(consoles: Deployment, line: TerminalServer) -> None:
    node = with_console(consoles, line)
    text = b"".join(b"line %d \xff\x00\r\n" % number for number in range(40_000))
    line.print(text)
    wait_for(
        lambda: len(printed(records(consoles, node))) >= len(text),
        "the log",
        describe=lambda: [(len(printed(records(consoles, node))), len(text))],
    )
    found = records(consoles, node)
    assert printed(found) == text
    last = found[-1]["time"]
    assert records(consoles, node, f"&until={found[0]['time'][:-6]}Z")[0] == found[0]
    assert printed(records(consoles, node, f"&since={last[:-6]}Z")) in text
    wrong = consoles.request("GET", f"/v1/nodes/{node}/console/log?since=yesterday")
    assert (wrong.status_code, "2026-12-01T12:01:07Z" in wrong.text) == (400, True)


def test_a_cut_connection_is_a_gap(consoles: Deployment, line: TerminalServer) -> None:
    node = with_console(consoles, line)
    line.print(b"before")
    wait_for(lambda: printed(records(consoles, node)) == b"before", "the log")
    line.cut()
    wait_for(lambda: line.connections == 2, "another connection")
    line.print(b"after")
    wait_for(lambda: printed(records(consoles, node)) == b"beforeafter", "the rest")
    shown = [(one["kind"], one.get("text")) for one in records(consoles, node)]
    assert shown == [
        ("gap", "this conductor did not have it before"),
        ("output", None),
        ("gap", "the terminal server closed the connection"),
        ("output", None),
    ]


def test_bytes_belong_to_the_operation_that_runs(
    make_deployment: Callable[..., Deployment], sqlite_url: str, line: TerminalServer
) -> None:
    options = {**OPTIONS, "fake": {"power_delay": 5}}
    cloud = make_deployment(database=sqlite_url, options=options)
    cloud.start_all_in_one()
    node = with_console(cloud, line)
    line.print(b"idle")
    wait_for(lambda: printed(records(cloud, node)) == b"idle", "the log")
    assert records(cloud, node)[-1]["operation"] is None
    cloud.call("PUT", f"/v1/nodes/{node}/states/provision", {"target": "manage"})
    cloud.wait_for_node(node, provision_state="verifying")
    line.print(b"POST")
    wait_for(lambda: printed(records(cloud, node)) == b"idlePOST", "the rest")
    timeline = cloud.call("GET", f"/v1/nodes/{node}/timeline")["timeline"]
    assert records(cloud, node)[-1]["operation"] in {one["operation"] for one in timeline} - {None}


def test_a_killed_service_has_a_gap_and_every_byte_before(
    consoles: Deployment, line: TerminalServer
) -> None:
    node = with_console(consoles, line)
    url = information(consoles, node)["url"]
    line.print(b"first boot\r\n")
    wait_for(lambda: printed(records(consoles, node)) == b"first boot\r\n", "the log")
    assert consoles.api is not None
    consoles.api.kill()
    consoles.start_all_in_one()
    wait_for(lambda: line.connections == 2, "the console to be had again")
    line.print(b"second boot\r\n")
    whole = b"first boot\r\nsecond boot\r\n"
    wait_for(lambda: printed(records(consoles, node)) == whole, "the rest")
    gap = [one for one in records(consoles, node) if one["kind"] == "gap"][-1]
    assert gap["text"] == "conductor killed"
    assert gap["from"] < gap["time"]
    assert information(consoles, node)["url"] == url


def test_a_console_that_is_switched_off_is_let_go(
    consoles: Deployment, line: TerminalServer
) -> None:
    node = with_console(consoles, line)
    consoles.call("PUT", f"/v1/nodes/{node}/states/console", {"enabled": False})
    consoles.wait_for_node(node, console_enabled=False)
    wait_for(lambda: records(consoles, node)[-1]["kind"] == "stopped", "its end in the log")
    assert records(consoles, node)[-1]["text"] == "the console was switched off"
    answer = consoles.request("POST", f"/v1/nodes/{node}/console/token")
    assert (answer.status_code, "not enabled" in answer.text) == (400, True)

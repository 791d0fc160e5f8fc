# SPDX-License-Identifier: Apache-2.0
"""A conductor that has a console is killed: another one has it soon, and what is missing is a gap."""

from collections.abc import Callable

from tests.functional.consoles.conftest import OPTIONS, TerminalServer, with_console
from tests.functional.consoles.test_log import printed, records
from tests.functional.consoles.test_watching import said, until, websocket
from tests.functional.deployment import WITHOUT_DATABASE, Deployment
from tests.waiting import wait_for


def test_the_next_owner_has_the_console(
    make_deployment: Callable[..., Deployment],
    mariadb_url: str,
    rabbitmq_url: str,
    line: TerminalServer,
) -> None:
    cloud = make_deployment(database=mariadb_url, transport=rabbitmq_url, options=OPTIONS)
    cloud.start_api(WITHOUT_DATABASE)
    cloud.add_conductor("c1")
    node = with_console(cloud, line)
    with websocket(cloud, node) as client:
        said(client)
        line.print(b"by c1")
        assert until(client, b"by c1")
    cloud.add_conductor("c2")
    cloud.kill_conductor("c1")
    wait_for(lambda: line.connections == 2, "c2 to have the console", timeout=60)

    def logged() -> bool:
        # What is printed to a connection that has just been given up is lost.
        line.print(b"by c2 ")
        return b"by c2 " in printed(records(cloud, node))

    wait_for(logged, "the log of c2", 90, 0.5)
    first = records(cloud, node)[0]
    assert (first["kind"], first["text"]) == ("gap", "this conductor did not have it before")
    with websocket(cloud, node) as client:
        said(client)
        line.print(b"END")
        assert until(client, b"END")

# SPDX-License-Identifier: Apache-2.0
"""The invariants of a run detect each violation."""

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ironic_lite_simulator.journal import Journal
from tests.chaos import exclusive_control, notification_chain, tenants
from tests.chaos.client import Client
from tests.chaos.clock import Clock
from tests.chaos.concurrent_requests import ConcurrentRequests
from tests.chaos.exclusive_control import Lock, Write
from tests.chaos.longest_durations import Watch
from tests.chaos.operations import Ledger, Operation

NODE_OF = {"server-0": "n0", "server-1": "n1"}
FIRST, SECOND = "127.1.0.2", "127.1.0.3"


def lock(time: float, process: str, node: str = "n0") -> Lock:
    return Lock(time, node, process)


def write(time: float, process: str, what: str = "off", server: str = "server-0") -> Write:
    return Write(time, server, process, what)


def node(**fields: Any) -> dict[str, Any]:
    return {
        "uuid": "n0",
        "name": "server-0",
        "provision_state": "available",
        "power_state": "power off",
        "target_power_state": None,
        "reservation": None,
        "last_error": None,
        "deploy_step": {},
        "clean_step": {},
        "service_step": {},
        **fields,
    }


class TestWriters:
    def test_one_after_the_other_is_as_it_should_be(self) -> None:
        done = [write(1.1, FIRST), write(2.1, SECOND), write(3.1, FIRST)]
        taken = [lock(1, FIRST), lock(2, SECOND), lock(3, FIRST)]
        assert exclusive_control.intrusions(done, taken, NODE_OF) == []

    def test_one_that_was_superseded_and_writes_on(self) -> None:
        done = [write(1.1, FIRST), write(2.1, SECOND), write(2.2, FIRST, "on"), write(2.3, SECOND)]
        (found,) = exclusive_control.intrusions(done, [lock(1, FIRST), lock(2, SECOND)], NODE_OF)
        assert "'on' from 127.1.0.2, while 127.1.0.3 had the lock" in found

    def test_one_that_has_never_locked_the_node(self) -> None:
        taken = [lock(1, FIRST, "n1")]
        assert len(exclusive_control.intrusions([write(1.1, FIRST)], taken, NODE_OF)) == 1
        assert not exclusive_control.intrusions(
            [write(1.1, FIRST, server="server-1")], taken, NODE_OF
        )

    def test_what_counts_as_a_write(self) -> None:
        journal = Journal()
        bmc = {"session": "1", "client": f"{FIRST}:4711"}
        journal.record("server-0", "bmc", "session-opened", **bmc)
        journal.record("server-0", "bmc", "power", control="cycle", **bmc)
        journal.record("server-0", "bmc", "boot-device", device="pxe", **bmc)
        journal.record("server-0", "machine", "power-is", power="on")
        journal.record("server-0", "agent", "heartbeat", status=202)
        for command in ("clean.get_clean_steps", "clean.execute_clean_step", "standby.power_off"):
            journal.record("server-0", "agent", "command-started", command=command, client=SECOND)
        found = [(w.process, w.what) for w in exclusive_control.writes(journal.since())]
        assert found == [
            (FIRST, "cycle"),
            (FIRST, "pxe"),
            (SECOND, "clean.execute_clean_step"),
            (SECOND, "standby.power_off"),
        ]

    def test_locks_are_read_from_logs(self, tmp_path: Path) -> None:
        log = tmp_path / "c1.log"
        log.write_text(
            "Could not load something\n"
            "1795214149.845159 42 DEBUG ironic_lite.conductor.task_manager Locked node n0 for node deployment _lock\n"
            "1795214150.000000 42 INFO ironic_lite.conductor.hardware.power Node n0: power on\n"
        )
        assert exclusive_control.locks(log, FIRST) == [Lock(1795214149.845159, "n0", FIRST)]


class TestOperations:
    GOAL = {"provision_state": "active"}

    def outcome(self, after: dict[str, Any], hardware: set[str] | None = None) -> str | None:
        operation = Operation("n0", "active", self.GOAL, hardware=hardware or set())
        operation.judge(after)
        return operation.outcome

    def test_the_goal(self) -> None:
        assert self.outcome(node(provision_state="active")) == "goal"

    def test_a_failure_without_a_fault_is_a_loss(self) -> None:
        failed = node(provision_state="deploy failed", last_error="The agent timed out.")
        assert self.outcome(failed) == "lost"

    def test_a_failure_by_the_injected_fault_is_reported(self) -> None:
        failed = node(provision_state="deploy failed", last_error="The agent timed out.")
        assert self.outcome(failed, {"agent"}) == "reported"
        assert self.outcome(failed, {"bmc"}) == "lost"

    def test_a_failure_that_is_not_explained_is_a_loss(self) -> None:
        assert self.outcome(node(provision_state="deploy failed"), {"agent"}) == "lost"
        assert self.outcome(node(provision_state="available"), {"agent"}) == "lost"

    @pytest.mark.parametrize(
        "error",
        [
            "The conductor that ran it died; the agent may be at work.",
            "The database could not carry out the operation: the agent timed out.",
        ],
    )
    def test_a_death_in_the_cluster_is_no_excuse(self, error: str) -> None:
        failed = node(provision_state="deploy failed", last_error=error)
        assert self.outcome(failed, {"agent"}) == "lost"

    def test_a_reboot_that_failed_ends_where_it_began(self) -> None:
        reboot = Operation("n0", "rebooting", {"power_state": "power on"})
        reboot.judge(node(power_state="power on", last_error="Failed to change power."))
        assert reboot.outcome == "lost"


class TestNotifications:
    NOW: ClassVar = {"n0": "manageable"}

    def move(self, before: str, after: str, number: int, node: str = "n0") -> dict[str, Any]:
        moved = {"uuid": node, "previous_provision_state": before, "provision_state": after}
        return {
            "event_type": "baremetal.node.provision_set.start",
            "timestamp": f"2026-11-20 23:00:0{number}",
            "payload": {"ironic_object.data": moved},
        }

    def test_a_chain_in_whatever_order(self) -> None:
        told_of = [self.move("verifying", "manageable", 2), self.move("enroll", "verifying", 1)]
        assert notification_chain.gaps(told_of, self.NOW) == []

    def test_one_that_is_missing(self) -> None:
        (first,) = notification_chain.gaps([self.move("verifying", "manageable", 2)], self.NOW)
        assert "from 'enroll' to 'verifying'" in first
        (last,) = notification_chain.gaps([self.move("enroll", "verifying", 1)], self.NOW)
        assert "it is 'manageable', and the last notification has 'verifying'" in last
        assert notification_chain.gaps([], self.NOW)

    def test_others_do_not_fill_the_gap(self) -> None:
        of_another = self.move("enroll", "manageable", 1, node="n1")
        assert notification_chain.gaps([of_another], self.NOW)


class TestAllocations:
    NODES = ({"uuid": "n0", "instance_uuid": "a0"}, {"uuid": "n1", "instance_uuid": None})

    def test_each_node_and_its_allocation_belong_to_each_other(self) -> None:
        shown = [{"uuid": "a0", "node_uuid": "n0"}, {"uuid": "a1", "node_uuid": None}]
        assert tenants.misassigned(self.NODES, shown) == []

    @pytest.mark.parametrize("node", [None, "n1"])
    def test_a_node_that_was_lost_on_the_way(self, node: str | None) -> None:
        found = tenants.misassigned(self.NODES, [{"uuid": "a0", "node_uuid": node}])
        assert "node n0 and allocation a0" in found[0]

    @pytest.mark.parametrize(
        ("shown", "outcome"),
        [
            ({"state": "active", "node_uuid": "n0"}, "goal"),
            ({"state": "active"}, "lost"),
            ({"state": "error", "last_error": "no available node is of this class"}, "none free"),
            ({"state": "error", "last_error": "The conductor died."}, "lost"),
            ({"state": "error"}, "lost"),
            ({"state": "allocating"}, "lost"),
        ],
    )
    def test_what_becomes_of_a_request_for_a_node(
        self, shown: dict[str, Any], outcome: str
    ) -> None:
        ledger, clock = Ledger(), Clock()
        concurrent = ConcurrentRequests(ledger)
        nowhere = Client(lambda: "http://127.0.0.1:1")
        tenant = tenants.Tenants(nowhere, ledger, concurrent, patience=0.0)
        tenant.look([], time.monotonic(), clock)
        concurrent.stop()
        first, *_ = ledger.all
        allocation = {"name": first.node, "node_uuid": None, "last_error": None, **shown}
        clock.tick(answered=True)
        tenant.look([allocation], time.monotonic(), clock)
        assert first.outcome == outcome

    def test_an_answer_that_no_service_must_give(self) -> None:
        class Broken(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(int(self.path.removeprefix("/v1/")))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        with HTTPServer(("127.0.0.1", 0), Broken) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            client = Client(lambda: f"http://127.0.0.1:{server.server_port}")
            for status in (200, 404, 409, 500, 502, 503):
                client.request("GET", f"/v1/{status}")
            server.shutdown()
        assert [error[:7] for error in client.errors] == ["500 to ", "502 to ", "503 wit"]


class TestBounds:
    def test_a_lock_that_is_never_given_back(self) -> None:
        watch = Watch(patience=10)
        for now in (0, 5, 10):
            assert watch.look(node(reservation="c1"), now) is None
        assert "c1" in (watch.look(node(reservation="c1"), 11) or "")
        assert len(watch.stuck) == 1

    def test_a_state_without_progress(self) -> None:
        watch = Watch(patience=10)
        for now in (0, 5, 10):
            watch.look(node(provision_state="deploying"), now)
        assert watch.look(node(provision_state="deploying"), 11)

    def test_a_change_of_power_that_never_ends(self) -> None:
        watch = Watch(patience=10)
        watch.look(node(target_power_state="power on"), 0)
        assert watch.look(node(target_power_state="power on"), 11)

    def test_progress_and_rest_are_fine(self) -> None:
        watch = Watch(patience=10)
        for now, step in ((0, "one"), (9, "two"), (18, "three")):
            assert not watch.look(node(provision_state="cleaning", clean_step={"step": step}), now)
        for now in (20, 40, 60):
            assert not watch.look(node(), now)

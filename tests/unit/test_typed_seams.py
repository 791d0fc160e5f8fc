# SPDX-License-Identifier: Apache-2.0
"""mypy finds wrong names and arguments in calls between packages, which it would not if a type were ``Any``.

Each line of the code below that ends in a comment has one error, which mypy must report in that line.
"""

import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[2]

CODE = """
from typing import Any

from ironic_lite.conductor import rpcapi
from ironic_lite.conductor.contract.declaration import Context
from ironic_lite.conductor.contract.hardware import HardwareCalls
from ironic_lite.conductor.contract.nodes import NodeCalls
from ironic_lite.conductor.contract.records import RecordCalls
from ironic_lite.conductor.endpoints.serving import locked, unlocked
from ironic_lite.conductor.records import node_records
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers.interfaces.driver import Driver
from ironic_lite.drivers.interfaces.network import Purpose
from ironic_lite.drivers.interfaces.power import PowerInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port


def calls(context: Context, node: Node) -> None:
    conductor = rpcapi.ConductorAPI().of(node)
    conductor.destroy_node(context, node.uuid)
    conductor.destroy_nodes(context, node.uuid)  # attr-defined
    conductor.set_boot_mode(context, node.uuid, boot_mode="uefi")  # call-arg
    conductor.set_boot_mode(context, node.uuid)  # call-arg
    conductor.set_secure_boot(context, node.uuid, "on")  # arg-type
    rpcapi.ConductorAPI().any().vif_lists(context, node.uuid)  # attr-defined
    rpcapi.ConductorAPI().serving("ipmi").get_driver_properties(context)  # call-arg


def renamed(task: TaskManager, the_mode: str) -> None: ...
def retyped(task: TaskManager, mode: int) -> None: ...
def shortened(task: TaskManager) -> None: ...
def of_port(task: TaskManager, port: Port, expectation: dict[str, Any] | None = None) -> Port: ...
def of_nobody(context: Context, name: str) -> dict[str, str]: ...


def served() -> None:
    locked(NodeCalls.destroy_node)(node_records.destroy)
    locked(HardwareCalls.set_boot_mode)(renamed)  # arg-type
    locked(HardwareCalls.set_boot_mode)(retyped)  # arg-type
    locked(HardwareCalls.set_boot_mode)(shortened)  # arg-type
    locked(RecordCalls.update_port)(of_port)  # arg-type
    unlocked(NodeCalls.get_driver_properties)(of_nobody)  # arg-type


def drives(task: TaskManager, seen: Task) -> None:
    task.driver.power.reboot(task, timeout=3)
    task.driver.power.restart(task)  # attr-defined
    task.driver.power.reboot(task, patience=3)  # call-arg
    task.driver.powr.reboot(task)  # attr-defined
    task.driver.deploy.tear_down(task, 1)  # call-arg
    task.driver.network.conect(task, Purpose.CLEANING)  # attr-defined
    seen.driver.management.set_boot_device(seen, "pxe", for_good=True)  # call-arg
    seen.ensure_lock()  # attr-defined
    seen.set_power(3)  # arg-type


class Renamed(PowerInterface):
    def get_power_state(self, task: Task) -> str | None: ...
    def set_power_state(self, task: Task, power_state: str, timeout: int | None = None) -> None: ...
    def reboot(self, task: Task) -> None: ...  # override


class Unfinished(PowerInterface):
    def get_power(self, task: Task) -> str | None: ...


def made() -> None:
    Unfinished()  # abstract
    Driver().power = Renamed()
"""


def test_mypy_sees_what_is_wrong_at_the_seams(tmp_path: Path) -> None:
    file = tmp_path / "seams.py"
    file.write_text(CODE)
    wanted = {
        number: match[1]
        for number, line in enumerate(CODE.splitlines(), 1)
        if (match := re.search(r"  # ([a-z-]+)$", line))
    }
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", TOP / "setup.cfg", file],
        check=False,
        cwd=TOP,
        capture_output=True,
        text=True,
        timeout=300,
    )
    found = {
        int(match[1]): match[2]
        for match in re.finditer(r"seams\.py:(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.M)
        if match[2] != "empty-body"
    }
    assert found == wanted, done.stdout + done.stderr

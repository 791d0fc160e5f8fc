# SPDX-License-Identifier: Apache-2.0
"""Hooks that copy a fact of the inventory into the node's properties: ``architecture``, ``cpus``, ``memory``."""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.inspector.hooks.base import Data, InspectionHook

LOG = log.getLogger(__name__)

_MAX_TEXT = 64


def fact(inventory: Data, section: str, key: str) -> Any:
    """Return a value of the inventory; None when it is missing."""
    found = inventory.get(section)
    return found.get(key) if isinstance(found, dict) else None


def _number(inventory: Data, section: str, key: str) -> int | None:
    value = fact(inventory, section, key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def record(task: Task, name: str, value: Any) -> None:
    task.node.properties = {**task.node.properties, name: value}


class ArchitectureHook(InspectionHook):
    """``properties['cpu_arch']``."""

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        architecture = fact(inventory, "cpu", "architecture")
        if not isinstance(architecture, str) or not 0 < len(architecture) <= _MAX_TEXT:
            raise exception.HardwareInspectionFailure(
                "the inventory lacks the architecture of the CPU"
            )
        record(task, "cpu_arch", architecture)


class CPUsHook(InspectionHook):
    """``properties['cpus']``."""

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        count = _number(inventory, "cpu", "count")
        if count is None:
            LOG.warning("Node %s: the inventory lacks the number of CPUs", task.node.uuid)
            return
        record(task, "cpus", count)


class MemoryHook(InspectionHook):
    """Sets ``properties['memory_mb']`` to the physical memory in MiB."""

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        size = _number(inventory, "memory", "physical_mb")
        if size is None:
            LOG.warning("Node %s: the inventory lacks the memory size", task.node.uuid)
            return
        record(task, "memory_mb", size)

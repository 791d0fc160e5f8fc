# SPDX-License-Identifier: Apache-2.0
"""Hooks that copy a fact of the inventory into the node's properties: ``architecture``, ``cpus``, ``memory``."""

from typing import Any, ClassVar

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


class _NumberHook(InspectionHook):
    section: ClassVar[str]
    key: ClassVar[str]
    name: ClassVar[str]

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        value = fact(inventory, self.section, self.key)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            LOG.warning(
                "Node %s: the inventory lacks %s/%s", task.node.uuid, self.section, self.key
            )
            return
        record(task, self.name, value)


class CPUsHook(_NumberHook):
    """``properties['cpus']``."""

    section, key, name = "cpu", "count", "cpus"


class MemoryHook(_NumberHook):
    """Sets ``properties['memory_mb']`` to the physical memory in MiB."""

    section, key, name = "memory", "physical_mb", "memory_mb"

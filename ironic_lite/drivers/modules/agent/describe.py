# SPDX-License-Identifier: Apache-2.0
"""The description of a node and its ports that the agent's hardware managers get. It holds no secrets."""

from typing import Any

from ironic_lite.common import redaction
from ironic_lite.drivers import boot_mode
from ironic_lite.drivers.interfaces.task import Task

_NODE = (
    "uuid",
    "name",
    "provision_state",
    "target_provision_state",
    "properties",
    "extra",
    "raid_config",
    "target_raid_config",
    "clean_step",
    "deploy_step",
    "service_step",
    "resource_class",
)
_PORT = ("uuid", "address", "extra", "local_link_connection", "pxe_enabled", "physical_network")


def node(task: Task) -> dict[str, Any]:
    """Return the node without the config drive, which only the step that writes it gets.

    The agent makes the partitions for the boot mode in this description.
    """
    record = task.node
    described = {field: getattr(record, field) for field in _NODE}
    for field in ("driver_info", "driver_internal_info", "instance_info"):
        described[field] = redaction.mask(getattr(record, field))
    described["instance_info"] = {
        **described["instance_info"],
        "deploy_boot_mode": boot_mode.of(record),
    }
    return described


def ports(task: Task) -> list[dict[str, Any]]:
    return [{field: getattr(port, field) for field in _PORT} for port in task.ports]

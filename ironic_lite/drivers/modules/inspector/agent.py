# SPDX-License-Identifier: Apache-2.0
"""Inspect interface ``agent``: ironic-python-agent inspects the server from a ramdisk.

The boot interface boots the ramdisk with kernel arguments that make it send its data to the API. When the service does
not manage the boot (``[inspector] require_managed_boot``), the server is only set to boot from the network.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF
from ironic_lite.drivers import api_address, fast_track
from ironic_lite.drivers.interfaces import management
from ironic_lite.drivers.interfaces.inspect import InspectInterface
from ironic_lite.drivers.interfaces.network import Purpose
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import boot
from ironic_lite.drivers.modules.inspector.hooks.base import Hooks

LOG = log.getLogger(__name__)

MANAGED = "inspector_manage_boot"
"""Key in ``driver_internal_info``: whether the boot interface boots the server for the running inspection."""

_CALLBACK = "ipa-inspection-callback-url"


class AgentInspect(InspectInterface):
    """Supports ironic-python-agent 13."""

    def __init__(self) -> None:
        self._hooks = Hooks()

    def get_properties(self) -> dict[str, str]:
        return {}

    def validate(self, task: Task) -> None:
        _is_managed(task)

    def inspect_hardware(self, task: Task) -> str:
        managed = _is_managed(task)
        task.node.set_driver_internal_info(MANAGED, managed)
        # An agent inspects when it starts, so an agent that is up already cannot be reused.
        if managed:
            task.driver.network.connect(task, Purpose.INSPECTION)
            callback = f"{api_address.url()}/v1/continue_inspection"
            boot.boot_ramdisk(task, {_CALLBACK: callback})
        else:
            boot.forget_agent(task)
            task.set_boot_device(management.PXE)
            task.set_power(states.REBOOT)
        return states.INSPECTWAIT

    def continue_inspection(
        self, task: Task, inventory: dict[str, Any], plugin_data: dict[str, Any]
    ) -> None:
        self._hooks.run(task, inventory, plugin_data)

    def tear_down(self, task: Task) -> None:
        # With fast-track the agent stays up, and the next operation reuses it.
        if CONF.inspector.power_off and not fast_track.enabled(task.node):
            boot.power_off(task)
        _put_back(task)

    def abort(self, task: Task) -> None:
        boot.power_off(task)
        _put_back(task)


def _put_back(task: Task) -> None:
    if task.node.driver_internal_info.get(MANAGED):
        task.driver.boot.clean_up_ramdisk(task)
    task.driver.network.disconnect(task, Purpose.INSPECTION)
    task.node.del_driver_internal_info(MANAGED)


def _is_managed(task: Task) -> bool:
    """Tell whether the boot interface boots the ramdisk, in a network of the service.

    :raises InvalidParameterValue: when it cannot, and ``[inspector] require_managed_boot`` is set.
    """
    try:
        task.driver.boot.validate(task)
        task.driver.network.validate_network(task, Purpose.INSPECTION)
        api_address.url()
    except (exception.InvalidParameterValue, exception.UnsupportedDriverExtension) as exc:
        if CONF.inspector.require_managed_boot:
            raise
        LOG.info(
            "Node %s: the service does not manage the boot for this inspection: %s",
            task.node.uuid,
            exc,
        )
        return False
    return True

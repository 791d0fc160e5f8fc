# SPDX-License-Identifier: Apache-2.0
"""Inspect interface ``agent``: a ramdisk with ironic-python-agent looks at the server from within.

The boot interface boots it, with kernel arguments that make it send what it finds to the API. Where the boot is not
ours (``[inspector] require_managed_boot``), the server is only told to boot from the network.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF
from ironic_lite.drivers import fast_track
from ironic_lite.drivers.interfaces import management
from ironic_lite.drivers.interfaces.inspect import InspectInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import boot
from ironic_lite.drivers.modules.inspector.hooks.base import Hooks
from ironic_lite.drivers.modules.pxe.boot import api_url

LOG = log.getLogger(__name__)

MANAGED = "inspector_manage_boot"
"""Key in ``driver_internal_info``: whether the running inspection boots the server by the boot interface."""

_CALLBACK = "ipa-inspection-callback-url"


class AgentInspect(InspectInterface):
    """Works with ironic-python-agent 13."""

    def __init__(self) -> None:
        self._hooks = Hooks()

    def get_properties(self) -> dict[str, str]:
        return {}

    def validate(self, task: Task) -> None:
        _is_managed(task)

    def inspect_hardware(self, task: Task) -> str:
        managed = _is_managed(task)
        task.node.set_driver_internal_info(MANAGED, managed)
        task.driver.network.add_inspection_network(task)
        # An agent inspects when it starts, so one that is up already is of no use.
        if managed:
            callback = f"{api_url()}/v1/continue_inspection"
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
        # With fast-track the agent looks its node up and stays, to be used by what comes next.
        if CONF.inspector.power_off and not fast_track.enabled(task.node):
            boot.power_off(task)
        _put_back(task)

    def abort(self, task: Task) -> None:
        boot.power_off(task)
        _put_back(task)


def _put_back(task: Task) -> None:
    if task.node.driver_internal_info.get(MANAGED):
        task.driver.boot.clean_up_ramdisk(task)
    task.driver.network.remove_inspection_network(task)
    task.node.del_driver_internal_info(MANAGED)


def _is_managed(task: Task) -> bool:
    """Whether the boot interface can boot the ramdisk.

    :raises InvalidParameterValue: when it cannot, and has to.
    """
    try:
        task.driver.boot.validate(task)
        api_url()
    except (exception.InvalidParameterValue, exception.UnsupportedDriverExtension) as exc:
        if CONF.inspector.require_managed_boot:
            raise
        LOG.info("Node %s: its boot for the inspection is not ours: %s", task.node.uuid, exc)
        return False
    return True

# SPDX-License-Identifier: Apache-2.0
"""RAID interface ``agent``: the agent in the ramdisk makes software RAID, or what its own hardware managers can."""

from typing import Any

from oslo_utils import timeutils

from ironic_lite.common import exception
from ironic_lite.common.operations import provision_states
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.raid import RAIDInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import describe, inband

Config = dict[str, Any]

CREATE, APPLY, DELETE = "create_configuration", "apply_configuration", "delete_configuration"
_SOFTWARE = "software"
_FIRST_LEVEL, _LEVELS = "1", ("0", "1", "1+0", "5", "6")
_MOST = 2
_CHOICE = {
    "create_root_volume": {
        "description": "Whether to create the root volume of target_raid_config. Default is true.",
        "required": False,
    },
    "create_nonroot_volumes": {
        "description": "Whether to create the other volumes of target_raid_config. Default is true.",
        "required": False,
    },
}
_APPLICATION = {
    "raid_config": {
        "description": "The RAID configuration to create, as in target_raid_config.",
        "required": True,
    },
    "delete_existing": {
        "description": "Whether to delete the existing configuration first. Default is true.",
        "required": False,
    },
}


class AgentRAID(RAIDInterface):
    """Logical disks with ``controller`` ``software`` are arrays of Linux (mdadm); at most two, the first a mirror."""

    def validate_raid_config(self, task: Task, wanted: Config) -> None:
        """See the base class. Also checks what ironic-python-agent can make of software RAID."""
        super().validate_raid_config(task, wanted)
        problems = _problems(wanted["logical_disks"])
        if problems:
            raise exception.InvalidParameterValue(
                err=f"RAID config validation error: {'; '.join(problems)}"
            )

    def get_steps(self, task: Task, kind: str) -> list[dict[str, Any]]:
        """See the base class. Cleaning is automatic with the priorities of [deploy]."""
        found = super().get_steps(task, kind)
        if kind != steps.CLEAN:
            return found
        configured = {
            CREATE: CONF.deploy.create_configuration_priority,
            DELETE: CONF.deploy.delete_configuration_priority,
        }
        return [
            {**step, "priority": priority}
            if (priority := configured.get(step["step"])) is not None
            else step
            for step in found
        ]

    @steps.clean_step(priority=0, argsinfo=_CHOICE, waits=True)
    @steps.service_step(argsinfo=_CHOICE, waits=True)
    def create_configuration(
        self, task: Task, create_root_volume: bool = True, create_nonroot_volumes: bool = True
    ) -> str:
        """Make the logical disks of target_raid_config.

        :raises MissingParameterValue: there is none to make.
        """
        wanted = (task.node.target_raid_config or {}).get("logical_disks") or []
        chosen = [
            disk
            for disk in wanted
            if (create_root_volume if disk.get("is_root_volume") else create_nonroot_volumes)
        ]
        if not chosen:
            raise exception.MissingParameterValue(
                err="target_raid_config has no logical disk. Set it with 'baremetal node set --target-raid-config'."
                if not wanted
                else "Both kinds of volumes, or the only ones in target_raid_config, were excluded."
            )
        self.validate_raid_config(task, {"logical_disks": chosen})
        described = {**describe.node(task), "target_raid_config": {"logical_disks": chosen}}
        return self._run(task, CREATE, {}, described)

    @steps.deploy_step(priority=0, argsinfo=_APPLICATION, waits=True)
    def apply_configuration(
        self, task: Task, raid_config: Config, delete_existing: bool = True
    ) -> str:
        """Make the logical disks of the step's own configuration, before an image is written.

        :raises InvalidParameterValue: the configuration is wrong.
        """
        self.validate_raid_config(task, raid_config)
        args = {"raid_config": raid_config, "delete_existing": delete_existing}
        return self._run(task, APPLY, args, describe.node(task))

    @steps.clean_step(priority=0, repeatable=True, waits=True)
    @steps.service_step(repeatable=True, waits=True)
    def delete_configuration(self, task: Task) -> str:
        """Remove all logical disks."""
        return self._run(task, DELETE, {}, describe.node(task))

    def _run(self, task: Task, name: str, args: Config, described: dict[str, Any]) -> str:
        kind = provision_states.step_kind(task.node.provision_state)
        assert kind is not None
        step = {"interface": self.interface_type, "step": name}
        return inband.execute(task, kind, step, args=args, described=described)

    def step_ended(self, task: Task, step: dict[str, Any], result: Any) -> None:
        """See the base class. Puts the configuration that the agent has made on the node."""
        if step["step"] == DELETE:
            task.node.raid_config = {}
            return
        disks = result.get("logical_disks") if isinstance(result, dict) else None
        if not disks or not all(isinstance(disk, dict) for disk in disks):
            raise exception.IronicLiteError(
                "the agent has made no logical disks. For software RAID set 'controller': 'software'; other "
                "controllers need a hardware manager in the ramdisk"
            )
        made = {**result, "last_updated": timeutils.utcnow(with_timezone=True).isoformat()}
        task.node.raid_config = made
        _record_root(task.node, disks)


def _record_root(node: Any, disks: list[Config]) -> None:
    """Make the root volume the root device, if the agent says how to find it."""
    root = next((disk for disk in disks if disk.get("is_root_volume")), None)
    if root is None or not root.get("root_device_hint"):
        return
    properties = {**node.properties, "root_device": root["root_device_hint"]}
    if isinstance(root.get("size_gb"), int):
        properties["local_gb"] = root["size_gb"]
    node.properties = properties


def _problems(disks: list[Config]) -> list[str]:
    """Return what ironic-python-agent 13 refuses of software RAID; nothing without such disks."""
    software = [disk for disk in disks if disk.get("controller") == _SOFTWARE]
    if not software:
        return []
    found = []
    if len(software) != len(disks):
        found.append("either all logical disks or none have the controller 'software'")
    if len(disks) > _MOST:
        found.append(f"software RAID takes at most {_MOST} logical disks")
    if disks[0]["raid_level"] != _FIRST_LEVEL:
        found.append(f"the first logical disk of software RAID must have raid_level {_FIRST_LEVEL}")
    for disk in disks[1:]:
        if disk["raid_level"] not in _LEVELS:
            found.append(f"software RAID has no raid_level {disk['raid_level']}")
    if sum(disk["size_gb"] == "MAX" for disk in disks) > 1:
        found.append("only one logical disk of software RAID may have size_gb MAX")
    names = [disk["volume_name"] for disk in disks if disk.get("volume_name")]
    if len(set(names)) < len(names):
        found.append("volume_name must differ between the logical disks")
    for disk in disks:
        members = disk.get("physical_disks")
        if members is not None and (
            len(members) < 2 or not all(isinstance(each, dict) for each in members)
        ):
            found.append("physical_disks of software RAID must be two or more device hints")
    return found

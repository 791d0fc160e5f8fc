# SPDX-License-Identifier: Apache-2.0
"""Changes and deletes volume connectors and targets. A server that is on may be using them."""

from typing import Any

from ironic_lite.common import exception, states
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Change
from ironic_lite.conductor.records.node_records import check_expected
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

Volume = VolumeConnector | VolumeTarget


def called(volume: Volume) -> str:
    """Return the name of the resource for messages."""
    return "volume connector" if isinstance(volume, VolumeConnector) else "volume target"


def update(task: TaskManager, volume: Volume, expected: dict[str, Any] | None = None) -> Volume:
    """See ``RecordCalls.update_volume``."""
    before = type(volume).get(task.context, volume.id)
    check_expected(f"{called(volume).capitalize()} {volume.uuid}", before, expected)
    _check_off(task, f"{called(volume)} update")
    task.ensure_locked()
    volume.save()
    return volume


def destroy(task: TaskManager, volume: Volume) -> None:
    """See ``RecordCalls.destroy_volume``."""
    if not provision_states.allows(task.node.provision_state, Change.VOLUMES):
        _check_off(task, f"{called(volume)} deletion")
    task.ensure_locked()
    volume.destroy()


def _check_off(task: TaskManager, action: str) -> None:
    power = task.node.power_state
    if power != states.POWER_OFF:
        raise exception.InvalidStateRequested(action=action, node=task.node.uuid, state=power)

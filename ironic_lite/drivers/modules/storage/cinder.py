# SPDX-License-Identifier: Apache-2.0
"""Storage interface ``cinder``: the volumes of a node's volume targets are attached and detached in Cinder.

Our attachments name the node itself as the server, so they are found again after a crash, whatever a conductor had done
when it died. Nova attaches the volumes of its instances before it deploys them, and names the instance. Whoever may set
``instance_uuid`` could name any server. So an attachment of the instance ends only with the node's instance and if the
node may use its volume, and what it says about its volume is never read.
"""

import time
from collections.abc import Iterable
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, openstack_services, states
from ironic_lite.conf import CONF
from ironic_lite.conf.cinder import GROUP
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.storage import connectors
from ironic_lite.drivers.modules.storage.cinder_client import ATTACHED, Attachment, Cinder, Volume
from ironic_lite.drivers.modules.storage.remote import RemoteStorage
from ironic_lite.objects.volume import VolumeTarget

LOG = log.getLogger(__name__)

ATTACHED_BEFORE = "has_volume_attachments"
"""Key in ``driver_internal_info``: the node may have attachments, also if its volume targets are gone."""


class CinderStorage(RemoteStorage):
    """Boots from volumes of Cinder."""

    def __init__(self) -> None:
        """Check the credentials' form.

        :raises ConfigInvalid: when ``[cinder]`` is incomplete, or openstacksdk is not installed.
        """
        openstack_services.connection(GROUP)

    def validate(self, task: Task) -> None:
        """See the base class. Does not ask Cinder."""
        connectors.validate(task)
        super().validate(task)

    def attach_volumes(self, task: Task) -> None:
        """See the base class. If one volume cannot be attached, detaches those that were attached for this attempt.

        :raises StorageError: when Cinder refuses or does not answer, or the node may not use a volume.
        """
        node, targets = task.node, task.volume_targets
        if not targets and ATTACHED_BEFORE not in node.driver_internal_info:
            return
        connector = connectors.describe(task) if targets else {}
        cinder = Cinder()
        of_nova = cinder.attachments(node.instance_uuid) if node.instance_uuid else []
        by_nova = {each.volume for each in of_nova if each.status == ATTACHED}
        wanted = {str(target.volume_id) for target in targets} - by_nova
        ours = cinder.attachments(node.uuid)
        usable = {each.volume: each.id for each in ours if _is_usable(each, wanted)}
        if ATTACHED_BEFORE not in node.driver_internal_info:
            node.set_driver_internal_info(ATTACHED_BEFORE, True)
            node.save()
        try:
            self._drop(task, cinder, [each for each in ours if each.id not in usable.values()])
            for target in targets:
                if target.volume_id in wanted:
                    self._attach(task, cinder, target, connector, usable)
        except exception.StorageError:
            # The server of an active node may be running from the volumes that were attached before.
            spared = {each.id for each in ours} if node.provision_state == states.ACTIVE else set()
            self._undo(task, cinder, spared)
            raise

    def _attach(
        self,
        task: Task,
        cinder: Cinder,
        target: VolumeTarget,
        connector: dict[str, Any],
        usable: dict[str, str],
    ) -> None:
        """Attach a volume, unless it has a usable attachment, and describe it in the target's properties."""
        node, volume = task.node, str(target.volume_id)
        if volume in usable:
            self._describe(task, cinder, target, usable[volume])
            return
        self._check_owner(node, cinder, volume)
        task.ensure_locked()
        attachment_id = cinder.reserve(volume, node.uuid)
        task.ensure_locked()
        cinder.connect(attachment_id, volume, connector)
        self._describe(task, cinder, target, attachment_id)
        task.ensure_locked()
        cinder.complete(attachment_id, volume)
        usable[volume] = attachment_id
        LOG.info("Node %s: attached volume %s", node.uuid, volume)
        _note(cinder, volume, node, "attached")

    def _describe(self, task: Task, cinder: Cinder, target: VolumeTarget, attachment: str) -> None:
        """Write into a target's properties how the server reaches the volume, unless they say so already."""
        if (target.properties or {}).get("attachment_id") == attachment:
            return
        connection = cinder.connection(attachment)
        if not connection:
            raise exception.StorageError(
                f"Cinder does not say how to reach the volume {target.volume_id}; its storage driver may not support "
                "attachments to servers outside of Nova."
            )
        task.ensure_locked()
        target.properties = {
            "volume_id": target.volume_id,
            **connection,
            "ironic_volume_uuid": target.volume_id,
            "attachment_id": attachment,
        }
        target.save()

    def _check_owner(self, node: Any, cinder: Cinder, volume_id: str) -> None:
        if not _may_use(node, cinder.volume(volume_id)):
            of = (
                f" of the project {_project(node)}, which uses node {node.uuid}"
                if _project(node)
                else ""
            )
            raise exception.StorageError(f"Cinder has no volume {volume_id}{of}.")

    def detach_volumes(self, task: Task) -> None:
        """See the base class. Repeats after failures, as ``[cinder]`` says.

        :raises StorageError: when a volume is still attached after the last attempt.
        """
        node = task.node
        if not task.volume_targets and ATTACHED_BEFORE not in node.driver_internal_info:
            return
        for left in range(CONF.cinder.action_retries, -1, -1):
            try:
                cinder = Cinder()
                self._drop(task, cinder, cinder.attachments(node.uuid))
                if node.provision_state != states.ACTIVE:
                    self._drop(task, cinder, self._of_instance(task, cinder))
                _forget(task)
                return
            except exception.StorageError as exc:
                if not left:
                    raise
                LOG.warning("Node %s: %s Trying again", node.uuid, exc.message)
                time.sleep(CONF.cinder.action_retry_interval)

    def release(self, task: Task) -> None:
        """Remove the volume targets that Nova has made for its instance. Nova leaves that to the tear-down."""
        node = task.node
        if not node.instance_uuid or node.allocation_uuid:
            return
        for target in task.volume_targets:
            # Nova writes how the volume is reached. Others leave that to this interface.
            if target.properties and "ironic_volume_uuid" not in target.properties:
                task.ensure_locked()
                target.destroy()
                LOG.info(
                    "Node %s: removed the target of volume %s, which the instance has used",
                    node.uuid,
                    target.volume_id,
                )

    def _of_instance(self, task: Task, cinder: Cinder) -> list[Attachment]:
        """Return what Nova, or Ironic before this service, has attached for the instance that ends."""
        node = task.node
        if not node.instance_uuid:
            return []
        targets = {target.volume_id for target in task.volume_targets}
        return [
            each
            for each in cinder.attachments(node.instance_uuid)
            if each.volume in targets and _may_use(node, cinder.volume(each.volume))
        ]

    def _drop(self, task: Task, cinder: Cinder, attachments: Iterable[Attachment]) -> None:
        """End attachments."""
        for attachment in attachments:
            task.ensure_locked()
            cinder.disconnect(attachment.id, attachment.volume)
            LOG.info("Node %s: detached volume %s", task.node.uuid, attachment.volume)
            _note(cinder, attachment.volume, task.node, "detached")

    def _undo(self, task: Task, cinder: Cinder, spared: set[str]) -> None:
        """End our attachments after a failure, except some. What is left is found by the next attempt."""
        try:
            found = cinder.attachments(task.node.uuid)
            self._drop(task, cinder, [each for each in found if each.id not in spared])
            if not spared:
                _forget(task)
        except exception.StorageError as exc:
            LOG.error(
                "Node %s: volumes stay attached until the node is deployed or undeployed: %s",
                task.node.uuid,
                exc.message,
            )


def _project(node: Any) -> str | None:
    """Return the project that uses the node, if its volumes are the only ones that the node may use."""
    if not CONF.cinder.only_volumes_of_the_nodes_project:
        return None
    return node.lessee or node.owner or None


def _may_use(node: Any, volume: Volume | None) -> bool:
    """Tell whether the node may use a volume: our own credentials open the volumes of all projects."""
    return volume is not None and _project(node) in (None, volume.project)


def _is_usable(attachment: Attachment, wanted: set[str]) -> bool:
    """Tell whether one of our attachments is complete, and still wanted."""
    return attachment.status == ATTACHED and attachment.volume in wanted


def _forget(task: Task) -> None:
    """Remove from our record that the node has attachments, and their credentials."""
    for target in task.volume_targets:
        # Properties that Nova or an operator wrote are left alone.
        if (target.properties or {}).get("ironic_volume_uuid") is not None:
            task.ensure_locked()
            target.properties = {}
            target.save()
    if ATTACHED_BEFORE in task.node.driver_internal_info:
        task.node.del_driver_internal_info(ATTACHED_BEFORE)
        task.node.save()


def _note(cinder: Cinder, volume: str, node: Any, action: str) -> None:
    try:
        cinder.note(volume, node, action)
    except exception.StorageError as exc:
        LOG.warning("Node %s: %s", node.uuid, exc.message)

# SPDX-License-Identifier: Apache-2.0
"""Attaches images to the virtual drives of a server."""

from typing import Any

from ironic_lite.common import exception, redaction
from ironic_lite.conductor.operations import background
from ironic_lite.conductor.task_manager import TaskManager


def attach(task: TaskManager, device_type: str, image_url: str) -> None:
    """See ``HardwareCalls.attach_virtual_media``."""
    task.driver.management.validate(task)
    complaint = f"Could not attach device {device_type} to node {task.node.uuid}"
    background.start(task, complaint, None, _attach, device_type, image_url)


def detach(task: TaskManager, device_types: list[str] | None) -> None:
    """See ``HardwareCalls.detach_virtual_media``."""
    task.driver.management.validate(task)
    which = f"device(s) {', '.join(device_types)}" if device_types else "all devices"
    complaint = f"Could not detach {which} from node {task.node.uuid}"
    background.start(task, complaint, None, _detach, device_types)


def attached(task: TaskManager) -> list[dict[str, Any]]:
    task.driver.management.validate(task)
    return task.driver.management.get_virtual_media(task)


def _attach(task: TaskManager, device_type: str, image_url: str) -> None:
    try:
        task.driver.management.attach_virtual_media(task, device_type, image_url)
    except exception.IronicLiteError as exc:
        # Not everybody who may read the error may see the image's URL.
        safe = redaction.mask_text(exc.message.replace(image_url, "the image"))
        raise type(exc)(safe, code=exc.code) from exc


def _detach(task: TaskManager, device_types: list[str] | None) -> None:
    task.driver.management.detach_virtual_media(task, device_types)

# SPDX-License-Identifier: Apache-2.0
"""The type of a node's image, recorded where Nova and operators' scripts read it.

Clients need not set it. A type that was derived for one image must not apply to the next, so the record keeps it apart.
"""

from ironic_lite.objects.node import Node

WHOLE_DISK = "whole-disk"
PARTITION = "partition"

_IS_WHOLE = "is_whole_disk_image"
_CONCLUDED = "concluded_image_type"


def record(node: Node) -> None:
    """Set ``instance_info/image_type`` and ``driver_internal_info/is_whole_disk_image`` from the node's kernel and
    ramdisk.

    An image with only one of kernel and ramdisk is left alone; the deploy interface refuses it.
    """
    info = node.instance_info
    if not info.get("image_source"):
        return
    kind = info.get("image_type")
    if kind is None or kind == node.driver_internal_info.get(_CONCLUDED):
        parts = [bool(info.get(name)) for name in ("kernel", "ramdisk")]
        if any(parts) is not all(parts):
            return
        kind = PARTITION if all(parts) else WHOLE_DISK
        node.set_instance_info("image_type", kind)
        node.set_driver_internal_info(_CONCLUDED, kind)
    node.set_driver_internal_info(_IS_WHOLE, kind != PARTITION)


def forget(node: Node) -> None:
    """Remove the record of the image, when the node loses its instance."""
    node.del_driver_internal_info(_IS_WHOLE)
    node.del_driver_internal_info(_CONCLUDED)

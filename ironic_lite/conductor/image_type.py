# SPDX-License-Identifier: Apache-2.0
"""Whether the image of a node is one of a whole disk: recorded where Nova and scripts of operators look for it.

Who deploys need not say it. What was concluded for one image does not hold for the next, so it is noted beside.
"""

from ironic_lite.objects.node import Node

WHOLE_DISK = "whole-disk"
PARTITION = "partition"

_IS_WHOLE = "is_whole_disk_image"
_CONCLUDED = "concluded_image_type"


def record(node: Node) -> None:
    """Set ``instance_info/image_type`` and ``driver_internal_info/is_whole_disk_image`` by what the image comes with.

    An image that is told of by halves is left to the deploy interface, which refuses it.
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
    """The instance goes, and its image with it."""
    node.del_driver_internal_info(_IS_WHOLE)
    node.del_driver_internal_info(_CONCLUDED)

# SPDX-License-Identifier: Apache-2.0
"""An instance that lives in a server's memory: a kernel with a ramdisk, or an ISO image."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers import node_images
from ironic_lite.drivers.modules.pxe import kernel_args, scripts

ISO = "boot_iso"
_FILES = ("kernel", "ramdisk")
_ARGUMENTS = "ramdisk_kernel_arguments"


def images(node: Any) -> dict[str, str]:
    """Return the references of the images to boot from ``instance_info``: ``kernel`` and ``ramdisk``, or ``boot_iso``.

    :raises MissingParameterValue: when all of them are missing, or one of kernel and ramdisk is.
    :raises InvalidParameterValue: when a URL cannot be used in a boot script, or boot_iso is set with the others.
    """
    info = node.instance_info
    if info.get(ISO):
        both = [name for name in _FILES if info.get(name)]
        if both:
            raise exception.InvalidParameterValue(
                err=f"instance_info has boot_iso as well as {' and '.join(both)}; remove one of the two."
            )
        return {ISO: kernel_args.check_image(info[ISO], f"instance_info/{ISO}")}
    if not any(info.get(name) for name in _FILES):
        raise exception.MissingParameterValue(
            err=f"Node {node.uuid} is deployed with a ramdisk, but its instance_info names none: set kernel and "
            "ramdisk, or boot_iso, to http or https URLs or other images."
        )
    return {
        name: kernel_args.check_image(info.get(name), f"instance_info/{name}") for name in _FILES
    }


def script(node: Any) -> str:
    """Return the boot script of the instance.

    :raises: what :func:`images`, :func:`arguments` and ``node_images.url`` raise.
    """
    files = {name: node_images.url(node, name) for name in images(node)}
    if ISO in files:
        return scripts.iso(node.uuid, files[ISO])
    return scripts.kernel_and_ramdisk(
        node.uuid, "instance's ramdisk", arguments=arguments(node), **files
    )


def arguments(node: Any) -> list[str]:
    """Return the kernel arguments of the instance: its own, then the node's or the configured ones.

    :raises InvalidParameterValue: when one cannot be used in a boot script.
    """
    own = node.instance_info.get(_ARGUMENTS) or ""
    return [
        "root=/dev/ram0",
        "text",
        *kernel_args.parse(own, f"instance_info/{_ARGUMENTS}"),
        *kernel_args.of(node, "instance_info", "driver_info"),
    ]

# SPDX-License-Identifier: Apache-2.0
"""An instance that lives in a server's memory: a kernel with a ramdisk, or an ISO image."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers.modules.pxe import kernel_args, scripts

ISO = "boot_iso"
_FILES = ("kernel", "ramdisk")
_ARGUMENTS = "ramdisk_kernel_arguments"


def urls(node: Any) -> dict[str, str]:
    """What ``instance_info`` names to boot: ``kernel`` and ``ramdisk``, or ``boot_iso``.

    :raises MissingParameterValue: when it is nothing, or half of it.
    :raises InvalidParameterValue: when a URL cannot stand in a boot script, or it is both.
    """
    info = node.instance_info
    if info.get(ISO):
        both = [name for name in _FILES if info.get(name)]
        if both:
            raise exception.InvalidParameterValue(
                err=f"instance_info has boot_iso as well as {' and '.join(both)}; remove what is not to be booted."
            )
        return {ISO: kernel_args.check_url(info[ISO], f"instance_info/{ISO}")}
    if not any(info.get(name) for name in _FILES):
        raise exception.MissingParameterValue(
            err=f"Node {node.uuid} is deployed with a ramdisk, and its instance_info names none: set kernel and "
            "ramdisk, or boot_iso, to http or https URLs."
        )
    return {name: kernel_args.check_url(info.get(name), f"instance_info/{name}") for name in _FILES}


def script(node: Any) -> str:
    """The boot script of the instance.

    :raises: what :func:`urls` and :func:`arguments` raise.
    """
    files = urls(node)
    if ISO in files:
        return scripts.iso(node.uuid, files[ISO])
    return scripts.kernel_and_ramdisk(
        node.uuid, "instance's ramdisk", arguments=arguments(node), **files
    )


def arguments(node: Any) -> list[str]:
    """Kernel arguments of the instance: its own, and those of the node or of the service. An ISO image brings its own.

    :raises InvalidParameterValue: when they cannot stand in a boot script.
    """
    own = node.instance_info.get(_ARGUMENTS) or ""
    return [
        "root=/dev/ram0",
        "text",
        *kernel_args.parse(own, f"instance_info/{_ARGUMENTS}"),
        *kernel_args.of(node, "instance_info", "driver_info"),
    ]

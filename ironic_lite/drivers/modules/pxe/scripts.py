# SPDX-License-Identifier: Apache-2.0
"""The iPXE scripts of nodes. The values in them are checked before: see :mod:`kernel_args`."""

_KERNEL_AND_RAMDISK = """#!ipxe
# node {node}: {what}
kernel --name kernel {kernel} {arguments} initrd=ramdisk || goto failed
initrd --name ramdisk {ramdisk} || goto failed
boot || goto failed
:failed
echo The {what} of node {node} did not load; trying again in 10 seconds.
sleep 10
reboot
"""

_UNKNOWN_SERVER = """#!ipxe
# no node is known for this server: its hardware is inspected
kernel --name kernel {kernel} {arguments} initrd=ramdisk || goto failed
initrd --name ramdisk {ramdisk} || goto failed
boot || goto failed
:failed
echo The ramdisk for unknown servers did not load; continuing with the next boot device.
imgfree
exit
"""

_ISO = """#!ipxe
# node {node}: ISO image of its instance
sanboot --no-describe {url} || goto failed
:failed
echo The ISO image of node {node} did not boot; trying again in 10 seconds.
sleep 10
reboot
"""

_VOLUME = """#!ipxe
# node {node}: volume of its instance
{commands}
sanboot --no-describe --drive 0x80 || goto failed
:failed
echo The volume of node {node} did not boot; trying again in 10 seconds.
sleep 10
reboot
"""

_DISK = """#!ipxe
# node {node}: next boot device
exit
"""


def kernel_and_ramdisk(
    node: str, what: str, kernel: str, ramdisk: str, arguments: list[str]
) -> str:
    """Return the script that boots a kernel and a ramdisk (URLs); the console shows ``what`` it is."""
    return _KERNEL_AND_RAMDISK.format(
        node=node, what=what, kernel=kernel, ramdisk=ramdisk, arguments=" ".join(arguments)
    )


def unknown_server(kernel: str, ramdisk: str, arguments: list[str]) -> str:
    """Return the script for a server that no node is known for, with the URLs of kernel and ramdisk."""
    return _UNKNOWN_SERVER.format(kernel=kernel, ramdisk=ramdisk, arguments=" ".join(arguments))


def iso(node: str, url: str) -> str:
    """Return the script that boots an ISO image as a disk."""
    return _ISO.format(node=node, url=url)


def volume(node: str, commands: list[str]) -> str:
    """Return the script that boots the SAN drive 0x80 after the commands that connect it, and more drives."""
    return _VOLUME.format(node=node, commands="\n".join(commands))


def disk(node: str) -> str:
    """Return the script that continues with the next boot device."""
    return _DISK.format(node=node)

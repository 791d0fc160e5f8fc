# SPDX-License-Identifier: Apache-2.0
"""The iPXE scripts of nodes. The values in them are checked before: see :mod:`kernel_args`.

If something does not load, the script reports it to the API, with the number of iPXE's error. A ramdisk is tried again
with a new script, because its URLs may have been corrected; after some failures the server reboots, which also starts
its NIC anew.
"""

from ironic_lite.drivers import api_address

_KERNEL_AND_RAMDISK = """#!ipxe
# node {node}: {what}
set part kernel
kernel --name kernel {kernel} {arguments} initrd=ramdisk || goto failed
set part ramdisk
initrd --name ramdisk {ramdisk} || goto failed
set part kernel
boot || goto failed
:failed
set error ${{errno:hexraw}}
echo The {what} of node {node} did not load (${{part}}); trying again in 10 seconds.
imgfree ||
imgfetch --name report {failed}?part=${{part}}&error=${{error}} ||
imgfree ||
sleep 10
isset ${{failures}} || set failures:int32 0
inc failures
iseq ${{failures}} 5 && reboot ||
chain --replace --autofree {script} || reboot
"""

_UNKNOWN_SERVER = """#!ipxe
# no node is known for this server: its hardware is inspected
{choice}kernel --name kernel ${{discovery-kernel}} {arguments} initrd=ramdisk || goto failed
initrd --name ramdisk ${{discovery-ramdisk}} || goto failed
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
set error ${{errno:hexraw}}
echo The ISO image of node {node} did not boot; trying again in 10 seconds.
imgfetch --name report {failed}?part=iso&error=${{error}} ||
sleep 10
reboot
"""

_VOLUME = """#!ipxe
# node {node}: volume of its instance
{commands}
sanboot --no-describe --drive 0x80 || goto failed
:failed
set error ${{errno:hexraw}}
echo The volume of node {node} did not boot; trying again in 10 seconds.
imgfetch --name report {failed}?part=volume&error=${{error}} ||
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
        node=node,
        what=what,
        kernel=kernel,
        ramdisk=ramdisk,
        arguments=" ".join(arguments),
        script=_script(),
        failed=_failed(),
    )


def unknown_server(
    images: dict[str, str], others: dict[str, dict[str, str]], arguments: list[str]
) -> str:
    """Return the script for a server that no node is known for.

    :param images: the URLs of ``kernel`` and ``ramdisk``.
    :param others: the same by the architecture that iPXE is built for.
    """
    lines = [f"set discovery-{part} {url}\n" for part, url in images.items()]
    lines += [
        f"iseq ${{buildarch}} {built} && set discovery-{part} {url} ||\n"
        for built, pair in others.items()
        for part, url in pair.items()
    ]
    return _UNKNOWN_SERVER.format(choice="".join(lines), arguments=" ".join(arguments))


def iso(node: str, url: str) -> str:
    """Return the script that boots an ISO image as a disk."""
    return _ISO.format(node=node, url=url, failed=_failed())


def volume(node: str, commands: list[str]) -> str:
    """Return the script that boots the SAN drive 0x80 after the commands that connect it, and more drives."""
    return _VOLUME.format(node=node, commands="\n".join(commands), failed=_failed())


def disk(node: str) -> str:
    """Return the script that continues with the next boot device."""
    return _DISK.format(node=node)


def _script() -> str:
    return f"{api_address.url()}/boot/${{mac:hexhyp}}"


def _failed() -> str:
    return f"{_script()}/failed"

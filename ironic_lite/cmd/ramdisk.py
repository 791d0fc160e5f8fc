# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite ramdisk``: builds ramdisks with the agent, and lists those that were built."""

import argparse
import platform
import signal
import time
from pathlib import Path
from typing import NoReturn

from ironic_lite.cmd import arguments
from ironic_lite.ramdisk import builder, manifest
from ironic_lite.ramdisk.recipe import ARCHITECTURES, MIRROR, SECURITY_MIRROR, Recipe

_MIB = 1 << 20


def main(argv: list[str]) -> int:
    """Run one of the commands; the configuration has been read already.

    :returns: the exit status: 0.
    :raises IronicLiteError: with a message for the user.
    """
    parser = arguments.parser("ramdisk", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_build(commands.add_parser("build", help="build a kernel and an initramfs with the agent"))
    commands.add_parser("list", help="list the ramdisks that were built here")
    given = parser.parse_args(argv)
    if given.command == "build":
        return _build(given)
    return _list()


def _add_build(parser: argparse.ArgumentParser) -> None:
    own = platform.machine()
    parser.add_argument(
        "--architecture",
        choices=sorted(ARCHITECTURES),
        default=own if own in ARCHITECTURES else "x86_64",
        help="of the servers (default: %(default)s)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="directory for the ramdisk (default: [DEFAULT] state_path/ramdisks/ARCHITECTURE)",
    )
    parser.add_argument(
        "--cache", type=Path, help="directory for downloads (default: .cache beside the ramdisk)"
    )
    parser.add_argument(
        "--package",
        action="append",
        default=[],
        help="one more package of Debian; may be given several times",
    )
    parser.add_argument(
        "--firmware",
        action="store_true",
        help="add firmware for network and storage devices from Debian's non-free-firmware",
    )
    parser.add_argument(
        "--no-ipmi",
        action="store_true",
        help="leave ipmitool out: the agent then does not report the BMC's address, and starts up to 10 s earlier",
    )
    parser.add_argument(
        "--certificate",
        action="append",
        default=[],
        type=Path,
        help="PEM file of an authority that the agent trusts; may be given several times",
    )
    parser.add_argument(
        "--ssh-key",
        action="append",
        default=[],
        type=Path,
        help="file with public SSH keys that log in as root; may be given several times",
    )
    parser.add_argument("--mirror", default=MIRROR, type=arguments.url, help="server with Debian")
    parser.add_argument(
        "--security-mirror",
        default=SECURITY_MIRROR,
        type=arguments.url,
        help="server with Debian's security updates",
    )


def _build(given: argparse.Namespace) -> int:
    architecture = ARCHITECTURES[given.architecture]
    recipe = Recipe(
        architecture,
        packages=tuple(given.package),
        firmware=given.firmware,
        ipmi=not given.no_ipmi,
        certificates=tuple(given.certificate),
        ssh_keys=tuple(given.ssh_key),
        mirror=given.mirror,
        security_mirror=given.security_mirror,
    )
    directory = given.output or manifest.home() / architecture.name
    signal.signal(signal.SIGTERM, _interrupt)
    begun = time.monotonic()

    def report(line: str) -> None:
        print(f"[{time.monotonic() - begun:4.0f} s] {line}", flush=True)

    made = builder.build(recipe, directory, given.cache or directory.parent / ".cache", report)
    report(
        f"done: kernel {made.kernel}, agent {made.agent}; initramfs {made.sizes[manifest.INITRAMFS] / _MIB:.0f} MiB, "
        f"unpacked {made.unpacked / _MIB:.0f} MiB"
    )
    print(directory / manifest.KERNEL)
    print(directory / manifest.INITRAMFS)
    return 0


def _interrupt(*_args: object) -> NoReturn:
    raise KeyboardInterrupt


def _list() -> int:
    found = list(manifest.built(manifest.home()))
    if not found:
        print(
            f"There is no ramdisk in {manifest.home()}. Build one with: ironic-lite ramdisk build"
        )
    for directory in found:
        made = manifest.read(directory)
        options = ", ".join(f"{name}={value}" for name, value in made.options.items())
        print(
            f"{directory}: {made.architecture}, kernel {made.kernel}, agent {made.agent}, built {made.built_at}"
            f"{f', {options}' if options else ''}"
        )
    return 0

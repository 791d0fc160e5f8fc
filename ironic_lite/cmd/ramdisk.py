# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite ramdisk``: builds ramdisks with the agent, and says what others lack."""

import argparse
import json
import platform
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from ironic_lite.cmd import arguments
from ironic_lite.cmd.remote_file import RemoteFile
from ironic_lite.common import safe_text
from ironic_lite.ramdisk import builder, locking, manifest
from ironic_lite.ramdisk.checking import archives, flows
from ironic_lite.ramdisk.recipe import ARCHITECTURES, MIRROR, SECURITY_MIRROR, Recipe

_MIB = 1 << 20


def main(argv: list[str]) -> int:
    """Run one of the commands; the configuration has been read already.

    :returns: the exit status: 0, or 1 when ``check`` finds that something is missing.
    :raises IronicLiteError: with a message for the user.
    """
    parser = arguments.parser("ramdisk", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_build(commands.add_parser("build", help="build a kernel and an initramfs with the agent"))
    check = commands.add_parser("check", help="look into a ramdisk, and say what it lacks for what")
    check.add_argument(
        "what",
        metavar="PATH",
        help="directory with kernel and initramfs, one of the files, or a tar archive with both; or the URL of a file",
    )
    check.add_argument(
        "--flow",
        action="append",
        choices=list(flows.FLOWS),
        help="check only what this needs; may be given several times (default: everything but burn-in)",
    )
    check.add_argument("--json", action="store_true", help="print JSON")
    commands.add_parser("list", help="list the ramdisks that were built here")
    given = parser.parse_args(argv)
    match given.command:
        case "build":
            return _build(given)
        case "check":
            return _check(given)
        case _:
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
    parser.add_argument(
        "--lock",
        type=Path,
        help="a ramdisk that was built before: the versions of its packages are installed where the mirrors still have "
        "them, and what differs is printed",
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
    lock = locking.read(given.lock, architecture) if given.lock else None
    recipe = Recipe(
        architecture,
        packages=tuple(given.package),
        firmware=given.firmware,
        ipmi=not given.no_ipmi,
        certificates=tuple(given.certificate),
        ssh_keys=tuple(given.ssh_key),
        mirror=given.mirror,
        security_mirror=given.security_mirror,
        lock=lock.debian if lock else {},
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
    if lock:
        differences = locking.differences(lock, made)
        print("The content is that of the lock." if not differences else "Other than in the lock:")
        for line in differences:
            print(f"  {line}")
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


def _check(given: argparse.Namespace) -> int:
    found = _look_into(given.what)
    wanted = given.flow or [name for name in flows.FLOWS if name != "burn-in"]
    answers = {
        name: lacks for name, lacks in flows.missing(found.ramdisk).items() if name in wanted
    }
    if given.json:
        print(json.dumps({**_facts(found), "missing": answers}, indent=2))
    else:
        for line in (*_described(found), *(_answer(*each) for each in answers.items())):
            print(safe_text.one_line(line))
    return 1 if any(answers.values()) else 0


def _look_into(what: str) -> archives.Found:
    if not what.startswith(("http://", "https://")):
        return archives.look_into(Path(what))
    with RemoteFile(what) as file:
        return archives.look_into_stream(file, file.shown)


def _facts(found: archives.Found) -> dict[str, object]:
    facts: dict[str, object] = {}
    if found.kernel:
        facts["kernel"] = {"file": found.kernel_name, **asdict(found.kernel)}
    if found.initramfs:
        facts["initramfs"] = {
            "file": found.initramfs_name,
            "compressions": found.initramfs.compressions,
            "unpacked": found.initramfs.unpacked,
            "files": len(found.initramfs.modes),
            "architecture": found.ramdisk.architecture,
            "agent": found.ramdisk.agent,
            "modules": found.ramdisk.module_versions,
        }
    return facts


def _described(found: archives.Found) -> Iterator[str]:
    if found.kernel:
        signer = found.kernel.signer
        yield (
            f"Kernel in {found.kernel_name}: Linux {found.kernel.version or 'of an unknown version'}, "
            f"{found.kernel.architecture or 'unknown architecture'}, "
            f"{f'signed by {signer}' if signer else 'not signed'}"
        )
    if found.initramfs:
        modules = ", ".join(found.ramdisk.module_versions) or "no kernel"
        kinds = ", ".join(each or "not compressed" for each in found.initramfs.compressions)
        yield (
            f"Initramfs in {found.initramfs_name}: {kinds}; {found.initramfs.unpacked / _MIB:.0f} MiB unpacked, "
            f"{len(found.initramfs.modes)} files, {found.ramdisk.architecture or 'no programs'}, "
            f"agent {found.ramdisk.agent or 'none'}, modules of {modules}"
        )


def _answer(flow: str, lacks: list[str]) -> str:
    return f"{flow + ':':<23}{'missing: ' + ', '.join(lacks) if lacks else 'ok'}"

# SPDX-License-Identifier: Apache-2.0
"""Has Debian's tools make a system of packages, as a tar archive: mmdebstrap where it is installed, else debootstrap.

Packages that were downloaded once stay in a cache. Both tools end with ``data/finish``, inside the new system.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from ironic_lite.ramdisk import overlay
from ironic_lite.ramdisk.failures import RamdiskError
from ironic_lite.ramdisk.recipe import RELEASE, Recipe

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

_PATIENCE = 3 * 3600
"""Seconds for downloading and installing the packages, on an emulated processor too."""

_GRACE = 10
"""Seconds for the tools to clean up when the build is interrupted."""

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_DEBOOTSTRAP = f"""\
set -eu
exec 3>&1 >&2
system=$1 additions=$2 cache=$3 preferences=$4 architecture=$5 mirror=$6 finish=$7 sources=$8
shift 8
debootstrap --variant=minbase --arch="$architecture" --keyring={KEYRING} --cache-dir="$cache" \\
    --include=ca-certificates {RELEASE} "$system" "$mirror"
printf '%s\\n' "$sources" >"$system/etc/apt/sources.list"
cp "$preferences" "$system/etc/apt/preferences.d/"
cp /etc/resolv.conf "$system/etc/resolv.conf"
mkdir -p "$cache/partial"
mount --bind "$cache" "$system/var/cache/apt/archives"
export DEBIAN_FRONTEND=noninteractive
apt="apt-get --quiet --yes --no-install-recommends --allow-downgrades"
apt="$apt --option Dpkg::Options::=--force-unsafe-io --option APT::Keep-Downloaded-Packages=true"
chroot "$system" apt-get --quiet update
chroot "$system" $apt dist-upgrade
chroot "$system" $apt install "$@"
tar -C "$system" -xf "$additions"
chroot "$system" /bin/sh -c "$finish"
umount "$system/var/cache/apt/archives"
tar -C "$system" --one-file-system --sort=name -cf - . >&3
"""
"""Needs root; the system goes to standard output."""

_CAUSES = (
    (
        re.compile(r"No space left on device"),
        "the disk is full. Free some space, or choose another place with --output and --cache",
    ),
    (
        re.compile(
            r"Could not resolve '?([^' \n]+)|Could not connect to (\S+)|Cannot initiate the connection to (\S+)"
            r"|Unable to connect to (\S+)"
        ),
        "Debian's packages cannot be reached. Check the network of this machine; apt's proxy is taken from the "
        "environment variable http_proxy, and --mirror names another server",
    ),
    (
        re.compile(
            r"Unable to locate package (\S+)|Package '?(\S+?)'? has no installation candidate"
        ),
        "Debian has no such package. Look for the right name on https://packages.debian.org",
    ),
    (
        re.compile(
            r"NO_PUBKEY|not signed|Missing key|sqv returned an error|public key is not available"
        ),
        "the signature of the package lists cannot be checked. Upgrade the package debian-archive-keyring",
    ),
)


def tool() -> str:
    """Return the tool that will be used.

    :raises RamdiskError: if there is none that this user can use, with the command that installs it.
    """
    if _program("mmdebstrap"):
        found = "mmdebstrap"
    elif _program("debootstrap") and os.geteuid() == 0:
        found = "debootstrap"
    else:
        more = " uidmap" if os.geteuid() else ""
        raise RamdiskError(
            f"mmdebstrap is not installed. Install it with: apt-get install mmdebstrap debian-archive-keyring{more}"
        )
    if not KEYRING.exists():
        raise RamdiskError(
            "The keys of Debian's packages are not installed. Install them with: apt-get install debian-archive-keyring"
        )
    return found


def make(recipe: Recipe, additions: Path, archive: Path, cache: Path, log: Path) -> None:
    """Install the packages and the additions, and write the system into an archive.

    :param additions: a tar archive that is unpacked over the packages.
    :param cache: a directory for Debian's package files.
    :param log: gets the output of all tools.
    :raises RamdiskError: with the probable cause, if a tool fails.
    """
    cache.mkdir(parents=True, exist_ok=True)
    preferences = archive.with_name("ramdisk-lock")
    preferences.write_text(recipe.preferences)
    if tool() == "mmdebstrap":
        argv = _mmdebstrap(recipe, additions, cache, preferences)
    else:
        argv = _debootstrap(recipe, additions, cache, preferences)
    environment = {**os.environ, "PATH": f"{_SYSTEM_PATH}:{os.environ.get('PATH', '')}"}
    # Dates in /etc/shadow; the order of sets in compiled Python.
    environment |= {"SOURCE_DATE_EPOCH": "1767225600", "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
    if os.geteuid() == 0:
        environment["TMPDIR"] = str(archive.parent)
    with archive.open("wb") as output, log.open("ab") as messages:
        process = subprocess.Popen(  # noqa: S603
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=messages,
            env=environment,
            start_new_session=True,
        )
        try:
            status = process.wait(_PATIENCE)
        except subprocess.TimeoutExpired as late:
            raise RamdiskError(
                f"{argv[0]} took more than {_PATIENCE / 3600:g} h. Its output is in {log}."
            ) from late
        finally:
            if process.poll() is None:
                _end(process)
    if status:
        raise RamdiskError(_failure(argv[0], log))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a tool and all that it has started; it may clean up first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    process.wait()


def _mmdebstrap(recipe: Recipe, additions: Path, cache: Path, preferences: Path) -> list[str]:
    """Return the command. mmdebstrap chooses by itself how to become root of the new system."""
    additions_given, cache_given = shlex.quote(str(additions)), shlex.quote(str(cache))
    return [
        "mmdebstrap",
        "--variant=apt",
        "--format=tar",
        f"--architectures={recipe.architecture.debian}",
        f"--include={','.join(recipe.all_packages)}",
        f"--keyring={KEYRING}",
        "--dpkgopt=force-unsafe-io",
        '--aptopt=APT::Install-Recommends "false"',
        '--aptopt=Acquire::Retries "3"',
        # Keep the downloaded packages until they are in the cache.
        "--skip=download/empty",
        "--skip=essential/unlink",
        '--setup-hook=mkdir -p "$1"/var/cache/apt/archives/partial',
        f"--setup-hook=sync-in {cache_given} /var/cache/apt/archives/",
        f"--setup-hook=copy-in {shlex.quote(str(preferences))} /etc/apt/preferences.d/",
        f"--customize-hook=tar-in {additions_given} /",
        f'--customize-hook=chroot "$1" /bin/sh {_finish(recipe)}',
        f"--customize-hook=sync-out /var/cache/apt/archives {cache_given}",
        RELEASE,
        "-",
        *recipe.sources,
    ]


def _debootstrap(recipe: Recipe, additions: Path, cache: Path, preferences: Path) -> list[str]:
    """Return the command, in a mount namespace of its own: what it mounts ends with it."""
    return [
        *("unshare", "--mount", "--propagation=private", "/bin/sh", "-c", _DEBOOTSTRAP),
        *("debootstrap", str(additions.with_name("system")), str(additions), str(cache)),
        *(str(preferences), recipe.architecture.debian, recipe.mirror, _finish(recipe)),
        *("\n".join(recipe.sources), *recipe.all_packages),
    ]


def _finish(recipe: Recipe) -> str:
    return f"/{overlay.BUILD}/finish {recipe.architecture.kernel_package} '{recipe.locked_kernel}'"


def _failure(program: str, log: Path) -> str:
    said = log.read_text(errors="replace")[-20_000:]
    for sign, cause in _CAUSES:
        found = sign.search(said)
        if found:
            about = next((f" ({each})" for each in found.groups() if each), "")
            return f"The ramdisk could not be built: {cause}{about}. The output of the tools is in {log}."
    errors = [line for line in said.splitlines() if line.startswith("E: ")]
    last = errors[-1].removeprefix("E: ") if errors else f"{program} failed"
    return f"The ramdisk could not be built: {last}. The output of the tools is in {log}."


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}")

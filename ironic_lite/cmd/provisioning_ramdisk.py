# SPDX-License-Identifier: Apache-2.0
"""Which ramdisk servers boot under ``ironic-lite up --provision``: what is configured, else what was built here.

Unless the options are set, unknown servers are discovered: they boot the ramdisk, and become nodes.
"""

import os
from pathlib import Path

from oslo_config import cfg

from ironic_lite.api.images.ramdisks import PREFIX
from ironic_lite.common import sudo
from ironic_lite.conf import CONF
from ironic_lite.ramdisk import manifest
from ironic_lite.ramdisk.failures import RamdiskError

_NONE = (
    "There is no ramdisk, so servers cannot be inspected or deployed: run 'ironic-lite ramdisk build', then start this "
    "again; or set [conductor] deploy_kernel and deploy_ramdisk."
)
_FILES = {"kernel": manifest.KERNEL, "ramdisk": manifest.INITRAMFS}


def home() -> Path:
    """Return the directory of built ramdisks: of this user, else of who called sudo.

    To build one needs no root, so it may well be in the home directory of another user.
    """
    own = manifest.home()
    where = CONF.get_location("state_path")
    is_chosen = where is not None and where.location.is_user_controlled
    if any(manifest.built(own)) or os.geteuid() or is_chosen:
        return own
    try:
        user = sudo.caller()
    except KeyError:
        return own
    if user is None:
        return own
    return Path(str(CONF.state_path).replace("~", user.pw_dir, 1)) / own.name


def choose(api_url: str, directory: Path) -> None:
    """Set the options of ramdisks and discovery that nobody has set; say which ramdisk there is.

    :param api_url: where servers reach the API.
    :param directory: of built ramdisks.
    """
    if not _is_configured():
        found = _newest_first(directory)
        if not found:
            print(_NONE, flush=True)
            return
        for one in found:
            print(
                f"Ramdisk for {one.architecture}: built {one.built_at}, agent {one.agent}",
                flush=True,
            )
        for kind in ("deploy", "rescue"):
            for part, name in _FILES.items():
                urls = {
                    one.architecture: f"{api_url.rstrip('/')}{PREFIX}{one.architecture}/{name}"
                    for one in found
                }
                CONF.set_override(f"{kind}_{part}", urls[found[0].architecture], "conductor")
                CONF.set_override(f"{kind}_{part}_by_arch", urls, "conductor")
    _suggest("enabled", True, "auto_discovery")
    # A server that boots with a BIOS would not boot what was deployed for UEFI.
    _suggest("hooks", f"{CONF.inspector.default_hooks},boot-mode,cpus,memory", "inspector")
    # For servers without a BMC.
    if "manual-management" in CONF.enabled_hardware_types:
        _suggest("driver", "manual-management", "auto_discovery")


def _is_configured() -> bool:
    """Whether some option names a ramdisk: then all of them are the operator's."""
    options = CONF.conductor
    names = [f"{kind}_{part}" for kind in ("deploy", "rescue") for part in _FILES]
    return any(options[name] or options[f"{name}_by_arch"] for name in names)


def _newest_first(home: Path) -> list[manifest.Manifest]:
    found = []
    for directory in manifest.built(home):
        try:
            one = manifest.read(directory)
        except RamdiskError as exc:
            print(f"Not used: {exc.message}", flush=True)
            continue
        # Its URLs have the directory's name.
        if directory.name == one.architecture:
            found.append(one)
    return sorted(found, key=lambda one: one.built_at, reverse=True)


def _suggest(name: str, value: object, group: str) -> None:
    """Set an option that is not set anywhere."""
    where = CONF.get_location(name, group)
    if where is None or where.location is cfg.Locations.opt_default:
        CONF.set_override(name, value, group)

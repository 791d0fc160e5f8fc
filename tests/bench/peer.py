# SPDX-License-Identifier: Apache-2.0
"""Upstream ironic for the comparison: its virtual environment, configuration and launcher.

To run it in the foreground:

    python -m tests.bench.peer --venv .bench/peer --port 16385
"""

from __future__ import annotations

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

from tests.bench.server import HOST, Launch, ServerError, free_port

REQUIREMENT = "ironic>=39.0,<40"
DEFAULT_VENV = pathlib.Path(".bench/peer")

_CONF = """\
[DEFAULT]
host = bench
my_ip = {host}
state_path = {home}
auth_strategy = noauth
rpc_transport = none
enabled_hardware_types = {hardware_types}
{interfaces}
[database]
connection = sqlite:///{home}/ironic.sqlite

[api]
host_ip = {host}
port = {port}

[service_catalog]
endpoint_override = http://{host}:{port}

[conductor]
sync_power_state_interval = {sync_power_state_interval}

[pxe]
tftp_root = {home}/tftpboot
tftp_master_path = {home}/tftpboot/master_images
images_path = {home}/images
instance_master_path = {home}/images/master_images

[deploy]
http_url = http://{host}:1
http_root = {home}/httpboot
"""

# Interfaces for fake-hardware, and additional ones for ipmi and manual-management.
FAKE_INTERFACES = {
    "bios": "fake,no-bios",
    "boot": "fake",
    "console": "fake,no-console",
    "deploy": "fake",
    "firmware": "fake,no-firmware",
    "inspect": "fake,no-inspect",
    "management": "fake",
    "network": "noop",
    "power": "fake",
    "raid": "fake,no-raid",
    "rescue": "fake,no-rescue",
    "storage": "noop,fake",
    "vendor": "fake,no-vendor",
}
_MORE_INTERFACES = {
    "boot": "ipxe,pxe",
    "deploy": "direct,ramdisk",
    "inspect": "agent",
    "management": "ipmitool,noop",
    "power": "ipmitool",
    "raid": "agent",
    "rescue": "agent",
    "vendor": "ipmitool",
}


def install(venv: pathlib.Path) -> pathlib.Path:
    """Create the virtual environment with upstream ironic, unless it exists; return its bin directory.

    Raises ServerError if pip cannot install upstream ironic.
    """
    bindir = (venv / "bin").absolute()
    if (bindir / "ironic").exists():
        return bindir
    print(f"installing {REQUIREMENT} into {venv} (first use only)", file=sys.stderr, flush=True)
    pip = [str(bindir / "python"), "-m", "pip", "install", "--quiet", REQUIREMENT]
    for argv in ([sys.executable, "-m", "venv", str(venv)], pip):
        if subprocess.run(argv, stdout=sys.stderr, check=False).returncode:
            raise ServerError(f"cannot install upstream ironic: {' '.join(argv)} failed")
    return bindir


def version(bindir: pathlib.Path) -> str:
    """Return the version of the installed upstream ironic."""
    code = "import importlib.metadata as m; print(m.version('ironic'))"
    done = subprocess.run([str(bindir / "python"), "-c", code], capture_output=True, check=True)
    return done.stdout.decode().strip()


def prepare(
    bindir: pathlib.Path,
    home: pathlib.Path,
    port: int,
    *,
    sync_power_state_interval: int = 60,
    more: bool = False,
) -> Launch:
    """Write the configuration, create the schema and return how to start upstream.

    :param home: an existing directory for the database, the configuration and the log
    :param sync_power_state_interval: seconds
    :param more: enable ipmi and manual-management beside fake-hardware
    :raises ServerError: if the schema cannot be created
    """
    for name in ("tftpboot", "images", "httpboot"):
        (home / name).mkdir(exist_ok=True)
    interfaces = dict(FAKE_INTERFACES)
    if more:
        for kind, names in _MORE_INTERFACES.items():
            interfaces[kind] += f",{names}"
    conf = home / "ironic.conf"
    conf.write_text(
        _CONF.format(
            host=HOST,
            home=home,
            port=port,
            hardware_types="fake-hardware" + (",ipmi,manual-management" if more else ""),
            interfaces="".join(
                f"enabled_{kind}_interfaces = {names}\n" for kind, names in interfaces.items()
            ),
            sync_power_state_interval=sync_power_state_interval,
        )
    )
    # `upgrade` fails on an empty database.
    argv = [str(bindir / "ironic-dbsync"), "--config-file", str(conf), "create_schema"]
    if not (home / "ironic.sqlite").exists():
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"ironic-dbsync create_schema failed:\n{done.stderr}")
    argv = [str(bindir / "ironic"), "--config-file", str(conf)]
    return Launch("ironic", argv, home, port, home / "ironic.sqlite")


def main() -> None:
    """Run upstream in the foreground until it is interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--venv", type=pathlib.Path, default=DEFAULT_VENV)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--home", type=pathlib.Path, help="directory to keep; default: a new one")
    args = parser.parse_args()
    home = args.home or pathlib.Path(tempfile.mkdtemp(prefix="ironic-peer-"))
    home.mkdir(parents=True, exist_ok=True)
    try:
        bindir = install(args.venv)
        launch = prepare(bindir, home.absolute(), args.port or free_port(), more=True)
    except ServerError as exc:
        parser.exit(1, f"{exc}\n")
    print(f"http://{HOST}:{launch.port} in {home}", flush=True)
    os.execv(launch.argv[0], launch.argv)


if __name__ == "__main__":
    main()

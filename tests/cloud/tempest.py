# SPDX-License-Identifier: Apache-2.0
"""Runs tempest's tests of Ironic against the cloud, in a workspace of its own."""

import re
import shlex
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.cloud.composition import Cloud
from tests.functional.servers import openstack_settings
from tests.functional.servers.keystone import PASSWORD
from tests.functional.servers.openstack_environment import TEMPEST
from tests.functional.servers.openstack_settings import Settings
from tests.waiting import patience

_LINE = re.compile(
    r"^\{\d+\} (?P<test>\S+).*? \.\.\. (?P<result>ok|FAILED|SKIPPED(?:: .*)?)$", re.M
)
_PING = """\
#!/bin/sh
# tempest pings servers from the machine it runs on: so this is a ping from inside the rack's network.
for address; do :; done
[ "$({command} "$address" 1)" = yes ]
"""


@dataclass
class Tempest:
    """One workspace.

    :param more: settings besides the usual ones.
    """

    cloud: Cloud
    directory: Path
    more: Settings = field(default_factory=dict)

    def run(self, regex: str) -> dict[str, str]:
        """Run the tests that match. Returns each test's result: ``ok``, ``FAILED``, or ``SKIPPED: reason``."""
        workspace = self.directory / "workspace"
        if not workspace.exists():
            made = self._tempest(self.directory, "init", str(workspace))
            assert made.returncode == 0, made.stderr
            settings = {**_settings(self.cloud, workspace), **self.more}
            openstack_settings.write(workspace / "etc" / "tempest.conf", settings)
        done = self._tempest(workspace, "run", "--serial", "--regex", regex)
        told = done.stdout + done.stderr
        found = {match["test"]: match["result"] for match in _LINE.finditer(told)}
        assert found, told
        for result in found.values():
            assert result != "FAILED", f"{told}\n{self.cloud.logs()}"
        return found

    def ping_from(self, vlan: int, address: str) -> None:
        """Make tempest ping from a VLAN of the rack's switch, where it has this address (``192.0.2.1/24``)."""
        network = self.cloud.cables
        network.run("ip", "address", "add", address, "dev", network.bridge(vlan))
        program = self._programs / "ping"
        program.write_text(_PING.format(command=shlex.join(network.pinging(vlan))))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    @property
    def _programs(self) -> Path:
        directory = self.directory / "programs"
        directory.mkdir(exist_ok=True)
        return directory

    def _tempest(self, where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = TEMPEST.ready()
        # It keeps a list of its workspaces in the home directory.
        variables = environment.variables({"HOME": str(self.directory)})
        variables["PATH"] = f"{self._programs}:{variables['PATH']}"
        return subprocess.run(
            [environment.program("tempest"), *arguments],
            cwd=where,
            env=variables,
            capture_output=True,
            text=True,
            timeout=patience(1200),
            check=False,
        )


def _settings(cloud: Cloud, workspace: Path) -> Settings:
    return {
        "DEFAULT": {"log_file": workspace / "tempest.log"},
        "oslo_concurrency": {"lock_path": workspace / "locks"},
        "identity": {
            "uri_v3": cloud.identity.url,
            "auth_version": "v3",
            "region": openstack_settings.REGION,
        },
        "auth": {
            "use_dynamic_credentials": "true",
            "create_isolated_networks": "false",
            "admin_username": "admin",
            "admin_password": PASSWORD,
            "admin_project_name": "admin",
            "admin_domain_name": "Default",
        },
        "service_available": {
            "ironic": "true",
            "neutron": "true",
            "nova": "false",
            "glance": "true",
            "cinder": "false",
            "swift": "false",
        },
        "enforce_scope": {"ironic": "true"},
    }

# SPDX-License-Identifier: Apache-2.0
"""ironic-tempest-plugin's tests of attaching VIFs, with the network interface `flat` and a real Neutron.

Its scenario tests need a virtual machine that boots the image: they connect to it by SSH, or ping it from this machine.
"""

import subprocess
from pathlib import Path

from tests.cloud.composition import Cloud
from tests.functional.servers import openstack_settings
from tests.functional.servers.keystone import PASSWORD
from tests.functional.servers.openstack_environment import TEMPEST
from tests.functional.servers.openstack_settings import Settings
from tests.waiting import patience

TESTS = r"ironic_tempest_plugin\.tests\.api\.admin\.test_nodes\.TestNodesVif"
COUNT = 12


def test_vifs(furnished: Cloud, tmp_path: Path) -> None:
    environment, workspace = TEMPEST.ready(), tmp_path / "workspace"
    # It keeps a list of its workspaces in the home directory.
    variables = environment.variables({"HOME": str(tmp_path)})

    def tempest(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [environment.program("tempest"), *arguments],
            cwd=workspace if workspace.exists() else tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            timeout=patience(900),
            check=False,
        )

    made = tempest("init", str(workspace))
    assert made.returncode == 0, made.stderr
    openstack_settings.write(workspace / "etc" / "tempest.conf", _settings(furnished, workspace))
    done = tempest("run", "--serial", "--regex", TESTS)
    told = done.stdout + done.stderr
    assert done.returncode == 0, f"{told}\n{furnished.logs()}"
    assert f"Passed: {COUNT}" in told, told


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
        "baremetal": {"driver": "fake-hardware", "max_microversion": "latest"},
    }

# SPDX-License-Identifier: Apache-2.0
"""`openstack server create`, in a whole cloud: Keystone, Glance, Placement, Neutron and Nova as others release them.

`make cloud-test` has more of it.
"""

from pathlib import Path

import pytest

from tests.cloud import composition, furnishing, servers
from tests.functional.servers.openstack_environment import Environment


@pytest.mark.timeout(1800)
def test_a_server_from_create_to_delete(openstack_environment: Environment, tmp_path: Path) -> None:
    with composition.running(tmp_path, openstack_environment) as cloud:
        furnishing.furnish(cloud)
        public_key = servers.keypair(cloud, tmp_path)
        user_data = tmp_path / "user-data"
        user_data.write_text(servers.USER_DATA)
        server = servers.create(
            cloud,
            "first",
            *("--network", furnishing.TENANT_NETWORK),
            *("--config-drive", "true", "--key-name", "key", "--user-data", str(user_data)),
        )
        server.wait_until_booted()
        servers.check_network(server)
        servers.check_config_drive(server, public_key)
        cloud.tenant("server", "delete", "--wait", "first")
        servers.check_nothing_is_left(server)

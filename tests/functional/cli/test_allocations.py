# SPDX-License-Identifier: Apache-2.0
"""baremetal allocation ...: allocating nodes."""

from collections.abc import Iterator

import pytest

from tests.functional.cli.conftest import Baremetal
from tests.functional.deployment import Deployment


@pytest.fixture
def node(baremetal: Baremetal, service: Deployment) -> Iterator[str]:
    """The UUID of an available node of a resource class of its own."""
    created = baremetal.json(
        "node", "create", "--driver", "fake-hardware", "--name", "wanted",
        "--resource-class", "cli-wanted",
    )  # fmt: skip
    uuid: str = created["uuid"]
    service.set_provision_state(uuid, "manage", until="manageable")
    service.set_provision_state(uuid, "provide", until="available")
    # An allocation gets no node whose power state is unknown.
    service.set_power_state(uuid, "power off")
    yield uuid
    baremetal("node", "delete", uuid)


def test_allocation(baremetal: Baremetal, node: str) -> None:
    """create, list, show, set, unset, delete; and one that finds nothing."""
    made = baremetal.json(
        "allocation", "create", "--resource-class", "cli-wanted", "--name", "cli-job",
        "--extra", "ticket=7", "--wait", "60",
    )  # fmt: skip
    assert (made["state"], made["node_uuid"]) == ("active", node)
    assert baremetal.json("node", "show", node)["instance_uuid"] == made["uuid"]

    baremetal("allocation", "set", "cli-job", "--name", "cli-job-2", "--extra", "queue=night")
    baremetal("allocation", "unset", "cli-job-2", "--extra", "ticket")
    shown = baremetal.json("allocation", "show", "cli-job-2")
    assert (shown["uuid"], shown["extra"]) == (made["uuid"], {"queue": "night"})
    listed = baremetal.json("allocation", "list", "--node", node, "--long")
    assert [row["name"] for row in listed] == ["cli-job-2"]

    refused = baremetal.run(
        "allocation", "create", "--resource-class", "cli-wanted", "--name", "cli-late",
        "--wait", "60",
    )  # fmt: skip
    assert refused.status != 0
    assert "cli-wanted" in refused.errors
    assert baremetal.json("allocation", "show", "cli-late")["state"] == "error"

    baremetal("allocation", "delete", "cli-job-2", "cli-late")
    assert baremetal.json("allocation", "list", "--resource-class", "cli-wanted") == []
    assert baremetal.json("node", "show", node)["instance_uuid"] is None

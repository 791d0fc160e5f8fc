# SPDX-License-Identifier: Apache-2.0
"""Requests beyond the limits of concurrent operations."""

from collections.abc import Callable

from tests.functional.deployment import Deployment

HOLD = {
    "target": "clean",
    "clean_steps": [
        {"interface": "vendor", "step": "log_passthrough"},
        {"step": "hold"},
        {"interface": "vendor", "step": "log_passthrough"},
    ],
}


def test_the_limit_is_named_and_ends(
    make_deployment: Callable[..., Deployment], sqlite_url: str
) -> None:
    options = {"conductor": {"max_concurrent_clean": 1}}
    cloud = make_deployment(database=sqlite_url, options=options)
    cloud.start_all_in_one()
    first, second = (
        cloud.create_node(driver="fake-hardware", vendor_interface="fake") for _ in range(2)
    )
    for node in (first, second):
        cloud.set_provision_state(node, "manage", until="manageable")
    provision = f"/v1/nodes/{first}/states/provision"
    cloud.call("PUT", provision, HOLD)
    cloud.wait_for_node(first, provision_state="clean hold", reservation=None)

    refused = cloud.request("PUT", f"/v1/nodes/{second}/states/provision", HOLD)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 1
    assert "[conductor] max_concurrent_clean = 1" in refused.text
    assert cloud.node(second)["provision_state"] == "manageable"

    cloud.call("PUT", provision, {"target": "unhold"})
    cloud.wait_for_node(first, provision_state="manageable", reservation=None)
    cloud.call("PUT", f"/v1/nodes/{second}/states/provision", HOLD)
    cloud.wait_for_node(second, provision_state="clean hold", reservation=None)

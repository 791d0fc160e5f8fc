# SPDX-License-Identifier: Apache-2.0
"""Volume connectors and targets."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:volume:list_all",
        base.SYSTEM_READER,
        "List the volumes of all nodes.",
        "GET /volume/connectors",
        "GET /volume/targets",
        "GET /nodes/{node_ident}/volume/connectors",
        "GET /nodes/{node_ident}/volume/targets",
    ),
    base.rule(
        "baremetal:volume:list",
        base.ANY_READER,
        "List the volumes of nodes that one's own project owns or leases.",
        "GET /volume/connectors",
        "GET /volume/targets",
        "GET /nodes/{node_ident}/volume/connectors",
        "GET /nodes/{node_ident}/volume/targets",
    ),
    base.rule(
        "baremetal:volume:get",
        base.OWNER_OR_LESSEE_READER,
        "See volume connectors and targets.",
        "GET /volume",
        "GET /volume/connectors",
        "GET /volume/connectors/{volume_connector_id}",
        "GET /volume/targets",
        "GET /volume/targets/{volume_target_id}",
        "GET /nodes/{node_ident}/volume",
        "GET /nodes/{node_ident}/volume/connectors",
        "GET /nodes/{node_ident}/volume/targets",
    ),
    base.rule(
        "baremetal:volume:create",
        base.OWNER_OR_LESSEE_MANAGER,
        "Create volume connectors and targets.",
        "POST /volume/connectors",
        "POST /volume/targets",
    ),
    base.rule(
        "baremetal:volume:delete",
        base.OWNER_OR_LESSEE_MANAGER,
        "Delete volume connectors and targets.",
        "DELETE /volume/connectors/{volume_connector_id}",
        "DELETE /volume/targets/{volume_target_id}",
    ),
    base.rule(
        "baremetal:volume:update",
        base.OWNER_MEMBER_OR_LESSEE_MANAGER,
        "Change volume connectors and targets.",
        "PATCH /volume/connectors/{volume_connector_id}",
        "PATCH /volume/targets/{volume_target_id}",
    ),
    base.rule(
        "baremetal:volume:view_target_properties",
        f"({base.SYSTEM_READER}) or (role:admin)",
        "See the properties of targets, which may hold credentials.",
        "GET /volume/connectors/{volume_connector_id}",
        "GET /volume/targets/{volume_target_id}",
    ),
)

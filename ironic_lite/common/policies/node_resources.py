# SPDX-License-Identifier: Apache-2.0
"""Resources of a node: virtual interfaces, traits, BIOS settings, history, media."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:node:vif:list",
        base.OWNER_OR_LESSEE_READER,
        "List the virtual interfaces attached to a node.",
        "GET /nodes/{node_ident}/vifs",
    ),
    base.rule(
        "baremetal:node:vif:attach",
        base.OWNER_MEMBER_OR_LESSEE_MANAGER,
        "Attach a virtual interface.",
        "POST /nodes/{node_ident}/vifs",
    ),
    base.rule(
        "baremetal:node:vif:detach",
        base.OWNER_MEMBER_OR_LESSEE_MANAGER,
        "Detach a virtual interface.",
        "DELETE /nodes/{node_ident}/vifs/{node_vif_ident}",
    ),
    base.rule(
        "baremetal:node:traits:list",
        base.OWNER_OR_LESSEE_READER,
        "See the traits of a node.",
        "GET /nodes/{node_ident}/traits",
    ),
    base.rule(
        "baremetal:node:traits:set",
        base.OWNER_MANAGER,
        "Set traits.",
        "PUT /nodes/{node_ident}/traits",
        "PUT /nodes/{node_ident}/traits/{trait}",
    ),
    base.rule(
        "baremetal:node:traits:delete",
        base.OWNER_MANAGER,
        "Delete traits.",
        "DELETE /nodes/{node_ident}/traits",
        "DELETE /nodes/{node_ident}/traits/{trait}",
    ),
    base.rule(
        "baremetal:node:bios:get",
        base.OWNER_OR_LESSEE_READER,
        "See BIOS settings.",
        "GET /nodes/{node_ident}/bios",
        "GET /nodes/{node_ident}/bios/{setting}",
    ),
    base.rule(
        "baremetal:node:history:get",
        base.OWNER_READER,
        "See the history of a node.",
        "GET /nodes/{node_ident}/history",
        "GET /nodes/{node_ident}/history/{event_ident}",
    ),
    base.rule(
        "baremetal:node:timeline:get",
        base.OWNER_READER,
        "See the journal of a node, and the explanation of its state.",
        "GET /nodes/{node_ident}/timeline",
    ),
    base.rule(
        "baremetal:node:plan:get",
        base.OWNER_READER,
        "See the plan of an operation.",
        "GET /nodes/{node_ident}/plan",
    ),
    base.rule(
        "baremetal:node:inventory:get",
        base.OWNER_READER,
        "See the data of the last inspection.",
        "GET /nodes/{node_ident}/inventory",
    ),
    base.rule(
        "baremetal:node:firmware:get",
        base.OWNER_OR_LESSEE_READER,
        "See firmware components.",
        "GET /nodes/{node_ident}/firmware",
    ),
    base.rule(
        "baremetal:node:vmedia:attach",
        base.OWNER_OR_LESSEE_MEMBER,
        "Attach virtual media.",
        "POST /nodes/{node_ident}/vmedia",
    ),
    base.rule(
        "baremetal:node:vmedia:detach",
        base.OWNER_OR_LESSEE_MEMBER,
        "Detach virtual media.",
        "DELETE /nodes/{node_ident}/vmedia",
        "DELETE /nodes/{node_ident}/vmedia/{device_type}",
    ),
    base.rule(
        "baremetal:node:vmedia:get",
        base.OWNER_OR_LESSEE_READER,
        "See attached virtual media.",
        "GET /nodes/{node_ident}/vmedia",
    ),
    base.rule(
        "baremetal:node:vendor_passthru",
        base.SYSTEM_ADMIN,
        "Call vendor methods of a node.",
        "GET /nodes/{node_ident}/vendor_passthru/methods",
        "GET /nodes/{node_ident}/vendor_passthru?method={method_name}",
        "GET /nodes/{node_ident}/vendor_passthru/{method_name}",
        "PUT /nodes/{node_ident}/vendor_passthru?method={method_name}",
        "PUT /nodes/{node_ident}/vendor_passthru/{method_name}",
        "POST /nodes/{node_ident}/vendor_passthru?method={method_name}",
        "POST /nodes/{node_ident}/vendor_passthru/{method_name}",
        "PATCH /nodes/{node_ident}/vendor_passthru?method={method_name}",
        "PATCH /nodes/{node_ident}/vendor_passthru/{method_name}",
        "DELETE /nodes/{node_ident}/vendor_passthru?method={method_name}",
        "DELETE /nodes/{node_ident}/vendor_passthru/{method_name}",
    ),
)

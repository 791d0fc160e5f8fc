# SPDX-License-Identifier: Apache-2.0
"""Inspection rules."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:inspection_rule:get",
        base.SYSTEM_READER,
        "See inspection rules.",
        "GET /inspection_rules",
        "GET /inspection_rules/{rule_id}",
    ),
    base.rule(
        "baremetal:inspection_rule:list_all",
        base.SYSTEM_READER,
        "List inspection rules.",
        "GET /inspection_rules",
    ),
    base.rule(
        "baremetal:inspection_rule:create",
        base.SYSTEM_ADMIN,
        "Create inspection rules.",
        "POST /inspection_rules",
    ),
    base.rule(
        "baremetal:inspection_rule:update",
        base.SYSTEM_ADMIN,
        "Change inspection rules.",
        "PATCH /inspection_rules/{rule_id}",
    ),
    base.rule(
        "baremetal:inspection_rule:delete",
        base.SYSTEM_ADMIN,
        "Delete inspection rules.",
        "DELETE /inspection_rules",
        "DELETE /inspection_rules/{rule_id}",
    ),
)

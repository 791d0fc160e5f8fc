# SPDX-License-Identifier: Apache-2.0
"""Chassis."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:chassis:get",
        base.SYSTEM_READER,
        "See chassis.",
        "GET /chassis",
        "GET /chassis/detail",
        "GET /chassis/{chassis_id}",
        scopes=base.SYSTEM_ONLY,
    ),
    base.rule(
        "baremetal:chassis:create",
        base.SYSTEM_ADMIN,
        "Create chassis.",
        "POST /chassis",
        scopes=base.SYSTEM_ONLY,
    ),
    base.rule(
        "baremetal:chassis:delete",
        base.SYSTEM_ADMIN,
        "Delete chassis.",
        "DELETE /chassis/{chassis_id}",
        scopes=base.SYSTEM_ONLY,
    ),
    base.rule(
        "baremetal:chassis:update",
        base.SYSTEM_MEMBER,
        "Change chassis.",
        "PATCH /chassis/{chassis_id}",
        scopes=base.SYSTEM_ONLY,
    ),
)

# SPDX-License-Identifier: Apache-2.0
"""Events."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:events:post",
        base.SYSTEM_ADMIN,
        "Post events.",
        "POST /events",
        scopes=base.SYSTEM_ONLY,
    ),
)

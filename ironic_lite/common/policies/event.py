# SPDX-License-Identifier: Apache-2.0
"""Events."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.SYSTEM_ADMIN: {"baremetal:events:post": "Post events."},
    },
    scopes=base.SYSTEM_ONLY,
) + base.rules(
    {
        base.SYSTEM_MEMBER: {
            "baremetal:boot_events:post": "Report what a DHCP or TFTP server saw of booting servers."
        },
    }
)

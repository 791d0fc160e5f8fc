# SPDX-License-Identifier: Apache-2.0
"""Drivers."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.SYSTEM_READER: {
            "baremetal:driver:get": "See hardware types.",
            "baremetal:driver:get_properties": "See the properties of driver_info.",
            "baremetal:driver:get_raid_logical_disk_properties": "See the properties of logical disks.",
        },
        base.SYSTEM_ADMIN: {"baremetal:driver:vendor_passthru": "Call vendor methods of a driver."},
    },
    scopes=base.SYSTEM_ONLY,
)

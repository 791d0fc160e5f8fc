# SPDX-License-Identifier: Apache-2.0
"""Drivers."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:driver:get",
        base.SYSTEM_READER,
        "See hardware types.",
        "GET /drivers",
        "GET /drivers/{driver_name}",
        scopes=base.SYSTEM_ONLY,
    ),
    base.rule(
        "baremetal:driver:get_properties",
        base.SYSTEM_READER,
        "See the properties of driver_info.",
        "GET /drivers/{driver_name}/properties",
        "GET /drivers/properties",
        scopes=base.SYSTEM_ONLY,
    ),
    base.rule(
        "baremetal:driver:get_raid_logical_disk_properties",
        base.SYSTEM_READER,
        "See the properties of logical disks.",
        "GET /drivers/{driver_name}/raid/logical_disk_properties",
        scopes=base.SYSTEM_ONLY,
    ),
    base.rule(
        "baremetal:driver:vendor_passthru",
        base.SYSTEM_ADMIN,
        "Call vendor methods of a driver.",
        "GET /drivers/{driver_name}/vendor_passthru/methods",
        "GET /drivers/{driver_name}/vendor_passthru?method={method_name}",
        "GET /drivers/{driver_name}/vendor_passthru/{method_name}",
        "PUT /drivers/{driver_name}/vendor_passthru?method={method_name}",
        "PUT /drivers/{driver_name}/vendor_passthru/{method_name}",
        "POST /drivers/{driver_name}/vendor_passthru?method={method_name}",
        "POST /drivers/{driver_name}/vendor_passthru/{method_name}",
        "PATCH /drivers/{driver_name}/vendor_passthru?method={method_name}",
        "PATCH /drivers/{driver_name}/vendor_passthru/{method_name}",
        "DELETE /drivers/{driver_name}/vendor_passthru?method={method_name}",
        "DELETE /drivers/{driver_name}/vendor_passthru/{method_name}",
        scopes=base.SYSTEM_ONLY,
    ),
)

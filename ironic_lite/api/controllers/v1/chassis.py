# SPDX-License-Identifier: Apache-2.0
"""Chassis, and the nodes in one."""

import webob

from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import node_listing, record_access
from ironic_lite.api.controllers.v1.records import Records
from ironic_lite.api.resources.chassis import CHASSIS
from ironic_lite.objects.chassis import Chassis

RECORDS = Records(CHASSIS, Chassis, rules="chassis", variable="chassis", ident="chassis_uuid")


def nodes(call: Call, own: str | None, chassis: str) -> webob.Response:
    """``GET /v1/chassis/{chassis}/nodes``"""
    record_access.check_uuid("chassis_uuid", chassis)
    return node_listing.reply(call, own, f"chassis/{chassis}/nodes", {"chassis_uuid": chassis})

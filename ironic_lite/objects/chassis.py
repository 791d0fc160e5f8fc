# SPDX-License-Identifier: Apache-2.0
"""The chassis: what servers stand in."""

from ironic_lite.db import chassis
from ironic_lite.objects import base, fields
from ironic_lite.objects.record import Record


@base.register
class Chassis(Record):
    """Known by its UUID alone. One with nodes cannot be destroyed."""

    VERSION = "1.0"
    REPOSITORY = chassis.chassis

    fields = {
        "description": fields.StringField(nullable=True),
        "extra": fields.FlexibleDictField(nullable=True),
    }

# SPDX-License-Identifier: Apache-2.0
"""The chassis: what servers stand in."""

from ironic_lite.db import chassis
from ironic_lite.objects import base
from ironic_lite.objects.record import Record


@base.register
class Chassis(Record):
    """Known by its UUID alone. One with nodes cannot be destroyed."""

    REPOSITORY = chassis.chassis

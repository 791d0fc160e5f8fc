# SPDX-License-Identifier: Apache-2.0
"""The chassis, which groups servers."""

from ironic_lite.db import chassis
from ironic_lite.objects import base
from ironic_lite.objects.record import Record


@base.register
class Chassis(Record):
    """Its only identifier is its UUID. A chassis with nodes cannot be deleted."""

    REPOSITORY = chassis.chassis

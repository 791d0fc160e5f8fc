# SPDX-License-Identifier: Apache-2.0
"""The versioned objects that API and conductor share. Only this package uses the database.

Importing it registers every object for the serializer.
"""

from ironic_lite.objects.allocation import Allocation
from ironic_lite.objects.base import IronicLiteObjectSerializer as Serializer
from ironic_lite.objects.chassis import Chassis
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.image import Image
from ironic_lite.objects.node import Node
from ironic_lite.objects.node_items import BIOSSetting, FirmwareComponent
from ironic_lite.objects.node_journal import NodeJournal
from ironic_lite.objects.node_records import NodeHistory, NodeInventory, ReceivedInventory
from ironic_lite.objects.notification import Notification
from ironic_lite.objects.port import Port, Portgroup
from ironic_lite.objects.templates_and_rules import DeployTemplate, InspectionRule, Runbook
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

__all__ = [
    "Allocation",
    "BIOSSetting",
    "Chassis",
    "Conductor",
    "DeployTemplate",
    "FirmwareComponent",
    "Image",
    "InspectionRule",
    "Node",
    "NodeHistory",
    "NodeInventory",
    "NodeJournal",
    "Notification",
    "Port",
    "Portgroup",
    "ReceivedInventory",
    "Runbook",
    "Serializer",
    "VolumeConnector",
    "VolumeTarget",
]

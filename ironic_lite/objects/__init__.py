# SPDX-License-Identifier: Apache-2.0
"""The vocabulary that API and conductor share: versioned objects, and the only door to the database.

Importing this package makes every object known to the serializer.
"""

from ironic_lite.objects.base import IronicLiteObjectSerializer as Serializer
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port

__all__ = ["Conductor", "Node", "Port", "Serializer"]

# SPDX-License-Identifier: Apache-2.0
"""The wire format of objects changes only together with their versions."""

from oslo_versionedobjects import fixture

from ironic_lite import objects  # noqa: F401  (registers the objects)
from ironic_lite.common import release_mappings
from ironic_lite.objects import base

# When this fails: bump VERSION of the object, enter it in common/release_mappings.py, teach
# obj_make_compatible the older form, then put the new fingerprint here.
FINGERPRINTS = {
    "Allocation": "1.0-678ae651dff0d3e20b2ee668859e67ea",
    "BIOSSetting": "1.0-9608d0862a4ccec406a792fd656516b3",
    "Chassis": "1.0-9cb89e98422722e40cb8c1c89a9e3334",
    "Conductor": "1.0-707a673395af3a1064ddcf571e1cb9c6",
    "DeployTemplate": "1.0-136cb1bd61431ca43c1af179b5a76f64",
    "FirmwareComponent": "1.0-6cbd5338689c8223bea4e524d261f882",
    "InspectionRule": "1.0-8c6a654712ff2a88e8ff60b7eb294207",
    "Node": "1.3-598a30e75e597522c75052a5814294ba",
    "NodeHistory": "1.0-47dee1fefa9d6644d2ac0b3ed5a8401c",
    "NodeInventory": "1.0-e6bfbab563cda40b5dbf223d6988d91a",
    "NodeJournal": "1.0-70962486c34eb1dd899140c893b5d89b",
    "Notification": "1.0-a20c40602938bd23628633a90f3c9f53",
    "Port": "1.1-7dd97d0375867e6469592dd4f9e013b8",
    "Portgroup": "1.0-ab4d25f10c3306b6bf6c931937c5027a",
    "ReceivedInventory": "1.0-e6bfbab563cda40b5dbf223d6988d91a",
    "Runbook": "1.0-b815c313d30bdc275c95f2fb04424df6",
    "VolumeConnector": "1.0-16fe719b71c8024f496c1e0aba8cd5c2",
    "VolumeTarget": "1.1-de511ae406b27b354c956566021b054f",
}


def _ours():
    return {
        name: classes
        for name, classes in base.base.VersionedObjectRegistry.obj_classes().items()
        if issubclass(classes[0], base.IronicLiteObject)
    }


def test_fingerprints():
    checker = fixture.ObjectVersionChecker(_ours())
    expected, actual = checker.test_hashes(FINGERPRINTS)
    assert expected == actual


def test_the_newest_release_has_every_object_in_its_present_version():
    *_, newest = release_mappings.RELEASES.values()
    assert newest.objects == {name: classes[0].VERSION for name, classes in _ours().items()}

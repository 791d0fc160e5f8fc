# SPDX-License-Identifier: Apache-2.0
"""The wire format of objects changes only together with their versions."""

from oslo_versionedobjects import fixture

from ironic_lite import objects  # noqa: F401  (registers the objects)
from ironic_lite.common import release_mappings
from ironic_lite.objects import base

# When this fails: bump VERSION of the object, enter it in common/release_mappings.py, teach
# obj_make_compatible the older form, then put the new fingerprint here.
FINGERPRINTS = {
    "Allocation": "1.0-c7e96d478ea5eafb3c00227187c1ddf2",
    "BIOSSetting": "1.0-9608d0862a4ccec406a792fd656516b3",
    "Chassis": "1.0-2e5bcf0de5d1e4da95bb56d7b4a8071c",
    "Conductor": "1.0-707a673395af3a1064ddcf571e1cb9c6",
    "DeployTemplate": "1.0-c7c6f29f0272d43189ae3720d107d9a3",
    "FirmwareComponent": "1.0-6cbd5338689c8223bea4e524d261f882",
    "InspectionRule": "1.0-6a617c21edc21d4c88180b3139e4f13e",
    "Node": "1.1-53c50b986e488d6b7a6e2a17081492d4",
    "NodeHistory": "1.0-3649d6abced1839795b1cb098244d83b",
    "NodeInventory": "1.0-e6bfbab563cda40b5dbf223d6988d91a",
    "Port": "1.1-5769288468c7aded868483b76920c65d",
    "Portgroup": "1.0-22f2c7081502fa2f793297ebc8a7738a",
    "Runbook": "1.0-108941e7966e3eec2ed975154bc4419d",
    "VolumeConnector": "1.0-3674faf18cad8868976065e17278d030",
    "VolumeTarget": "1.0-017c56211245e9a8b662717db01d22a7",
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

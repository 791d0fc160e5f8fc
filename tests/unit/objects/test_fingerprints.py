# SPDX-License-Identifier: Apache-2.0
"""The wire format of objects changes only together with their versions."""

from oslo_versionedobjects import fixture

from ironic_lite import objects  # noqa: F401  (registers the objects)
from ironic_lite.common import release_mappings
from ironic_lite.objects import base

# When this fails: bump VERSION of the object, enter it in common/release_mappings.py, teach
# obj_make_compatible the older form, then put the new fingerprint here.
FINGERPRINTS = {
    "Conductor": "1.0-707a673395af3a1064ddcf571e1cb9c6",
    "Node": "1.0-c724d3dbc950f9e7a52a5a41fb1b02aa",
    "Port": "1.0-275b578dbbffdfcfc13dea4763fd00a1",
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

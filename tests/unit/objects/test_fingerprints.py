# SPDX-License-Identifier: Apache-2.0
"""The wire format of objects changes only together with their versions."""

import hashlib

from oslo_versionedobjects import fixture

from ironic_lite import objects
from ironic_lite.common import exception, release_mappings
from ironic_lite.objects import base

# Version and fields of the objects of each release. If the test fails, a column has no `since=`, or that of a published
# release. The lines of the next release, the last ones, change with its columns; those of published releases never
# change.
FIELDS = {
    "0.1": {
        "Allocation": "1.0-f6eb43f2039191f8",
        "BIOSSetting": "1.0-587e0401e90ae5c0",
        "Chassis": "1.0-3623998f7fe505b2",
        "Conductor": "1.0-2287b6eee2110b26",
        "DeployTemplate": "1.0-31c1995b805f7678",
        "FirmwareComponent": "1.0-1cb8c0c6a5e641cb",
        "Image": "1.0-ec0890a40fa41f1f",
        "InspectionRule": "1.0-2e474c962cf4fdae",
        "Node": "1.0-e40ac6a1a163b8ce",
        "NodeHistory": "1.0-8b3322e4707af46a",
        "NodeInventory": "1.0-f099a206ff489ae2",
        "NodeJournal": "1.0-11a5bf20674813f2",
        "Notification": "1.0-eef2aa242ea118d9",
        "Port": "1.0-7759204ea2dbfe2d",
        "Portgroup": "1.0-9277e77687d02bc3",
        "ReceivedInventory": "1.0-f099a206ff489ae2",
        "Runbook": "1.0-924e3cdb5d4b7ad0",
        "VolumeConnector": "1.0-24bad393b59e32b6",
        "VolumeTarget": "1.0-5cd679000953d2e0",
    }
}

# The present remotable methods. If the test fails for an object of a published release, add the next release and the
# change to `CHANGED` of the object.
METHODS = {
    "Allocation": "dc4cea337a036365",
    "BIOSSetting": "834ae1416992550d",
    "Chassis": "dc4cea337a036365",
    "Conductor": "d6b7d5af1e670bea",
    "DeployTemplate": "dc4cea337a036365",
    "FirmwareComponent": "834ae1416992550d",
    "Image": "a1f667a3a3092825",
    "InspectionRule": "5c07057ffd8043cf",
    "Node": "c397b66cccb2e2aa",
    "NodeHistory": "dc4cea337a036365",
    "NodeInventory": "849e0e459e8ce528",
    "NodeJournal": "12eb47dc64b491f4",
    "Notification": "5e9cf1331ed32d5a",
    "Port": "dc4cea337a036365",
    "Portgroup": "dc4cea337a036365",
    "ReceivedInventory": "849e0e459e8ce528",
    "Runbook": "534caefd17950ab4",
    "VolumeConnector": "dc4cea337a036365",
    "VolumeTarget": "b595e93a3522b3fb",
}


def _ours():
    return {
        name: classes
        for name, classes in base.base.VersionedObjectRegistry.obj_classes().items()
        if issubclass(classes[0], base.IronicLiteObject)
    }


def _fields_in(release):
    told = {}
    for name, (kind, *_) in sorted(_ours().items()):
        try:
            version = kind.version_in(release)
        except exception.NotInPinnedRelease:
            continue
        newer = kind._added_since(version)
        there = [
            (name, repr(field)) for name, field in sorted(kind.fields.items()) if name not in newer
        ]
        told[name] = f"{version}-{hashlib.sha256(repr(there).encode()).hexdigest()[:16]}"
    return told


def _methods():
    bare = {name: [type(name, (kind,), {"fields": {}})] for name, (kind, *_) in _ours().items()}
    hashes = fixture.ObjectVersionChecker(bare).get_hashes()
    return {name: told.partition("-")[2][:16] for name, told in hashes.items()}


def test_every_release_sends_the_fields_that_it_had():
    for release in release_mappings.RELEASES:
        assert _fields_in(release) == FIELDS[release], release
    assert FIELDS.keys() == release_mappings.RELEASES.keys()


def test_methods_are_those_of_their_version():
    assert _methods() == METHODS


def test_a_column_of_a_later_release_is_not_in_the_ones_before(monkeypatch):
    monkeypatch.setitem(release_mappings.RELEASES, "next", release_mappings.Release(rpc="1.9"))
    monkeypatch.setattr(objects.Chassis, "ADDED", {"extra": "next"})
    before, after = (_fields_in(release)["Chassis"] for release in ("0.1", "next"))
    assert before.startswith("1.0-") and before != FIELDS["0.1"]["Chassis"]
    assert after == FIELDS["0.1"]["Chassis"].replace("1.0-", "1.1-")

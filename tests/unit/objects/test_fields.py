# SPDX-License-Identifier: Apache-2.0
"""The values that fields accept."""

import copy
import datetime

import pytest
import sqlalchemy as sa

from ironic_lite import objects
from ironic_lite.objects import fields


def test_uuids_are_canonical():
    node = objects.Node(uuid="11111111AAAA4AAA8AAA000000000001")
    assert node.uuid == "11111111-aaaa-4aaa-8aaa-000000000001"
    with pytest.raises(ValueError, match="A UUID is required in field instance_uuid, not 'zz'"):
        node.instance_uuid = "zz"


def test_dictionaries():
    node = objects.Node(extra=None)
    assert node.extra == {}
    with pytest.raises(ValueError, match="A dictionary is required in field extra, not a list"):
        node.extra = []


def test_moments_are_in_utc():
    zone = datetime.timezone(datetime.timedelta(hours=-3))
    node = objects.Node(provision_updated_at=datetime.datetime(2024, 1, 1, 22, 0, 0, 5, zone))
    assert node.provision_updated_at.isoformat() == "2024-01-02T01:00:00.000005+00:00"
    node.provision_updated_at = datetime.datetime(2024, 1, 1)
    assert node.provision_updated_at.tzinfo is datetime.UTC


def test_mac_addresses_are_in_lower_case():
    assert objects.Port(address="52:54:00:AA:BB:01").address == "52:54:00:aa:bb:01"
    with pytest.raises(ValueError, match="zz"):
        objects.Port(address="zz")


def test_a_dictionary_is_replaced_when_one_key_is_set():
    before = {"a": 1}
    node = objects.Node(driver_internal_info=before)
    node.obj_reset_changes()
    node.set_driver_internal_info("b", 2)
    assert before == {"a": 1} and node.obj_what_changed() == {"driver_internal_info"}


def test_a_copy_of_a_fenced_node_is_fenced():
    node = objects.Node(name="n")
    node._token = "t"
    assert copy.deepcopy(node).is_fenced and node.obj_clone().is_fenced


RECORDS = [
    member for name in objects.__all__ if hasattr(member := getattr(objects, name), "REPOSITORY")
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.obj_name())
def test_fields_are_what_the_repository_reads(record):
    internal = {"reservation_token"} if record is objects.Node else set()
    assert set(record.fields) == set(record.REPOSITORY.select.selected_columns.keys()) - internal


def test_objects_without_a_repository_have_the_columns_of_their_tables():
    from ironic_lite.db import models

    assert set(objects.Conductor.fields) == {*models.CONDUCTORS.c.keys(), "alive"}
    assert {*objects.NodeInventory.fields} == {*models.NODE_INVENTORY.c.keys()}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.obj_name())
def test_what_is_derived_and_what_is_fixed_cannot_be_saved(record):
    assert {"id", "created_at", "updated_at", *record.REPOSITORY.derived} <= record.FIXED


def test_a_column_without_a_field_for_its_type_is_told():
    with pytest.raises(TypeError, match="no shape for column price"):
        fields.of_column(sa.Column("price", sa.Numeric))

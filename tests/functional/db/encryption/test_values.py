# SPDX-License-Identifier: Apache-2.0
"""Secrets are encrypted in the database: found nowhere in it, bound to their places, mended where they are damaged."""

from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import encrypted, exception, redaction
from ironic_lite.conf import CONF
from ironic_lite.db import models, types
from ironic_lite.db.encryption import keyring
from ironic_lite.db.encryption.rows import Guarded
from ironic_lite.objects import notification_outbox, payloads
from tests.functional.db.encryption.raw_contents import (
    DRIVE,
    SECRET,
    URL,
    assert_absent,
    put,
    raw,
    texts,
)


def test_the_database_holds_no_secret_and_the_object_does(node: objects.Node, admin: Any) -> None:
    assert_absent(SECRET, DRIVE, "planted-in-url")
    read = objects.Node.get(admin, node.uuid)
    assert read.driver_info == {"ipmi_address": "10.0.0.1", "ipmi_password": SECRET, "port": 623}
    assert read.instance_info == {
        "image_source": URL,
        "configdrive": DRIVE,
        "capabilities": {"a": "b"},
    }
    assert read.extra == {"notes": [{"token": SECRET}], "seen": True}
    # What is no secret stays legible, for those who look into the database.
    assert '"ipmi_address":"10.0.0.1"' in texts()


def test_a_config_drive_is_not_much_longer_than_it_was(node: objects.Node) -> None:
    assert len(raw(models.NODES, node.id, "instance_info")) < len(DRIVE) + 400


@pytest.mark.parametrize(
    "secret",
    [
        "",
        None,
        0,
        7,
        1.5,
        True,
        [],
        {},
        ["a", {"b": None}],
        {"user": "u", "pass": "p"},
        "\ud800",
        "\0",
        2**70,
    ],
)
def test_secrets_of_every_kind_come_back(node: objects.Node, admin: Any, secret: Any) -> None:
    node.driver_info = {"x_password": secret, "plain": secret}
    node.save()
    assert repr(node.driver_info["x_password"]) == repr(secret)
    read = objects.Node.get(admin, node.id).driver_info
    assert read == {"x_password": secret, "plain": secret}


def test_secrets_by_what_they_are(node: objects.Node, admin: Any) -> None:
    """Private keys under whatever name, and what the arguments of a rule set."""
    kept = {
        "file": f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n",
        "rules": [{"args": ["/driver_info/ipmi_password", SECRET, {"a": SECRET}]}],
    }
    node.extra = kept
    node.save()
    assert_absent(SECRET)
    assert objects.Node.get(admin, node.uuid).extra == kept


def test_what_looks_like_an_encrypted_value_is_a_text_like_any_other(
    node: objects.Node, admin: Any
) -> None:
    stolen = types.read_dict(raw(models.NODES, node.id, "driver_info"))["ipmi_password"]
    odd = {"a": stolen, "b": "$sealed:", "c": f"https://{stolen}@host", "$sealed:1.x": 1}
    node.driver_info = odd
    node.extra = odd
    node.save()
    read = objects.Node.get(admin, node.id)
    assert read.driver_info == odd
    assert read.extra == odd
    assert stolen not in texts()


def test_lists_hide_secrets_without_a_key(
    node: objects.Node, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unused(_ring: Any, number: int) -> Any:
        raise AssertionError(f"data key {number} is not needed for this")

    objects.Node.get(admin, node.id)
    monkeypatch.setattr(keyring.Keyring, "key", unused)
    (row,) = objects.Node.rows(admin, ["driver_info", "instance_info"])
    assert redaction.mask(row["driver_info"])["ipmi_password"] == redaction.MASK
    shown = redaction.mask_instance_info(row["instance_info"])
    assert shown["configdrive"] == redaction.MASK
    assert shown["image_source"] == f"https://{redaction.MASK}@images.example.org/a.qcow2"
    monkeypatch.undo()
    (told,) = objects.Node.disclosed(admin, [{"uuid": node.uuid, **row}])
    assert told["driver_info"]["ipmi_password"] == SECRET


def test_all_resources_keep_their_secrets(node: objects.Node, admin: Any) -> None:
    made: list[Any] = [
        objects.VolumeTarget(
            admin,
            node_id=node.id,
            volume_type="iscsi",
            volume_id="1",
            boot_index=0,
            properties={"auth_password": SECRET, "target_lun": 1},
            extra={"secret": SECRET},
        ),
        objects.VolumeConnector(
            admin, node_id=node.id, type="iqn", connector_id="i", extra={"password": SECRET}
        ),
        objects.Port(
            admin,
            node_id=node.id,
            address="02:00:00:00:00:01",
            extra={"password": SECRET},
            local_link_connection={"auth_token": SECRET},
        ),
        objects.Portgroup(
            admin, node_id=node.id, properties={"password": SECRET}, extra={"password": SECRET}
        ),
        objects.Chassis(admin, extra={"password": SECRET}),
        objects.Allocation(admin, extra={"password": SECRET}),
        objects.DeployTemplate(
            admin,
            name="CUSTOM_T",
            steps=[
                {
                    "interface": "bios",
                    "step": "s",
                    "args": {"admin_password": SECRET},
                    "priority": 1,
                }
            ],
            extra={},
        ),
        objects.Runbook(
            admin,
            name="CUSTOM_R",
            steps=[
                {
                    "interface": "bios",
                    "step": "s",
                    "args": {"settings": [{"password": SECRET}]},
                    "order": 1,
                }
            ],
            extra={"password": SECRET},
        ),
        objects.InspectionRule(
            admin,
            conditions=[{"op": "eq", "args": [SECRET, "x"]}],
            actions=[{"op": "set-attribute", "args": ["driver_info/ipmi_password", SECRET]}],
        ),
    ]
    given = [{name: getattr(record, name) for name in record.obj_what_changed()} for record in made]
    for record, values in zip(made, given, strict=True):
        record.create()
        read = type(record).get(admin, record.uuid)
        assert {name: getattr(read, name) for name in values} == values
    for inventory in (objects.NodeInventory, objects.ReceivedInventory):
        data = {
            "inventory_data": {"boot": {"cmdline": f"x={SECRET}"}},
            "plugin_data": {"logs": [SECRET]},
        }
        inventory(admin, node_id=node.id, **data).create()
        read = inventory.get(admin, node.id)
        assert {"inventory_data": read.inventory_data, "plugin_data": read.plugin_data} == data
    assert_absent(SECRET)


def test_written_records_are_read_as_they_are_returned(node: objects.Node, admin: Any) -> None:
    rule = objects.InspectionRule(admin, conditions=[], actions=[{"op": "fail", "args": ["a"]}])
    rule.create()
    rule.actions = [{"op": "fail", "args": [SECRET]}]
    rule.save()
    assert rule.actions == [{"op": "fail", "args": [SECRET]}]
    node.extra = {"token": SECRET}
    node.driver_info = {"ipmi_password": "new"}
    node.save()
    assert node.extra == {"token": SECRET}
    assert node.driver_info == {"ipmi_password": "new"}
    assert redaction.mask(node.as_row(["driver_info"])) == {
        "driver_info": {"ipmi_password": redaction.MASK}
    }


def test_concurrent_changes_are_told_by_plain_values(node: objects.Node, admin: Any) -> None:
    target = objects.VolumeTarget(
        admin,
        node_id=node.id,
        volume_type="a",
        volume_id="1",
        boot_index=0,
        properties={"auth_password": "one"},
    )
    target.create()
    before = target.properties
    target.properties = {"auth_password": "two"}
    target.save(expected={"properties": before})
    target.properties = {"auth_password": "three"}
    with pytest.raises(exception.ConcurrentUpdate):
        target.save(expected={"properties": before})


def test_the_agents_token_is_compared_though_it_is_encrypted(
    node: objects.Node, admin: Any
) -> None:
    assert objects.Node.claim_agent_token(admin, node.id, "agent-token-planted")
    assert objects.Node.claim_agent_token(admin, node.id, "agent-token-planted")
    assert not objects.Node.claim_agent_token(admin, node.id, "another")
    assert_absent("agent-token-planted")
    args = (admin, node.id)
    assert objects.Node.record_heartbeat(*args, "another", "http://x", "1") is None
    assert objects.Node.record_heartbeat(*args, "agent-token-planted", "http://x", "1")
    assert objects.Node.get(admin, node.id).agent_secret_token == "agent-token-planted"


SETTINGS = [
    {"name": "AdminPassword", "value": SECRET},
    {"name": "Owner", "value": SECRET + "2", "attribute_type": "Password"},
    {"name": "SetupPwd", "value": SECRET + "3", "attribute_type": "String"},
    {"name": "PasswordStatus", "value": "Unlocked", "attribute_type": "Enumeration"},
    {"name": "BootMode", "value": "Uefi"},
]


def test_passwords_among_bios_settings(node: objects.Node, admin: Any) -> None:
    objects.BIOSSetting.replace(admin, node.id, SETTINGS)
    assert_absent(SECRET)
    read = _settings(admin, node)
    assert [name for name, value in read.items() if not encrypted.is_token(value)] == [
        "PasswordStatus",
        "BootMode",
    ]
    # One that is the same keeps its date, and is not written.
    before = _settings(admin, node)
    objects.BIOSSetting.replace(admin, node.id, SETTINGS)
    assert _settings(admin, node) == before
    # One that becomes a secret by its type is encrypted, though its value is the same.
    typed = [*SETTINGS[:-1], {**SETTINGS[-1], "attribute_type": "Password"}]
    objects.BIOSSetting.replace(admin, node.id, typed)
    assert encrypted.is_token(_settings(admin, node)["BootMode"])
    # What one is bound to: a copy of it under another name is refused.
    guarded = Guarded(models.BIOS_SETTINGS)
    (row,) = objects.BIOSSetting.REPOSITORY.rows(filters={"node_id": node.id, "name": "Owner"})
    assert guarded.plain(row, "value") == SECRET + "2"
    assert isinstance(guarded.plain({**row, "name": "BootMode"}, "value"), encrypted.Unreadable)


def _settings(admin: Any, node: objects.Node) -> dict[str, Any]:
    rows = objects.BIOSSetting.rows(admin, ("name", "value"), filters={"node_id": node.id})
    return {row["name"]: row["value"] for row in rows}


def test_notifications_wait_encrypted(node: objects.Node, admin: Any) -> None:
    CONF.set_override("notification_level", "info")
    try:
        change = notification_outbox.change(
            admin, "p", "baremetal.node.update", "end", payloads.NODE
        )
        assert change is not None
        node.along(change)
        node.properties = {"bios": {"password": SECRET}, "note": "planted-note"}
        node.save()
    finally:
        CONF.clear_override("notification_level")
    from ironic_lite.db import outbox

    (lane,) = outbox.free_lanes()
    (waiting,) = outbox.oldest(lane, 10)
    assert waiting["message"]["message"]["event_type"] == "baremetal.node.update.end"
    assert set(waiting) == {"id", "message"}
    assert_absent(SECRET)


# What somebody does who can write into the database


def damage_tag(text: str) -> str:
    """The text with the last character of its first token changed."""
    found = encrypted.TOKEN.search(text)
    assert found is not None
    token = found[0]
    return text.replace(token, token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"))


@pytest.mark.parametrize(
    "attack",
    [
        lambda node, other: put(
            models.NODES, other.id, "driver_info", raw(models.NODES, node.id, "driver_info")
        ),
        lambda node, other: put(
            models.NODES,
            other.id,
            "driver_info",
            damage_tag(raw(models.NODES, other.id, "driver_info")),
        ),
        lambda node, other: put(
            models.NODES,
            other.id,
            "driver_info",
            raw(models.NODES, other.id, "driver_info").replace("$sealed:", "$sealed:9"),
        ),
        lambda node, other: put(
            models.NODES, other.id, "driver_info", '{"ipmi_password":"$sealed:x"}'
        ),
    ],
    ids=["moved from another node", "changed", "of no key", "no token"],
)
def test_a_damaged_value_harms_its_record_alone_and_can_be_set_anew(
    node: objects.Node, other: objects.Node, admin: Any, attack: Callable[..., None]
) -> None:
    attack(node, other)
    broken = objects.Node.get(admin, other.id)
    with pytest.raises(
        exception.SecretUnreadable, match=f"nodes {other.uuid}: driver_info/ipmi_password cannot be"
    ):
        broken.driver_info["ipmi_password"]
    assert objects.Node.get(admin, node.id).driver_info["ipmi_password"] == SECRET
    assert len(objects.Node.rows(admin, ["driver_info"])) == 2
    # What conductors note beside it neither fails nor loses it.
    kept = raw(models.NODES, other.id, "driver_info")
    broken.driver_info = {**broken.driver_info, "beside": 1}
    broken.save()
    if "no token" not in kept:
        assert encrypted.TOKEN.findall(
            raw(models.NODES, other.id, "driver_info")
        ) == encrypted.TOKEN.findall(kept)
    broken.driver_info = {**broken.driver_info, "ipmi_password": "mended"}
    broken.save()
    assert objects.Node.get(admin, other.id).driver_info["ipmi_password"] == "mended"


def test_a_value_cannot_be_moved_inside_its_record(node: objects.Node, admin: Any) -> None:
    text = raw(models.NODES, node.id, "driver_info")
    put(models.NODES, node.id, "driver_info", text.replace('"ipmi_password"', '"shown"'))
    with pytest.raises(exception.SecretUnreadable):
        objects.Node.get(admin, node.id).driver_info["shown"]
    put(models.NODES, node.id, "instance_info", text)
    with pytest.raises(exception.SecretUnreadable):
        objects.Node.get(admin, node.id).instance_info["ipmi_password"]


def test_a_damaged_rule_is_neither_hidden_nor_skipped(database: str, admin: Any) -> None:
    rules = [
        objects.InspectionRule(admin, conditions=[], actions=[{"op": "fail", "args": [n]}])
        for n in "ab"
    ]
    for rule in rules:
        rule.create()
    put(
        models.INSPECTION_RULES,
        rules[0].id,
        "actions",
        raw(models.INSPECTION_RULES, rules[1].id, "actions"),
    )
    first, second = objects.InspectionRule.list(admin)
    assert first.actions == [encrypted.UNREADABLE]
    assert second.actions == [{"op": "fail", "args": ["b"]}]
    first.actions = [{"op": "fail", "args": ["mended"]}]
    first.save()
    assert objects.InspectionRule.get(admin, first.uuid).actions == [
        {"op": "fail", "args": ["mended"]}
    ]

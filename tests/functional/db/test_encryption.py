# SPDX-License-Identifier: Apache-2.0
"""Secrets are encrypted in the database: found nowhere in it, bound to their places, mended where they are damaged."""

import base64
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ironic_lite import objects
from ironic_lite.common import encrypted, exception, json_reading, redaction
from ironic_lite.conf import CONF
from ironic_lite.db import engine, models, types
from ironic_lite.db.encryption import cipher, columns, data_keys, keyring, rekey
from ironic_lite.db.encryption.wrapping import local
from ironic_lite.objects import announcing, payloads

SECRET = 'pl\u00e4nted/secret+\\"1'
DRIVE = base64.b64encode(b"H4sI planted drive" * 200).decode()
URL = "https://user:{}@images.example.org/a.qcow2".format("planted-in-url")

NO_SECRETS = {
    "allocations": {
        "name",
        "state",
        "owner",
        "last_error",
        "resource_class",
        "traits",
        "candidate_nodes",
    },
    "bios_settings": None,
    "chassis": {"description"},
    "conductor_hardware_interfaces": None,
    "conductors": None,
    "data_keys": None,
    "deploy_templates": {"name"},
    "firmware_components": None,
    "inspection_rules": {"description", "phase"},
    "mutexes": None,
    "node_history": None,
    "node_inventory": set(),
    "node_journal": None,
    "node_traits": None,
    "notifications": {"lane"},
    "portgroups": {"name", "address", "mode", "physical_network", "category"},
    "ports": {"address", "name", "description", "physical_network", "vendor", "category"},
    "received_inventory": set(),
    "runbook_traits": None,
    "runbooks": {"name", "description", "owner"},
    "volume_connectors": {"type", "connector_id"},
    "volume_targets": {"volume_type", "volume_id"},
}
"""Columns of text without secrets: names, states, and what was told of failures, which is masked. None: all."""


@pytest.fixture
def key_file(tmp_path: Path) -> Iterator[Path]:
    """Where the wrapping key is, for the length of one test."""
    file = tmp_path / "test.key"
    CONF.set_override("key_file", str(file), group="encryption")
    yield file
    CONF.clear_override("key_file", group="encryption")


@pytest.fixture
def own_keys(database: str, key_file: Path) -> Iterator[Path]:
    """A database without keys; other tests get it without keys of this one."""
    _forget_keys()
    yield key_file
    _forget_keys()


def _forget_keys() -> None:
    with engine.writer() as connection:
        connection.execute(sa.delete(models.DATA_KEYS))
    start_anew()


def start_anew() -> None:
    """As a process that has just been started: it knows no key."""
    keyring._current = None


@pytest.fixture
def node(admin: Any, database: str) -> objects.Node:
    made = objects.Node(
        admin,
        driver="ipmi",
        driver_info={"ipmi_address": "10.0.0.1", "ipmi_password": SECRET, "port": 623},
        instance_info={"image_source": URL, "configdrive": DRIVE, "capabilities": {"a": "b"}},
        extra={"notes": [{"token": SECRET}], "seen": True},
    )
    made.create()
    return made


def texts() -> str:
    """Everything in the database, as it stands there."""
    found = []
    with engine.reader() as connection:
        for table in models.METADATA.sorted_tables:
            wanted = [
                sa.type_coerce(c, sa.Text)
                for c in table.c
                if isinstance(c.type, (sa.Text, sa.String, sa.types.TypeDecorator))
                and not isinstance(c.type, types.UTCDateTime)
            ]
            for row in connection.execute(sa.select(*wanted)):
                found += [f"{table.name}: {text}" for text in row if text]
    return "\n".join(found)


def raw(table: sa.Table, record_id: int, name: str) -> str:
    statement = sa.select(sa.type_coerce(table.c[name], sa.Text)).where(table.c.id == record_id)
    with engine.reader() as connection:
        return str(connection.execute(statement).scalar_one())


def put(table: sa.Table, record_id: int, name: str, text: str) -> None:
    """Write into the database what no part of the service would."""
    values = {name: sa.literal(text, sa.Text)}
    with engine.writer() as connection:
        connection.execute(sa.update(table).where(table.c.id == record_id).values(values))


def forms(secret: str) -> set[str]:
    """How a secret may look in a text of JSON."""
    return {
        secret,
        json_reading.to_text(secret)[1:-1],
        base64.b64encode(secret.encode()).decode().rstrip("="),
    }


def assert_absent(*secrets: str) -> None:
    found = texts()
    assert encrypted.MARK in found
    for secret in secrets:
        for form in forms(secret):
            assert form not in found, form


def test_every_column_of_text_is_encrypted_or_holds_no_secret() -> None:
    for table in models.METADATA.sorted_tables:
        told = {
            column.name
            for column in table.c
            if isinstance(column.type, (sa.String, types.Told, types.JSONDict, types.JSONList))
        }
        told -= {"uuid", "revision", "message_id", "node_uuid"}
        guarded = set(columns.COLUMNS.get(table.name, {}))
        if table.name == "nodes":
            json = {c.name for c in table.c if isinstance(c.type, types.JSONDict)}
            assert guarded == json | {"agent_secret_token"}
        elif (harmless := NO_SECRETS[table.name]) is not None:
            assert told == guarded | harmless, table.name


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


def test_notifications_wait_encrypted(node: objects.Node, admin: Any) -> None:
    CONF.set_override("notification_level", "info")
    try:
        change = announcing.change(admin, "p", "baremetal.node.update", "end", payloads.NODE)
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


@pytest.fixture
def other(admin: Any, node: objects.Node) -> objects.Node:
    made = objects.Node(admin, driver="ipmi", driver_info={"ipmi_password": "of the other", "a": 1})
    made.create()
    return made


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


# Keys


def test_the_first_key_is_made_for_its_owner_alone(own_keys: Path, admin: Any) -> None:
    keyring.current().load()
    assert own_keys.stat().st_mode & 0o777 == 0o600
    (row,) = data_keys.all_rows()
    assert base64.b64decode(own_keys.read_bytes()) not in base64.urlsafe_b64decode(row["wrapped"])
    assert [entry.name for entry in own_keys.parent.iterdir()] == [own_keys.name]


def test_of_many_processes_at_a_first_start_all_get_the_same_key(own_keys: Path) -> None:
    rings = [keyring.Keyring() for _ in range(6)]
    failed: list[BaseException] = []

    def load(ring: keyring.Keyring) -> None:
        try:
            ring.load()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=load, args=(ring,)) for ring in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(data_keys.all_rows()) == 1
    assert len({ring.newest().number for ring in rings}) == 1


@pytest.mark.parametrize(
    ("harm", "error", "told"),
    [
        (
            lambda file: file.unlink(),
            exception.EncryptionKeyMissing,
            "{name} does not exist. Put the right key there",
        ),
        (
            lambda file: (file.unlink(), local.make(file)),
            exception.EncryptionKeyMissing,
            "encrypted with key [0-9a-f]{{16}}; the key file {name} has [0-9a-f]{{16}}\\. Put",
        ),
        (
            lambda file: file.chmod(0o640),
            exception.ConfigInvalid,
            r"{name} may be read by others \(mode 0640\). Run 'chmod 600",
        ),
        (
            lambda file: file.write_text("no key\n"),
            exception.ConfigInvalid,
            "{name} does not hold a key",
        ),
        (
            lambda file: file.write_bytes(b"\xff\0" * 99),
            exception.ConfigInvalid,
            "{name} does not hold a key",
        ),
        (lambda file: file.write_text(""), exception.ConfigInvalid, "{name} does not hold a key"),
        (
            lambda file: (file.unlink(), file.mkdir()),
            exception.ConfigInvalid,
            "{name} (cannot be read: Is a directory|may be read by others)",
        ),
    ],
    ids=["missing", "another", "open to others", "words", "bytes", "empty", "a directory"],
)
def test_without_the_right_key_nothing_starts_and_nothing_is_changed(
    own_keys: Path,
    node: objects.Node,
    harm: Callable[[Path], Any],
    error: type[exception.IronicLiteError],
    told: str,
) -> None:
    kept = own_keys.read_bytes()
    before = texts()
    harm(own_keys)
    start_anew()
    with pytest.raises(error, match=told.format(name=own_keys)) as caught:
        keyring.current().load()
    assert "\n" not in caught.value.message
    assert texts() == before
    if own_keys.is_dir():
        own_keys.rmdir()
    own_keys.unlink(missing_ok=True)
    own_keys.touch(mode=0o600)
    own_keys.write_bytes(kept)
    own_keys.chmod(0o600)
    start_anew()
    assert objects.Node.get(node._context, node.id).driver_info["ipmi_password"] == SECRET


def test_a_changed_data_key_is_told(own_keys: Path, node: objects.Node) -> None:
    (row,) = data_keys.all_rows()
    with engine.writer() as connection:
        wrong = row["wrapped"][:-6] + "AAAAAA"
        connection.execute(sa.update(models.DATA_KEYS).values(wrapped=wrong))
    start_anew()
    with pytest.raises(exception.EncryptionKeyMissing, match="was changed and cannot be unwrapped"):
        keyring.current().load()


def test_values_from_before_encryption_are_read_and_encrypted_when_written(
    own_keys: Path, node: objects.Node, admin: Any
) -> None:
    put(
        models.NODES,
        node.id,
        "driver_info",
        json_reading.to_text({"ipmi_password": SECRET, "a": 1}),
    )
    put(models.NODES, node.id, "agent_secret_token", "old-token")
    read = objects.Node.get(admin, node.id)
    assert read.driver_info == {"ipmi_password": SECRET, "a": 1}
    assert objects.Node.record_heartbeat(admin, node.id, "old-token", "http://x", "1")
    read.driver_info = {**read.driver_info, "a": 2}
    read.save()
    assert json_reading.to_text(SECRET)[1:-1] not in raw(models.NODES, node.id, "driver_info")


def test_beside_processes_that_cannot_decrypt_nothing_is_encrypted(
    own_keys: Path, node: objects.Node, admin: Any
) -> None:
    CONF.set_override("pin_release_version", "0.3")
    try:
        node.driver_info = {"ipmi_password": "plain"}
        node.save()
        assert raw(models.NODES, node.id, "driver_info") == '{"ipmi_password":"plain"}'
        sent = objects.Node.get(admin, node.id).obj_to_primitive("1.2")
        assert sent["ironic_lite_object.data"]["instance_info"]["configdrive"] == DRIVE
        with pytest.raises(exception.Conflict, match="remove the pin"):
            rekey.run(lambda line: None)
    finally:
        CONF.clear_override("pin_release_version")


# Changing keys


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """New keys are looked for at every write, so that nothing has to be waited for."""
    monkeypatch.setattr(keyring, "LEARNED_AFTER", 0.0)


def test_rekey_encrypts_everything_anew_and_changes_nothing_else(
    own_keys: Path, at_once: None, node: objects.Node, admin: Any
) -> None:
    plain = objects.Node(admin, driver="ipmi", driver_info={"a": 1})
    plain.create()
    put(models.NODES, plain.id, "driver_info", json_reading.to_text({"ipmi_password": SECRET}))
    assert objects.Node.claim_agent_token(admin, node.id, "planted-token")
    before = objects.Node.get(admin, node.id)
    assert rekey.look().plain == 1
    (old,) = data_keys.all_rows()
    lines: list[str] = []
    tally = rekey.run(lines.append)
    new = data_keys.all_rows()[-1]
    assert set(tally.by_key) == {new["id"]} and tally.plain == 0 and not tally.unreadable
    assert new["id"] != old["id"] and not new["in_rekey"]
    assert f"{encrypted.MARK}{old['id']}." not in texts()
    assert_absent(SECRET, "planted-token")
    after = objects.Node.get(admin, node.id)
    for name in (
        "driver_info",
        "instance_info",
        "extra",
        "revision",
        "updated_at",
        "agent_secret_token",
    ):
        assert getattr(after, name) == getattr(before, name), name
    assert objects.Node.get(admin, plain.id).driver_info == {"ipmi_password": SECRET}
    assert rekey.look().by_key == tally.by_key


def test_rekey_goes_on_where_it_was_cut_off(
    own_keys: Path,
    at_once: None,
    node: objects.Node,
    other: objects.Node,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keyring.current().load()
    write = rekey._Sweeper._write

    def cut(sweeper: Any, row: Any, new: Any) -> bool:
        if row["id"] == other.id:
            raise KeyboardInterrupt
        return bool(write(sweeper, row, new))

    monkeypatch.setattr(rekey._Sweeper, "_write", cut)
    with pytest.raises(KeyboardInterrupt):
        rekey.run(lambda line: None)
    first = data_keys.all_rows()[-1]
    assert first["in_rekey"]
    monkeypatch.setattr(rekey._Sweeper, "_write", write)
    lines: list[str] = []
    tally = rekey.run(lines.append)
    assert lines[0] == f"Going on with data key {first['id']}."
    assert set(tally.by_key) == {first["id"]}
    assert not data_keys.all_rows()[-1]["in_rekey"]


def test_rekey_tells_of_values_that_cannot_be_decrypted_and_leaves_them(
    own_keys: Path, at_once: None, node: objects.Node, other: objects.Node
) -> None:
    put(models.NODES, other.id, "driver_info", raw(models.NODES, node.id, "driver_info"))
    kept = raw(models.NODES, other.id, "driver_info")
    tally = rekey.run(lambda line: None)
    assert tally.unreadable == [f"nodes {other.uuid} driver_info"]
    assert raw(models.NODES, other.id, "driver_info") == kept


def test_nothing_is_lost_while_keys_change_and_others_write(
    own_keys: Path, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "LEARNED_AFTER", 0.2)
    made = []
    for number in range(30):
        one = objects.Node(admin, driver="ipmi", driver_info={"ipmi_password": f"start {number}"})
        one.create()
        assert objects.Node.claim_agent_token(admin, one.id, f"token {number}")
        made.append(one)
    stop = threading.Event()
    last: dict[int, str] = {}
    failed: list[BaseException] = []

    def write(share: list[objects.Node]) -> None:
        turn = 0
        try:
            while not stop.is_set():
                for one in share:
                    turn += 1
                    mine = objects.Node.reserve(admin, "me", one.id)
                    info = mine.driver_info
                    assert info["ipmi_password"] == last.get(one.id, info["ipmi_password"])
                    mine.driver_info = {**info, "ipmi_password": f"turn {turn}"}
                    mine.save()
                    last[one.id] = f"turn {turn}"
                    mine.release()
        except BaseException as error:
            failed.append(error)

    def call(share: list[objects.Node]) -> None:
        try:
            while not stop.is_set():
                for number, one in enumerate(share):
                    assert objects.Node.record_heartbeat(
                        admin, one.id, f"token {number}", "http://x", "1"
                    )
        except BaseException as error:
            failed.append(error)

    threads = [
        threading.Thread(target=write, args=(made[:15],)),
        threading.Thread(target=write, args=(made[15:],)),
        threading.Thread(target=call, args=(made,)),
    ]
    for thread in threads:
        thread.start()
    tallies = [rekey.run(lambda line: None) for _ in range(3)]
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed, failed
    assert last
    for one in made:
        read = objects.Node.get(admin, one.id).driver_info["ipmi_password"]
        assert read == last.get(one.id, read)
    assert set(rekey.look().by_key) == set(tallies[-1].by_key)


def test_a_running_process_learns_of_a_new_key(
    own_keys: Path, node: objects.Node, admin: Any
) -> None:
    """Another process makes it: this one meets it first in a value that it reads."""
    ring = keyring.current()
    number = ring.newest().number
    start_anew()
    keyring.LEARNED_AFTER, kept = 0.0, keyring.LEARNED_AFTER
    try:
        rekey.run(lambda line: None)
    finally:
        keyring.LEARNED_AFTER = kept
    keyring._current = engine.get(), ring
    assert objects.Node.get(admin, node.id).driver_info["ipmi_password"] == SECRET
    assert ring.newest().number > number


def test_the_wrapping_key_changes_too(
    own_keys: Path, at_once: None, node: objects.Node, admin: Any
) -> None:
    keyring.current().load()
    former = local.read_keys()[0].name
    name = local.add(own_keys)
    assert own_keys.stat().st_mode & 0o777 == 0o600
    assert [key.name for key in local.read_keys()] == [name, former]
    rekey.run(lambda line: None)
    assert {row["wrapped_by"] for row in data_keys.all_rows()} == {name}
    own_keys.write_bytes(own_keys.read_bytes().splitlines(keepends=True)[0])
    start_anew()
    assert objects.Node.get(admin, node.id).driver_info["ipmi_password"] == SECRET


def test_a_key_that_this_process_does_not_have_is_told_and_not_taken_for_damage(
    own_keys: Path, node: objects.Node, admin: Any, tmp_path: Path
) -> None:
    ring = keyring.current()
    ring.load()
    foreign = local.LocalKey("key:0123456789abcdef", AESGCM(cipher.new_key()))
    key = str(uuid.uuid4())
    data_keys.begin_rekey(key, lambda: (foreign.name, foreign.wrap(cipher.new_key(), key)))
    newest = data_keys.all_rows()[-1]["id"]
    put(
        models.NODES,
        node.id,
        "driver_info",
        raw(models.NODES, node.id, "driver_info")
        .replace("$sealed:", f"$sealed:{newest}")
        .replace(f"$sealed:{newest}{newest - 1}.", f"$sealed:{newest}."),
    )
    with pytest.raises(exception.EncryptionKeyMissing, match="0123456789abcdef"):
        _ = objects.Node.get(admin, node.id).driver_info
    # It goes on writing with the one that it has.
    ring._looked_at = 0.0
    assert ring.newest().number == newest - 1
    start_anew()
    with pytest.raises(exception.EncryptionKeyMissing):
        keyring.current().load()

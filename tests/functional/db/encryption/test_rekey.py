# SPDX-License-Identifier: Apache-2.0
"""Keys change while the service runs, and nothing is lost."""

import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ironic_lite import objects
from ironic_lite.common import encrypted, exception, json_reading
from ironic_lite.db import engine, models
from ironic_lite.db.encryption import cipher, data_keys, keyring, rekey, wrapping
from ironic_lite.db.encryption.rows import Guarded
from ironic_lite.db.encryption.wrapping import local
from tests.functional.db.encryption.raw_contents import (
    SECRET,
    assert_absent,
    put,
    raw,
    start_anew,
    texts,
)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for new keys at every write, so that the tests need not wait."""
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


def _exchange(number: int, known_as: str, wrapped: str | None = None) -> None:
    """Put another data key in the place of this one; as a process finds it that is started then."""
    if wrapped is None:
        wrapped = wrapping.wrap(cipher.new_key(), known_as)[1]
    with engine.writer() as connection:
        connection.execute(
            sa.update(models.DATA_KEYS)
            .where(models.DATA_KEYS.c.id == number)
            .values(uuid=known_as, wrapped=wrapped)
        )
    start_anew()


def test_rekey_leaves_values_whose_data_key_is_gone(
    own_keys: Path, at_once: None, node: objects.Node, admin: Any
) -> None:
    """It may come back with another backup; what was encrypted as a whole is no different."""
    assert objects.Node.claim_agent_token(admin, node.id, SECRET)
    objects.BIOSSetting.replace(admin, node.id, [{"name": "AdminPassword", "value": SECRET}])
    objects.NodeInventory(
        admin, node_id=node.id, inventory_data={"a": SECRET}, plugin_data={"b": SECRET}
    ).create()
    actions = [{"op": "set-attribute", "args": {"path": "x", "value": SECRET}}]
    rule = objects.InspectionRule(admin, description="", actions=actions, conditions=[])
    rule.create()
    former = data_keys.all_rows()[-1]
    _exchange(former["id"], str(uuid.uuid4()))
    rekey.run(lambda line: None)
    _exchange(former["id"], former["uuid"], former["wrapped"])
    assert objects.Node.get(admin, node.uuid).agent_secret_token == SECRET
    assert objects.NodeInventory.get(admin, node.id).inventory_data == {"a": SECRET}
    assert objects.InspectionRule.get(admin, rule.uuid).actions == actions
    (row,) = objects.BIOSSetting.REPOSITORY.rows(filters={"node_id": node.id})
    assert Guarded(models.BIOS_SETTINGS).plain(row, "value") == SECRET


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

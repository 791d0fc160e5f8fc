# SPDX-License-Identifier: Apache-2.0
"""The keys of secrets in the database: made once, for their owner alone; without the right ones nothing starts."""

import base64
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ironic_lite import objects
from ironic_lite.common import exception, json_reading
from ironic_lite.db import engine, models
from ironic_lite.db.encryption import data_keys, keyring
from ironic_lite.db.encryption.wrapping import local
from tests.functional.db.encryption.raw_contents import (
    SECRET,
    put,
    raw,
    start_anew,
    texts,
)


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
            lambda file: (file.unlink(), local.make(file)),  # type: ignore[func-returns-value]
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

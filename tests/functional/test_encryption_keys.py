# SPDX-License-Identifier: Apache-2.0
"""The keys of the secrets in the database, as an operator handles them."""

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.functional.deployment import Deployment
from tests.functional.servers.ports import free_port

PLAIN = "planted-before-encryption"


def test_a_key_is_made_at_the_first_start_and_needed_at_every_other(
    make_deployment: Callable[..., Deployment], sqlite_url: str
) -> None:
    cloud = make_deployment(database=sqlite_url, options={"encryption": {"key_file": None}})
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    key = database.with_suffix(".key")
    cloud.start_all_in_one()
    assert key.stat().st_mode & 0o777 == 0o600
    node = cloud.create_node(driver="fake-hardware", driver_info={"a_password": "planted-one"})
    status, told = cloud.command("status")
    assert (
        status == 0 and "secrets       ok      encrypted with data key 1, wrapped by key:" in told
    )
    assert cloud.api is not None
    cloud.api.terminate()
    cloud.api.wait(30)
    kept = key.read_bytes()
    key.rename(key.with_suffix(".away"))
    for command in (("up",), ("db", "upgrade"), ("db", "keys"), ("db", "rekey")):
        status, told = cloud.command(*command)
        assert status == 2, told
        assert told.count("\n") == 1, told
        assert f"{key} does not exist. Put the right key there" in told
    status, told = cloud.command("status")
    assert (
        status == 1
        and "secrets       FAILED  The secrets in the database are encrypted with key" in told
    )
    assert not key.exists()
    key.touch(mode=0o600)
    key.write_bytes(kept)
    key.chmod(0o644)
    status, told = cloud.command("up", "--check")
    assert (status, told) == (
        2,
        f"ironic-lite up: The key file {key} may be read by others (mode 0644). Run 'chmod 600 {key}'.\n",
    )
    key.chmod(0o600)
    cloud.start_all_in_one()
    assert cloud.node(node)["driver_info"] == {"a_password": "******"}


def test_what_stands_plain_in_the_database_is_encrypted_by_rekey(
    make_deployment: Callable[..., Deployment], sqlite_url: str
) -> None:
    cloud = make_deployment(database=sqlite_url)
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    cloud.start_all_in_one()
    node = cloud.create_node(driver="fake-hardware", driver_info={"a_password": PLAIN})
    assert PLAIN.encode() not in _files(database)
    plain = [
        json.dumps({name: PLAIN * times}) for name, times in (("a_password", 1), ("secret", 2000))
    ]
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE nodes SET driver_info = ?, extra = ?", plain)
    assert PLAIN.encode() in _files(database)
    assert cloud.api is not None
    cloud.api.terminate()
    cloud.api.wait(30)
    cloud = Deployment(cloud.directory, sqlite_url)
    with cloud:
        cloud.start_all_in_one()
        status, told = cloud.command("db", "keys")
        assert status == 1 and "not encrypted: 2 secrets (run 'ironic-lite db rekey')" in told
        before = cloud.request("GET", f"/v1/nodes/{node}")
        status, told = cloud.command("db", "rekey")
        assert status == 0, told
        assert "New data key 2." in told and "All 2 secrets are encrypted." in told
        after = cloud.request("GET", f"/v1/nodes/{node}")
        assert after.content == before.content
        assert after.headers["ETag"] == before.headers["ETag"]
        assert PLAIN.encode() not in _files(database)
        status, told = cloud.command("db", "keys")
        assert status == 0 and "data key 2: 2 secrets, made" in told
        # The wrapping key, too, while the service runs.
        status, told = cloud.command("db", "key")
        assert status == 2 and "exists already" in told
        status, told = cloud.command("db", "key", "--add")
        assert status == 0 and "is the first key in" in told
        status, told = cloud.command("db", "rekey")
        assert status == 0 and "2 data keys are wrapped by key:" in told
        cloud.set_provision_state(node, "manage", until="manageable")
        assert cloud.node(node)["extra"] == {"secret": PLAIN * 2000}


def _files(database: Path) -> bytes:
    return b"".join(file.read_bytes() for file in database.parent.glob(f"{database.name}*"))


def test_a_machine_with_another_key_does_not_start(
    make_deployment: Callable[..., Deployment], mariadb_url: str, rabbitmq_url: str
) -> None:
    cloud = make_deployment(database=mariadb_url, transport=rabbitmq_url)
    cloud.start_api()
    cloud.add_conductor("c1")
    other = Deployment(cloud.directory / "other", mariadb_url, rabbitmq_url)
    other.directory.mkdir()
    with other:
        status, told = other.command("conductor")
        assert status == 2 and told.count("\n") == 1, told
        assert f"{other.directory}/ironic-lite.key does not exist. Put the right key there" in told
        assert other.command("db", "key")[0] == 0
        status, told = other.command("conductor")
        assert status == 2 and f"the key file {other.directory}/ironic-lite.key has" in told
    assert cloud.alive() == {"c1"}


def _refused(cloud: Deployment) -> str:
    """Return the one line that the check prints."""
    status, told = cloud.command("up", "--check")
    assert status == 2
    return told.splitlines()[-1]


def test_a_check_finds_whatever_a_start_would_refuse(
    make_deployment: Callable[..., Deployment], sqlite_url: str
) -> None:
    """The check reports every state of the keys, and changes nothing."""
    options: dict[str, dict[str, object]] = {"encryption": {"key_file": None}}
    cloud = make_deployment(database=sqlite_url, options=options)
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    key = database.with_suffix(".key")
    assert cloud.command("up", "--check")[0] == 0
    assert not key.exists() and not database.exists()
    assert cloud.command("db", "upgrade")[0] == 0
    kept = key.read_bytes()
    assert cloud.command("up", "--check")[0] == 0
    key.rename(key.with_suffix(".away"))
    assert f"{key} does not exist. Put the right key there" in _refused(cloud)
    assert not key.exists()
    key.mkdir(mode=0o700)
    assert "cannot be read: Is a directory" in _refused(cloud)
    key.rmdir()
    for content, expected in (
        (b"nonsense\n", "does not hold a key"),
        (b"A" * 43 + b"=\n", f"the key file {key} has"),
    ):
        key.touch(mode=0o600)
        key.write_bytes(content)
        assert expected in _refused(cloud)
        key.unlink()
    key.touch(mode=0o600)
    key.write_bytes(kept)
    assert cloud.command("up", "--check")[0] == 0


def test_status_makes_no_key(make_deployment: Callable[..., Deployment], sqlite_url: str) -> None:
    cloud = make_deployment(database=sqlite_url, options={"encryption": {"key_file": None}})
    key = Path(sqlite_url.removeprefix("sqlite:///")).with_suffix(".key")
    assert cloud.command("db", "upgrade")[0] == 0
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("DELETE FROM data_keys")
    key.unlink()
    _, told = cloud.command("status")
    assert "secrets       ok      none yet; the first start makes a key" in told
    assert cloud.command("up", "--check")[0] == 0
    assert not key.exists()


def test_a_key_that_cannot_be_made(
    make_deployment: Callable[..., Deployment], sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    options = {"encryption": {"key_file": str(tmp_path / "file" / "secret.key")}}
    cloud = make_deployment(database=sqlite_url, options=options)
    line = _refused(cloud)
    assert "secret.key cannot be made: Not a directory" in line
    status, told = cloud.command("up")
    assert status == 2 and line in told


def test_a_credential_that_is_not_handed_over(
    make_deployment: Callable[..., Deployment], sqlite_url: str
) -> None:
    cloud = make_deployment(
        database=sqlite_url, options={"encryption": {"key_provider": "systemd"}}
    )
    assert "systemd has handed over no credential ironic-lite.key" in _refused(cloud)


def test_a_vault_that_does_not_answer(
    make_deployment: Callable[..., Deployment], sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("t")
    vault = {
        "key_provider": "vault",
        "vault_url": f"http://127.0.0.1:{free_port()}",
        "vault_token_file": str(tmp_path / "token"),
    }
    cloud = make_deployment(database=sqlite_url, options={"encryption": vault})
    assert "did not wrap a data key" in _refused(cloud)


def test_a_check_asks_the_database_server(make_deployment: Callable[..., Deployment]) -> None:
    nowhere = f"mysql+pymysql://u:sesame@127.0.0.1:{free_port()}/x"
    cloud = make_deployment(database=nowhere, options={"database": {"max_retries": 0}})
    told = _refused(cloud)
    assert "cannot be used" in told and "sesame" not in told

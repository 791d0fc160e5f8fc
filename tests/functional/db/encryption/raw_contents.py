# SPDX-License-Identifier: Apache-2.0
"""Reads the raw contents of the database, and searches them for secrets."""

import base64

import sqlalchemy as sa

from ironic_lite.common import encrypted, json_reading
from ironic_lite.db import engine, models, types
from ironic_lite.db.encryption import keyring

SECRET = 'pl\u00e4nted/secret+\\"1'
DRIVE = base64.b64encode(b"H4sI planted drive" * 200).decode()
URL = "https://user:{}@images.example.org/a.qcow2".format("planted-in-url")


def forget_keys() -> None:
    """Leave a database without keys."""
    with engine.writer() as connection:
        connection.execute(sa.delete(models.DATA_KEYS))
    start_anew()


def start_anew() -> None:
    """As a process that has just been started: it knows no key."""
    keyring._current = None


def texts() -> str:
    """Return the raw contents of the database."""
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
    """Write raw values into the database that the service itself would not write."""
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

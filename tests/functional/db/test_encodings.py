# SPDX-License-Identifier: Apache-2.0
"""Text is stored unchanged and compared byte by byte; a database that cannot do this is refused at the start."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.db import conductors, engine, node_items, nodes
from ironic_lite.db.allocations import allocations
from ironic_lite.db.ports import ports
from tests.functional.servers.postgresql import PostgreSQL
from tests.waiting import PATIENCE

NUL = "a\0b"


@pytest.mark.parametrize(
    ("encoding", "command"),
    [("SQL_ASCII", ["db", "upgrade"]), ("LATIN1", ["conductor"]), ("EUC_JP", ["api"])],
)
def test_a_database_in_another_encoding_is_refused(
    postgresql_server: PostgreSQL, tmp_path: Path, encoding: str, command: list[str]
) -> None:
    file = tmp_path / "ironic-lite.conf"
    file.write_text(
        f"[DEFAULT]\nstate_path = {tmp_path}\ntransport_url = rabbit://127.0.0.1:1\n"
        f"[api]\nport = 0\n"
        f"[database]\nconnection = {postgresql_server.create_database(encoding)}\n"
    )
    program = Path(sys.executable).with_name("ironic-lite")
    ended = subprocess.run(
        [program, "--config-file", file, *command],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode not in (0, None)
    assert f"is in the encoding {encoding}" in ended.stderr
    assert "ENCODING 'UTF8' TEMPLATE template0" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "url",
    [
        "mysql+pymysql://u:p@h/d?charset=latin1",
        "mysql+pymysql://u:p@h/d?charset=utf8mb3",
        "postgresql+psycopg://u:p@h/d?client_encoding=latin1",
    ],
)
def test_an_address_with_another_character_set_is_refused(url: str) -> None:
    CONF.set_override("connection", url, group="database")
    try:
        with pytest.raises(exception.ConfigInvalid, match="has to be utf"):
            engine.url()
    finally:
        CONF.clear_override("connection", group="database")


def test_blanks_at_the_end_are_told_apart(database: str) -> None:
    node = nodes.create({"driver": "ipmi", "name": "n", "resource_class": "metal"})
    nodes.create({"driver": "ipmi", "owner": "p ", "conductor_group": "g"})
    for name in ("eth0", "eth0 ", "eth0  "):
        ports.create(
            {"node_id": node["id"], "name": name, "address": f"52:54:00:00:00:0{len(name)}"}
        )
    for class_ in ("metal", "metal "):
        allocations.create({"resource_class": class_, "name": f"of {class_}"})
    assert [row["name"] for row in ports.rows(filters={"name": "eth0"})] == ["eth0"]
    assert [row["name"] for row in nodes.rows(filters={"resource_class": "metal"})] == ["n"]
    for filters in ({"resource_class": "metal "}, {"owner": "p"}, {"name": "n "}):
        assert nodes.rows(filters=filters) == [], filters
    assert len(allocations.rows(filters={"resource_class": "metal "})) == 1
    with pytest.raises(exception.NodeNotFound):
        nodes.get("n ")


def test_what_letters_there_are_is_kept(database: str) -> None:
    texts = ["Grüße", "Кириллица", "日本語", "𐍈 and 🂡", "e\u0301 is not \u00e9"]
    node = nodes.create({"driver": "ipmi", "extra": {"texts": texts}, "description": texts[3]})
    assert nodes.get(node["uuid"])["extra"]["texts"] == texts
    assert nodes.get(node["uuid"])["description"] == texts[3]


def test_the_case_of_a_conductor_group_does_not_matter(database: str) -> None:
    node = nodes.create({"driver": "ipmi", "conductor_group": "Rack-1"})
    assert node["conductor_group"] == "rack-1"
    for group in ("rack-1", "RACK-1"):
        assert [row["id"] for row in nodes.rows(filters={"conductor_group": group})] == [node["id"]]
    nodes.update(node["id"], {"conductor_group": "RACK-2"})
    assert nodes.get(node["id"])["conductor_group"] == "rack-2"


@pytest.mark.parametrize(
    ("repository", "filters"),
    [
        (nodes, {"shard": [NUL]}),
        (nodes, {"conductor_group": NUL}),
        (nodes, {"description_contains": NUL}),
        (ports, {"name": NUL}),
        (ports, {"conductor_group_in": [NUL]}),
        (allocations, {"resource_class": NUL}),
        (node_items.bios_settings, {"name": NUL}),
    ],
)
def test_a_question_with_nul_is_answered(database: str, repository: Any, filters: Any) -> None:
    """No text holds NUL. PostgreSQL would refuse the question, the others answer it."""
    assert repository.rows(filters=filters) == []


def test_nul_names_nothing(database: str) -> None:
    with pytest.raises(exception.PortNotFound):
        ports.get(NUL)
    with pytest.raises(exception.AllocationNotFound):
        allocations.get(NUL)
    with pytest.raises(exception.ConductorNotFound):
        conductors.get_by_hostname(NUL)
    with pytest.raises(exception.ConductorNotFound):
        conductors.rows(marker=NUL)

# SPDX-License-Identifier: Apache-2.0
"""A copy of the database has no secret, whatever the service does at that moment.

Secrets are planted wherever a client, a BMC or an agent may leave some; then servers go through their flows, while
every table is read over and over as it stands.
"""

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ironic_lite_simulator import images
from tests.functional.rack.cloud import Cloud, Server, running
from tests.waiting import wait_for

BMC = "bmc-planted-7f2e"
PLANTED = {
    "bmc": BMC,
    "odd": 'quote"planted-back\\slash-\u00fc-9a41',
    "nested": "planted-nested-c035",
    "url": "planted-url-61bd",
    "signed": "https://images.example.org/planted-signed-url-02fe",
    "drive": "planted-user-data-d77a",
    "rescue": "planted-rescue-58c3",
    "chap": "planted-chap-3d90",
    "template": "planted-template-argument-e6f4",
    "rule": "planted-by-rule-b8a2",
    "ramdisk": "planted-in-inventory-4471",
    "failure": "planted-in-failure-90ce",
    "patched": "planted-by-patch-1c5d",
    "extra": "planted-in-extra-aa63",
    "port": "planted-at-port-7e19",
}


def forms(secret: str) -> set[bytes]:
    """How a secret may look: as it is, in JSON, in JSON in JSON, and in base64, wherever it begins there."""
    texts = {secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret)[1:-1])[1:-1]}
    texts |= {json.dumps(secret, ensure_ascii=False)[1:-1]}
    found = {text.encode() for text in texts}
    for before in range(3):
        # The characters at both ends depend on what stands beside them.
        encoded = base64.b64encode(b"x" * before + secret.encode())
        found.add(encoded[4 if before else 0 : -4])
    return found


FORMS = {name: forms(secret) for name, secret in PLANTED.items()}


class Watch:
    """Reads the database again and again."""

    def __init__(self, url: str) -> None:
        address = sa.make_url(url)
        drivers = {"mysql": "mysql+pymysql", "postgresql": "postgresql+psycopg", "sqlite": "sqlite"}
        self._engine = sa.create_engine(address.set(drivername=drivers[address.get_backend_name()]))
        self._file = address.database if address.get_backend_name() == "sqlite" else None
        self.found: set[str] = set()
        self.tokens: set[str] = set()
        self.rounds = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self.look()

    def look(self) -> None:
        """Look for all secrets once."""
        with self._engine.connect() as connection:
            tables = sa.inspect(connection).get_table_names()
            for table in tables:
                for row in connection.execute(
                    sa.select(sa.text("*")).select_from(sa.table(table))
                ).mappings():
                    for column, value in row.items():
                        if isinstance(value, str):
                            self._search(value.encode(), f"{table}.{column}")
                    if table == "nodes" and row["agent_secret_token"]:
                        self.tokens.add(row["agent_secret_token"])
        for name in ("", "-wal") if self._file else ():
            file = Path(f"{self._file}{name}")
            if file.exists():
                self._search(file.read_bytes(), file.name)
        self.rounds += 1

    def _search(self, content: bytes, where: str) -> None:
        for name, known in FORMS.items():
            if any(form in content for form in known):
                self.found.add(f"{name} in {where}")


@pytest.fixture
def cloud(database_url: str, tmp_path: Path) -> Iterator[Cloud]:
    """A service whose notifications stay in the outbox: their broker is never there."""
    with running(
        tmp_path,
        database=database_url,
        password=BMC,
        DEFAULT={"notification_level": "debug"},
        oslo_messaging_notifications={"transport_url": "rabbit://guest:guest@127.0.0.1:1/"},
        inspector={"hooks": "$default_hooks,memory"},
    ) as made:
        yield made


def test_no_flow_leaves_a_secret_in_the_database(cloud: Cloud, database_url: str) -> None:
    with Watch(database_url) as watch:
        server = _enrolled(cloud)
        _inspect(cloud, server)
        _clean(cloud, server)
        _deploy(cloud, server)
        _rescue(cloud, server)
        _fail(cloud, server)
        wait_for(lambda: watch.rounds > 10, "the database to be looked at")
        watch.look()
        assert watch.found == set()
        # There were agents, and every one of their tokens was encrypted.
        assert watch.tokens
        assert not [token for token in watch.tokens if not token.startswith("$sealed:")]
        _rekey(cloud, server)
        watch.look()
        assert watch.found == set()


def _enrolled(cloud: Cloud) -> Server:
    rescue = {
        "rescue_kernel": cloud.image(images.KERNEL),
        "rescue_ramdisk": cloud.image(images.RAMDISK),
    }
    secrets = {
        "redfish_password": PLANTED["odd"],
        "credentials": [{"user": "u", "key": PLANTED["nested"]}],
        "mirror": f"https://user:{PLANTED['url']}@mirror.example.org/",
    }
    server = cloud.enrol(
        driver_info={**rescue, **secrets},
        rescue_interface="agent",
        extra={"note": {"password": PLANTED["extra"]}},
        properties={"bios_password": PLANTED["extra"]},
        network_data={
            "links": [],
            "networks": [],
            "services": [{"type": "dns", "address": "192.0.2.1", "password": PLANTED["extra"]}],
        },
        instance_info={"image_url": PLANTED["signed"]},
    )
    call = cloud.service.call
    (port,) = call("GET", f"/v1/ports?node={server.node}")["ports"]
    call(
        "PATCH",
        f"/v1/ports/{port['uuid']}",
        [{"op": "add", "path": "/extra/auth_token", "value": PLANTED["port"]}],
    )
    call(
        "POST",
        "/v1/volume/targets",
        {
            "node_uuid": server.node,
            "volume_type": "iscsi",
            "volume_id": "v1",
            "boot_index": 0,
            "properties": {
                "auth_method": "CHAP",
                "auth_username": "u",
                "auth_password": PLANTED["chap"],
            },
            "extra": {"secret": PLANTED["chap"]},
        },
    )
    cloud.manage(server)
    call(
        "PATCH",
        f"/v1/nodes/{server.node}",
        [{"op": "add", "path": "/driver_info/snmp_password", "value": PLANTED["patched"]}],
    )
    return server


def _inspect(cloud: Cloud, server: Server) -> None:
    """By the agent, under a rule that sets a password; and with data of a ramdisk that tells too much."""
    arguments = {"path": "/driver_info/set_password", "value": PLANTED["rule"]}
    rule = {"actions": [{"op": "set-attribute", "args": arguments}], "conditions": []}
    made = cloud.service.call("POST", "/v1/inspection_rules", rule)["uuid"]
    cloud.provision(server, "inspect", "manageable")
    shown = cloud.show(server)
    assert shown["driver_info"]["set_password"] == "******"
    assert shown["properties"]["memory_mb"]
    cloud.service.call("DELETE", f"/v1/inspection_rules/{made}")
    found = cloud.service.call("GET", f"/v1/nodes/{server.node}/inventory")
    cloud.rack.set_faults(server.index, agent_never_boots=True)
    cloud.provision(server, "inspect", "inspect wait")
    found["inventory"]["boot"] = {"kernel_cmdline": PLANTED["ramdisk"]}
    data = {"inventory": found["inventory"], "logs": PLANTED["ramdisk"]}
    cloud.service.call("POST", f"/v1/continue_inspection?node_uuid={server.node}", data)
    cloud.service.wait_for_node(server.node, provision_state="manageable", reservation=None)
    cloud.rack.set_faults(server.index, agent_never_boots=False)
    kept = cloud.service.call("GET", f"/v1/nodes/{server.node}/inventory")
    assert kept["inventory"]["boot"] == {"kernel_cmdline": PLANTED["ramdisk"]}


def _clean(cloud: Cloud, server: Server) -> None:
    """By hand with a step that does not take its argument, and as every node before it becomes available."""
    step = {
        "interface": "deploy",
        "step": "erase_devices_metadata",
        "args": {"password": PLANTED["template"]},
    }
    cloud.provision(server, "clean", "clean failed", clean_steps=[step])
    cloud.provision(server, "manage", "manageable")
    cloud.service.call(
        "POST",
        "/v1/deploy_templates",
        {
            "name": "CUSTOM_PLANTED",
            "steps": [
                {
                    "interface": "deploy",
                    "step": "write_image",
                    "args": {"admin_password": PLANTED["template"]},
                    "priority": 0,
                }
            ],
        },
    )
    cloud.provision(server, "provide", "available")


def _deploy(cloud: Cloud, server: Server) -> None:
    drive = {"user_data": PLANTED["drive"], "meta_data": {"admin_pass": PLANTED["drive"]}}
    cloud.deploy(server, {**cloud.disk_image(), "image_url": PLANTED["signed"]}, configdrive=drive)
    server.wait_booted()


def _rescue(cloud: Cloud, server: Server) -> None:
    cloud.provision(server, "rescue", "rescue", rescue_password=PLANTED["rescue"])
    cloud.provision(server, "unrescue", "active")
    server.wait_booted()


def _fail(cloud: Cloud, server: Server) -> None:
    """A failure whose text holds a password."""
    cloud.provision(server, "deleted", "available")
    cloud.provision(server, "manage", "manageable")
    cloud.rack.set_faults(server.index, inspection_error=f"no login: password={PLANTED['failure']}")
    node = cloud.provision(server, "inspect", "inspect failed")
    assert "password=******" in node["last_error"]
    cloud.rack.set_faults(server.index, inspection_error=None)
    cloud.provision(server, "manage", "manageable")


def _rekey(cloud: Cloud, server: Server) -> None:
    """While the service runs, and it goes on."""
    status, told = cloud.service.command("db", "rekey")
    assert status == 0, told
    status, told = cloud.service.command("db", "keys")
    assert status == 0, told
    cloud.service.set_power_state(server.node, "power on")
    cloud.service.set_power_state(server.node, "power off")

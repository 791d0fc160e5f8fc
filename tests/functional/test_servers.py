# SPDX-License-Identifier: Apache-2.0
"""The test servers themselves, each used with a common client."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import kombu
import pytest
import sqlalchemy

from tests.functional.servers import ipmi_sim, mariadb, ports, process, rabbitmq
from tests.waiting import PATIENCE, wait_for


def ipmitool(
    bmc: ipmi_sim.BMC, *command: str, password: str | None = None
) -> subprocess.CompletedProcess[str]:
    argv = [process.find_program("ipmitool"), "-I", "lanplus", "-C", "3", "-N", "1", "-R", "2"]
    argv += [
        "-H",
        bmc.address,
        "-p",
        str(bmc.port),
        "-U",
        bmc.username,
        "-P",
        password or bmc.password,
    ]
    return subprocess.run(
        [*argv, *command], capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_a_database_per_test_on_every_kind_of_server(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE node (name VARCHAR(10))"))
        connection.execute(sqlalchemy.text("INSERT INTO node VALUES ('n\u00f60')"))
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("SELECT name FROM node")).scalars().all() == [
            "n\u00f60"
        ]
    engine.dispose()


def test_databases_are_empty(mariadb_server: mariadb.MariaDB) -> None:
    first, second = mariadb_server.create_database(), mariadb_server.create_database()
    assert first != second
    engine = sqlalchemy.create_engine(second)
    assert sqlalchemy.inspect(engine).get_table_names() == []
    engine.dispose()


def test_rabbitmq_carries_a_message(rabbitmq_url: str) -> None:
    with (
        kombu.Connection(rabbitmq_url.replace("rabbit://", "amqp://")) as connection,
        connection.SimpleQueue("first-light") as queue,
    ):
        queue.put({"power": "on"})
        message = queue.get(timeout=PATIENCE)
        message.ack()
        assert message.payload == {"power": "on"}


def test_rabbitmq_comes_back_with_its_data(breakable_rabbitmq_server: rabbitmq.RabbitMQ) -> None:
    broker = breakable_rabbitmq_server
    url = broker.create_vhost().replace("rabbit://", "amqp://")
    with kombu.Connection(url) as connection, connection.SimpleQueue("kept") as queue:
        queue.put("still here")
    broker.stop()
    with pytest.raises(OSError), kombu.Connection(url, connect_timeout=2) as connection:
        connection.connect()
    broker.start()
    with kombu.Connection(url) as connection, connection.SimpleQueue("kept") as queue:
        assert queue.get(timeout=PATIENCE).payload == "still here"


def test_ipmi_power_reaches_the_chassis(bmc: ipmi_sim.BMC) -> None:
    assert "Power is off" in ipmitool(bmc, "power", "status").stdout
    assert ipmitool(bmc, "power", "on").returncode == 0
    bmc.wait_for_power(on=True)
    bmc.powered_on = False
    assert "Power is off" in ipmitool(bmc, "power", "status").stdout


def test_ipmi_boot_device_reaches_the_chassis(bmc: ipmi_sim.BMC) -> None:
    assert ipmitool(bmc, "chassis", "bootdev", "pxe").returncode == 0
    assert bmc.boot_device == "pxe"
    assert ipmitool(bmc, "chassis", "bootdev", "disk").returncode == 0
    assert bmc.history == ["boot pxe", "boot default"]


def test_ipmi_soft_power_off_is_up_to_the_operating_system(bmc: ipmi_sim.BMC) -> None:
    bmc.powered_on = True
    bmc.ignore_soft_power_off()
    ipmitool(bmc, "power", "soft")
    assert bmc.history == ["shutdown 1"]
    assert bmc.powered_on


def test_ipmi_refuses_a_wrong_password(bmc: ipmi_sim.BMC) -> None:
    assert ipmitool(bmc, "power", "on", password="wrong").returncode != 0
    assert not bmc.powered_on


def test_bmcs_are_separate_and_come_back(start_bmc: Callable[..., ipmi_sim.BMC]) -> None:
    first, second = start_bmc("n0"), start_bmc("n1", password="another")
    ipmitool(first, "power", "on")
    assert (first.powered_on, second.powered_on) == (True, False)
    first.stop()
    first.start()
    assert "Power is on" in ipmitool(first, "power", "status").stdout
    assert "Power is off" in ipmitool(second, "power", "status").stdout


def test_missing_programs_say_how_to_install_them() -> None:
    with pytest.raises(process.ServerMissing, match="is not installed: run `make test-servers`"):
        process.find_program("a-server-that-nobody-has")


def test_a_server_that_ends_early_shows_its_log(tmp_path: Path) -> None:
    server = process.ServerProcess(
        "short",
        [sys.executable, "-c", "print('no such option'); raise SystemExit(3)"],
        log=tmp_path / "log",
        drop_privileges=False,
    )
    server.start()
    with pytest.raises(process.ServerFailed, match=r"(?s)exited with 3.*no such option"):
        server.wait_until(lambda: False, "never")


def test_stop_ends_a_process_that_ignores_sigterm(tmp_path: Path) -> None:
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    server = process.ServerProcess(
        "deaf", [sys.executable, "-c", program], log=tmp_path / "log", drop_privileges=False
    )
    server.start()
    wait_for(lambda: "deaf" in server.log_tail(), "the process to ignore SIGTERM")
    server.stop(grace=0.2)
    assert server.returncode == -signal.SIGKILL


def test_ports_are_free_and_distinct() -> None:
    taken = [ports.free_port() for _ in range(20)]
    assert len(set(taken)) == 20
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", taken[0]))

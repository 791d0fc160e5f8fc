# SPDX-License-Identifier: Apache-2.0
"""Readings of a BMC's sensors, told over RabbitMQ."""

from collections.abc import Callable
from pathlib import Path

from tests.functional.deployment import Deployment
from tests.functional.notifications import DURABLE, Listener
from tests.functional.servers import ipmi_sim
from tests.waiting import wait_for


def test_readings_are_sent(
    make_deployment: Callable[..., Deployment], sqlite_url: str, rabbitmq_url: str
) -> None:
    options = {
        **DURABLE,
        "sensor_data": {
            "send_sensor_data": True,
            "interval": 1,
            "data_types": "temperature",
            "enable_for_undeployed_nodes": True,
        },
        "oslo_messaging_notifications": {"transport_url": rabbitmq_url},
    }
    listener = Listener(rabbitmq_url, topic="notifications", levels=("info",))
    with ipmi_sim.running(temperatures={"CPU Temp": 42, "Inlet": 23}) as bmc:
        cloud = make_deployment(database=sqlite_url, options=options)
        cloud.start_all_in_one()
        node = cloud.create_node(driver="ipmi", name="one", driver_info=bmc.driver_info)
        cloud.create_node(driver="fake-hardware")
        message = wait_for(listener.received, "readings", interval=0.2)[0]
        assert message["event_type"] == "hardware.ipmi.metrics"
        assert message["priority"] == "INFO"
        assert message["publisher_id"] == "ironic-conductor.all-in-one"
        told = message["payload"]
        assert (told["node_uuid"], told["node_name"]) == (node, "one")
        assert told["event_type"] == "hardware.ipmi.metrics.update"
        sensors = told["payload"]["Temperature"]
        assert sensors["CPU Temp (0x1)"]["Sensor Reading"].startswith("42")
        assert sensors["Inlet (0x2)"]["Status"] == "ok"
        assert {m["payload"]["node_uuid"] for m in listener.received()} == {node}
        assert bmc.password not in "".join(listener.raw)


def test_the_prometheus_exporter_of_ironic(
    make_deployment: Callable[..., Deployment], sqlite_url: str, tmp_path: Path
) -> None:
    """Two servers, one of them with a discrete sensor that has no reading: both are read."""
    location = tmp_path / "metrics"
    options = {
        "sensor_data": {
            "send_sensor_data": True,
            "interval": 1,
            "enable_for_undeployed_nodes": True,
        },
        "oslo_messaging_notifications": {"driver": "prometheus_exporter", "location": location},
    }
    with (
        ipmi_sim.running(
            "one", temperatures={"CPU Temp": 42}, power_supplies={"PS1": True, "PS2": False}
        ) as one,
        ipmi_sim.running("two", temperatures={"Inlet": 23}) as two,
    ):
        cloud = make_deployment(database=sqlite_url, options=options)
        cloud.start_all_in_one()
        for bmc in (one, two):
            cloud.create_node(driver="ipmi", name=bmc.name, driver_info=bmc.driver_info)
        told = {
            name: wait_for(
                lambda file=location / f"{name}-hardware.ipmi.metrics": _lines(file),
                f"the readings of {name}",
                interval=0.2,
            )
            for name in ("one", "two")
        }
        assert _values(told["one"], "baremetal_cpu_temp_celsius") == {"CPU Temp (0x1)": 42.0}
        assert _values(told["two"], "baremetal_inlet_celsius") == {"Inlet (0x1)": 23.0}
        # A discrete sensor is 0 or not, and one without a reading is not there.
        assert list(_values(told["one"], "baremetal_power_ps")) == ["PS1 (0x60)"]
        assert cloud.api is not None
        assert "does not take" not in cloud.api.log_tail(2000)


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def _values(lines: list[str], metric: str) -> dict[str, float]:
    """Sensor -> value of one metric, from Prometheus's text form."""
    found = {}
    for line in lines:
        if line.startswith(metric + "{"):
            labels, _, value = line.partition("} ")
            found[labels.partition('sensor_id="')[2].partition('"')[0]] = float(value)
    return found


def test_a_node_that_a_notification_driver_fails_on_keeps_nobody_from_the_readings(
    make_deployment: Callable[..., Deployment], sqlite_url: str, tmp_path: Path
) -> None:
    location = tmp_path / "metrics"
    options = {
        "sensor_data": {
            "send_sensor_data": True,
            "interval": 1,
            "workers": 1,
            "enable_for_undeployed_nodes": True,
        },
        "oslo_messaging_notifications": {"driver": "prometheus_exporter", "location": location},
    }
    # The file of the first one cannot be written: a directory has its name.
    (location / "a-hardware.ipmi.metrics" / "x").mkdir(parents=True)
    with ipmi_sim.running(temperatures={"CPU Temp": 42}) as bmc:
        cloud = make_deployment(database=sqlite_url, options=options)
        cloud.start_all_in_one()
        for name in ("a", "b", "c"):
            cloud.create_node(driver="ipmi", name=name, driver_info=bmc.driver_info)
        for name in ("b", "c"):
            file = location / f"{name}-hardware.ipmi.metrics"
            wait_for(file.exists, f"the readings of {name}", interval=0.2)
        assert cloud.api is not None
        assert "'prometheus_exporter' does not take hardware.ipmi.metrics" in (
            cloud.api.log_tail(2000)
        )

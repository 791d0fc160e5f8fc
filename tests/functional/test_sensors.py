# SPDX-License-Identifier: Apache-2.0
"""Sensor readings of a BMC, sent over RabbitMQ."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.deployment import Deployment
from tests.functional.notifications import DURABLE, Listener
from tests.functional.servers import ipmi_sim
from tests.waiting import wait_for

SENSORS = {"send_sensor_data": True, "interval": 1, "enable_for_undeployed_nodes": True}


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    """Where the exporter writes its files."""
    return tmp_path / "metrics"


@pytest.fixture
def exporting(
    make_deployment: Callable[..., Deployment], sqlite_url: str, metrics: Path
) -> Deployment:
    """A service, not started yet, that hands its readings to ironic-prometheus-exporter."""
    options = {
        "sensor_data": {**SENSORS, "workers": 1},
        "oslo_messaging_notifications": {"driver": "prometheus_exporter", "location": metrics},
    }
    return make_deployment(database=sqlite_url, options=options)


def test_readings_are_sent(
    make_deployment: Callable[..., Deployment], sqlite_url: str, rabbitmq_url: str
) -> None:
    options = {
        **DURABLE,
        "sensor_data": {**SENSORS, "data_types": "temperature"},
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


def test_the_prometheus_exporter_of_ironic(exporting: Deployment, metrics: Path) -> None:
    """Two servers, one of them with a discrete sensor that has no reading: both are read."""
    with (
        ipmi_sim.running(
            "one", temperatures={"CPU Temp": 42}, power_supplies={"PS1": True, "PS2": False}
        ) as one,
        ipmi_sim.running("two", temperatures={"Inlet": 23}) as two,
    ):
        exporting.start_all_in_one()
        for bmc in (one, two):
            exporting.create_node(driver="ipmi", name=bmc.name, driver_info=bmc.driver_info)
        files = {name: metrics / f"{name}-hardware.ipmi.metrics" for name in ("one", "two")}
        # The exporter writes its files in place: a reader may meet one that is half written.
        for name, metric, expected in (
            ("one", "baremetal_cpu_temp_celsius", {"CPU Temp (0x1)": 42.0}),
            ("two", "baremetal_inlet_celsius", {"Inlet (0x1)": 23.0}),
            # A discrete sensor is 0 or not, and one without a reading is not there.
            ("one", "baremetal_power_ps", {"PS1 (0x60)": 0.0}),
        ):
            wait_for(
                lambda file=files[name], metric=metric, expected=expected: (
                    _values(_lines(file), metric) == expected
                ),
                f"{metric} of {name}",
                interval=0.2,
                describe=lambda file=files[name]: "\n".join(_lines(file)),
            )
        assert exporting.api is not None
        assert "does not take" not in exporting.api.log_tail(2000)


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
    exporting: Deployment, metrics: Path
) -> None:
    # The file of the first one cannot be written: a directory has its name.
    (metrics / "a-hardware.ipmi.metrics" / "x").mkdir(parents=True)
    with ipmi_sim.running(temperatures={"CPU Temp": 42}) as bmc:
        exporting.start_all_in_one()
        for name in ("a", "b", "c"):
            exporting.create_node(driver="ipmi", name=name, driver_info=bmc.driver_info)
        for name in ("b", "c"):
            file = metrics / f"{name}-hardware.ipmi.metrics"
            wait_for(file.exists, f"the readings of {name}", interval=0.2)
        assert exporting.api is not None
        assert "'prometheus_exporter' failed on hardware.ipmi.metrics" in (
            exporting.api.log_tail(2000)
        )

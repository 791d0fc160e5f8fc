# SPDX-License-Identifier: Apache-2.0
"""Readings of a BMC's sensors, told over RabbitMQ."""

from collections.abc import Callable

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

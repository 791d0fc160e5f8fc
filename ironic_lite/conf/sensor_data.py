# SPDX-License-Identifier: Apache-2.0
"""Options of sensor readings."""

from oslo_config import cfg

GROUP = "sensor_data"

OPTS = [
    cfg.BoolOpt(
        "send_sensor_data",
        default=False,
        help="Read the sensors of servers and send the readings as notifications, to the topics of "
        "[oslo_messaging_notifications].",
    ),
    cfg.IntOpt("interval", default=600, min=1, help="Seconds between two rounds of readings."),
    cfg.IntOpt(
        "workers",
        default=4,
        min=1,
        help="Number of BMCs that one conductor reads at the same time.",
    ),
    cfg.IntOpt(
        "wait_timeout",
        default=300,
        min=1,
        help="Seconds after which a round starts no more readings.",
    ),
    cfg.ListOpt(
        "data_types",
        default=["ALL"],
        help="Types of sensors to send, such as Temperature, Fan, Voltage, Current; ALL sends every type.",
    ),
    cfg.BoolOpt(
        "enable_for_undeployed_nodes",
        default=False,
        help="Read servers without an instance as well.",
    ),
    cfg.BoolOpt("enable_for_nodes", default=True, help="Read the sensors of nodes at all."),
]

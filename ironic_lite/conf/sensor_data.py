# SPDX-License-Identifier: Apache-2.0
"""Options of sensor readings."""

from oslo_config import cfg, types

GROUP = "sensor_data"

# IPMI 2.0, table 42-3: the first words of its types; drivers for other hardware use Energy and Unknown too.
_TYPES = (
    *(
        "ALL",
        "Add-in",
        "Battery",
        "Boot",
        "Button/switch",
        "Cable/Interconnect",
        "Chassis",
        "Chip",
        "Cooling",
    ),
    *(
        "Critical",
        "Current",
        "Drive",
        "Energy",
        "Entity",
        "Event",
        "FRU",
        "Fan",
        "LAN",
        "Management",
        "Memory",
    ),
    *(
        "Microcontroller/Coprocessor",
        "Module/Board",
        "Monitor",
        "OS",
        "Other",
        "POST",
        "PSU",
        "Physical",
        "Platform",
    ),
    *(
        "Power",
        "Processor",
        "Session",
        "Slot/Connector",
        "System",
        "Temperature",
        "Terminator",
        "Unknown",
        "Version",
    ),
    *("Voltage", "Watchdog"),
)

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
        item_type=types.String(choices=_TYPES, ignore_case=True),
        help="Types of sensors to send, such as Temperature, Fan, Voltage, Current; ALL sends every type.",
    ),
    cfg.BoolOpt(
        "enable_for_undeployed_nodes",
        default=False,
        help="Read servers without an instance as well.",
    ),
    cfg.BoolOpt("enable_for_nodes", default=True, help="Read the sensors of nodes at all."),
]

# SPDX-License-Identifier: Apache-2.0
"""The hardware of a virtual server, in the form that ironic-python-agent reports."""

from typing import Any

from ironic_lite_simulator.agent import images
from ironic_lite_simulator.agent.host import Host

MEMORY_MB = 4096
CPUS = 4

# The rack's only switch: its MAC address and name. Server N is on port N.
SWITCH = "02:00:00:00:5c:01"
SWITCH_NAME = "virtual-switch"


def collect(host: Host) -> dict[str, Any]:
    """Return the inventory."""
    identity = host.identity
    return {
        "hostname": identity.name,
        "bmc_address": identity.bmc_address,
        "bmc_v6address": None,
        "interfaces": [
            {
                "name": "eth0",
                "mac_address": identity.mac,
                "ipv4_address": f"10.0.{identity.index >> 8 & 0xFF}.{identity.index & 0xFF}",
                "ipv6_address": None,
                "has_carrier": True,
                "speed_mbps": 1000,
                "driver": "virtual",
                "product": None,
                "vendor": None,
                "client_id": None,
                "biosdevname": None,
                "lldp": None,
            }
        ],
        "cpu": {
            "architecture": "x86_64",
            "count": CPUS,
            "frequency": "2000",
            "model_name": "virtual",
            "flags": ["aes", "vmx"],
        },
        "memory": {"total": MEMORY_MB * 1024**2, "physical_mb": MEMORY_MB},
        "disks": [
            {
                "name": images.DEVICE,
                "model": "virtual",
                "size": host.disk.size,
                "rotational": False,
                "serial": f"disk-of-{identity.name}",
                "vendor": "ironic_lite",
            }
        ],
        "boot": {
            "current_boot_mode": host.boot_mode,
            # As iPXE passes it on: the hardware type and the address.
            "pxe_interface": f"01-{identity.mac.replace(':', '-')}",
        },
        "system_vendor": {
            "product_name": "virtual rack",
            "serial_number": identity.uuid,
            "manufacturer": "ironic_lite",
            "firmware": {"vendor": "", "version": "", "build_date": ""},
        },
    }


def data(host: Host, parameters: dict[str, str]) -> dict[str, Any]:
    """Return the inspection data for the API: the inventory, and what the collectors add.

    :param parameters: kernel parameters; ``ipa-collect-lldp=1`` adds the LLDP data of the switch.
    """
    inventory = collect(host)
    found: dict[str, Any] = {
        "inventory": inventory,
        "root_disk": inventory["disks"][0],
        "boot_interface": inventory["boot"]["pxe_interface"],
        "configuration": {"collectors": ["default"], "managers": []},
        "error": host.faults.inspection_error,
    }
    if parameters.get("ipa-collect-lldp") == "1":
        found["lldp_raw"] = {"eth0": _lldp(host.identity.index)}
    return found


def _lldp(port: int) -> list[list[Any]]:
    return [
        [1, "04" + SWITCH.replace(":", "")],
        [2, "05" + f"Ethernet1/{port}".encode().hex()],
        [5, SWITCH_NAME.encode().hex()],
        [0, ""],
    ]

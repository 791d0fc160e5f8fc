# SPDX-License-Identifier: Apache-2.0
"""The hardware of a virtual server, in the form that ironic-python-agent reports."""

from typing import Any

from ironic_lite_simulator.agent import images
from ironic_lite_simulator.agent.host import Host
from ironic_lite_simulator.network.nic import Nic
from ironic_lite_simulator.switch import switch

MEMORY_MB = 4096
CPUS = 4


def collect(host: Host) -> dict[str, Any]:
    identity = host.identity
    return {
        "hostname": identity.name,
        "bmc_address": identity.bmc_address,
        "bmc_v6address": None,
        "interfaces": [_interface(host, nic) for nic in identity.nics],
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
            "pxe_interface": f"01-{host.boot_nic.mac.replace(':', '-')}",
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
        found["lldp_raw"] = {nic.name: _lldp(nic) for nic in host.identity.nics}
    return found


def _interface(host: Host, nic: Nic) -> dict[str, Any]:
    return {
        "name": nic.name,
        "mac_address": nic.mac,
        "ipv4_address": _address(host, nic),
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


def _address(host: Host, nic: Nic) -> str | None:
    """Return the address that the NIC has by DHCP; if the rack's networks carry no packets, one that looks like it."""
    if host.network.carries_packets:
        lease = host.network.lease(nic)
        return None if lease is None else str(lease.address)
    index, number = host.identity.index, host.identity.nics.index(nic)
    return f"10.{number}.{index >> 8 & 0xFF}.{index & 0xFF}"


def _lldp(nic: Nic) -> list[list[Any]]:
    return [
        [1, "04" + switch.MAC.replace(":", "")],
        [2, "05" + nic.switch_port.encode().hex()],
        [5, switch.NAME.encode().hex()],
        [0, ""],
    ]

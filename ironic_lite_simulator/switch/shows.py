# SPDX-License-Identifier: Apache-2.0
"""What the switch shows: its VLANs, its interfaces and its configuration, in the form of Cisco's NX-OS."""

from ironic_lite_simulator.switch.switch import (
    DEFAULT_MTU,
    FIRST_VLAN,
    NAME,
    Port,
    Switch,
    SwitchError,
)


def version(_switch: Switch) -> str:
    """``show version``."""
    return "ironic_lite virtual switch\nSoftware\n  NX-OS subset of the virtual rack"


def vlans(switch: Switch, only: int | None = None) -> str:
    """``show vlan``, or ``show vlan id N``.

    :raises SwitchError: there is no such VLAN.
    """
    if only is not None and only not in switch.vlans:
        raise SwitchError(f"VLAN {only} not found in current VLAN database")
    lines = [
        "VLAN Name                             Status    Ports",
        "---- -------------------------------- --------- -------------------------------",
    ]
    for vlan in sorted(switch.vlans) if only is None else [only]:
        members = [p.short_name for p in switch.ports.values() if _is_member(p, vlan)]
        row = f"{vlan:<4} {switch.vlans[vlan]:<32} {'active':<9} {', '.join(members)}"
        lines.append(row.rstrip())
    return "\n".join(lines)


def interfaces(switch: Switch) -> str:
    """``show interface status``."""
    lines = [f"{'Port':<13} {'Name':<18} {'Status':<12} Vlan"]
    for port in switch.ports.values():
        network = switch.network(port)
        state = "disabled" if port.shut_down else "notconnect" if network is None else "connected"
        vlan = "trunk" if port.mode == "trunk" else str(network or "--")
        lines.append(f"{port.short_name:<13} {port.description:<18} {state:<12} {vlan}")
    return "\n".join(lines)


def running_configuration(switch: Switch, only: Port | None = None) -> str:
    """``show running-config``, or ``show running-config interface X``."""
    lines: list[str] = []
    if only is None:
        lines += [f"hostname {NAME}", ""]
        for vlan in sorted(switch.vlans):
            if vlan != FIRST_VLAN:
                lines += [f"vlan {vlan}", f"  name {switch.vlans[vlan]}"]
        lines.append("")
    for port in [only] if only else switch.ports.values():
        lines += [f"interface {port.name}", *(f"  {line}" for line in _settings(port)), ""]
    return "\n".join(lines)


def _settings(port: Port) -> list[str]:
    lines = [f"description {port.description}"] if port.description else []
    if port.mode == "trunk":
        lines.append("switchport mode trunk")
    if port.access_vlan is not None:
        lines.append(f"switchport access vlan {port.access_vlan}")
    if port.native_vlan is not None:
        lines.append(f"switchport trunk native vlan {port.native_vlan}")
    if port.tagged:
        allowed = ",".join(map(str, sorted(port.tagged)))
        lines.append(f"switchport trunk allowed vlan {allowed}")
    if port.mtu != DEFAULT_MTU:
        lines.append(f"mtu {port.mtu}")
    if port.shut_down:
        lines.append("shutdown")
    return lines


def _is_member(port: Port, vlan: int) -> bool:
    tagged = port.mode == "trunk" and vlan in port.tagged
    return not port.shut_down and (port.untagged_vlan == vlan or tagged)

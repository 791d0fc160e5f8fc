# SPDX-License-Identifier: Apache-2.0
"""The switch's command line: the part of Cisco's NX-OS (and IOS) that network automation uses.

Commands take effect at once. A command may be abbreviated only where its port name is (``Eth1/4``).
"""

import re
from collections.abc import Callable

from ironic_lite_simulator.switch import shows
from ironic_lite_simulator.switch.switch import NAME, Port, Switch, SwitchError

HELP = """\
show version
show vlan [brief | id N]
show interface status
show running-config [interface X]
configure terminal
  vlan N                             no vlan N
    name TEXT
  interface X
    switchport mode access|trunk     no switchport mode trunk
    switchport access vlan N         no switchport access vlan
    switchport trunk native vlan N   no switchport trunk native vlan
    switchport trunk allowed vlan N|none|add N|remove N
    description TEXT                 mtu N
    shutdown                         no shutdown
copy running-config startup-config
exit, end"""

_INVALID = "% Invalid command"
# Accepted for automation that sends them, without any effect.
_WITHOUT_EFFECT = re.compile(
    r"terminal (?:length|width) \d+|enable|copy running-config startup-config|write memory|"
    r"state active|(?:no )?spanning-tree .+|(?:no )?switchport"
)
_MAX_NAME = 128

Command = Callable[..., str | None]


class CommandLine:
    """One session: what it answers to each line, and its prompt. ``closed`` says that the user has left."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._mode = ""
        self._port: Port | None = None
        self._vlan: int | None = None
        self.closed = False
        anywhere: list[tuple[str, Command]] = [
            (r"show version", lambda: shows.version(switch)),
            (r"show vlan(?: brief)?", lambda: shows.vlans(switch)),
            (r"show vlan id (\d+)", lambda vlan: shows.vlans(switch, int(vlan))),
            (r"show interfaces? status", lambda: shows.interfaces(switch)),
            (r"show running-config", lambda: shows.running_configuration(switch)),
            (
                r"show running-config interface (.+)",
                lambda port: shows.running_configuration(switch, switch.port(port)),
            ),
            (r"\?|help", lambda: HELP),
            (r"exit", self._exit),
            (r"end", self._end),
        ]
        configuration: list[tuple[str, Command]] = [
            (r"vlan (\d+)", self._enter_vlan),
            (r"no vlan (\d+)", lambda vlan: switch.delete_vlan(int(vlan))),
            (r"interface (.+)", self._enter_port),
        ]
        self._commands = {
            "": [(r"conf(?:igure)?(?: t(?:erminal)?)?", self._configure), *anywhere],
            "config": [*configuration, *anywhere],
            "config-vlan": [(r"name (\S+)", self._name_vlan), *configuration, *anywhere],
            "config-if": [*self._port_commands(), *configuration, *anywhere],
        }

    @property
    def prompt(self) -> str:
        """What stands before the cursor."""
        return f"{NAME}({self._mode})# " if self._mode else f"{NAME}# "

    def run(self, line: str) -> str:
        """Run a command and return its output, without the final newline. Errors begin with ``%``."""
        words = " ".join(line.split())
        if not words or words.startswith("!"):
            return ""
        for pattern, command in self._commands[self._mode]:
            match = re.fullmatch(pattern, words)
            if match:
                try:
                    return command(*match.groups()) or ""
                except SwitchError as exc:
                    return f"% {exc}"
        if _WITHOUT_EFFECT.fullmatch(words):
            return ""
        return f"{_INVALID}: {words[:_MAX_NAME]}"

    def _port_commands(self) -> list[tuple[str, Command]]:
        return [
            (r"switchport mode (access|trunk)", self._set_mode),
            (r"no switchport mode(?: trunk)?", lambda: self._set_mode("access")),
            (r"switchport access vlan (\d+)", self._set_access_vlan),
            (r"no switchport access vlan(?: \d+)?", self._unset_access_vlan),
            (r"switchport trunk native vlan (\d+)", self._set_native_vlan),
            (r"no switchport trunk native vlan(?: \d+)?", self._unset_native_vlan),
            (r"switchport trunk allowed vlan (?:(add|remove) )?([\d,]+|none)", self._allow),
            (r"description (.+)", self._describe),
            (r"mtu (\d+)", lambda mtu: self._switch.set_mtu(self._the_port, int(mtu))),
            (r"(no )?shutdown", self._shut_down),
        ]

    @property
    def _the_port(self) -> Port:
        assert self._port is not None
        return self._port

    def _configure(self) -> None:
        self._mode = "config"

    def _exit(self) -> None:
        match self._mode:
            case "":
                self.closed = True
            case "config":
                self._mode = ""
            case _:
                self._mode = "config"

    def _end(self) -> None:
        self._mode = ""

    def _enter_vlan(self, vlan: str) -> None:
        self._switch.create_vlan(int(vlan))
        self._mode, self._vlan = "config-vlan", int(vlan)

    def _name_vlan(self, name: str) -> None:
        assert self._vlan is not None
        if self._vlan not in self._switch.vlans:
            raise SwitchError(f"VLAN {self._vlan} has been deleted.")
        self._switch.vlans[self._vlan] = name[:_MAX_NAME]

    def _enter_port(self, name: str) -> None:
        self._port = self._switch.port(name)
        self._mode = "config-if"

    def _set_mode(self, mode: str) -> None:
        self._the_port.mode = "trunk" if mode == "trunk" else "access"
        self._switch.settle()

    def _set_access_vlan(self, vlan: str) -> None:
        self._switch.create_vlan(int(vlan))
        self._the_port.access_vlan = int(vlan)
        self._switch.settle()

    def _unset_access_vlan(self) -> None:
        self._the_port.access_vlan = None
        self._switch.settle()

    def _set_native_vlan(self, vlan: str) -> None:
        self._switch.create_vlan(int(vlan))
        self._the_port.native_vlan = int(vlan)
        self._switch.settle()

    def _unset_native_vlan(self) -> None:
        self._the_port.native_vlan = None
        self._switch.settle()

    def _allow(self, change: str | None, vlans: str) -> None:
        numbers = set() if vlans == "none" else {int(v) for v in vlans.split(",") if v}
        port = self._the_port
        match change:
            case "add":
                port.tagged |= numbers
            case "remove":
                port.tagged -= numbers
            case _:
                port.tagged = numbers

    def _describe(self, text: str) -> None:
        self._the_port.description = text[:_MAX_NAME]

    def _shut_down(self, no: str | None) -> None:
        self._the_port.shut_down = no is None
        self._switch.settle()

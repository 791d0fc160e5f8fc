# SPDX-License-Identifier: Apache-2.0
"""A BMC of OpenIPMI's `ipmi_sim`, whose chassis is a directory of files that tests read and write.

ipmi_sim 2.0.33 speaks IPMI 2.0 up to cipher suite 3 and does not list its suites: `ipmitool` needs `-C 3`, or waits ten
seconds per command. It drops the persistent and EFI bits of boot overrides, and always calls them invalid when read;
`BMC.boot_device` is what was really set.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.functional.servers import process, unprivileged
from tests.functional.servers.ports import free_port
from tests.waiting import wait_for

CHASSIS = Path(__file__).with_name("chassis-control")
AUTH = "\n".join(
    f"    allowed_auths_{level} none md2 md5 straight"
    for level in ("callback", "user", "operator", "admin")
)
LAN = """\
name "{name}"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 {port}
    priv_limit admin
{auth}
    guid a123456789abcdefa123456789abcdef
  endlan
  {serial}
  chassis_control "{chassis} {state}"
  user 1 true "" "" user 10 none md2 md5 straight
  user 2 true "{username}" "{password}" admin 10 none md2 md5 straight
"""
EMULATOR = """\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
{sensors}mc_enable 0x20
"""
# Get Channel Authentication Capabilities (IPMI 2.0, section 22.13): the question that a BMC answers without a session.
# ipmi_sim does not answer RMCP pings.
QUESTION = bytes.fromhex("0600ff07000000000000000000092018c88100388e04b5")


class BMC:
    """One BMC on a UDP port of its own."""

    address = "127.0.0.1"

    def __init__(
        self,
        directory: Path,
        name: str = "bmc",
        username: str = "admin",
        password: str = "password",
        temperatures: Mapping[str, int] | None = None,
        power_supplies: Mapping[str, bool] | None = None,
        serial: str | None = None,
    ) -> None:
        self.name = name
        self.port = free_port()
        self.username = username
        self.password = password
        self.state = unprivileged.hand_over(_made(directory / "state"))
        persistent = unprivileged.hand_over(_made(directory / "sdr"))
        for file, value in (("power", "0"), ("boot", "none"), ("history", "")):
            (self.state / file).write_text(value)
            unprivileged.hand_over(self.state / file)
        chassis = directory / "chassis-control"
        chassis.write_text(CHASSIS.read_text())
        chassis.chmod(0o755)
        (directory / "lan.conf").write_text(
            LAN.format(
                name=name,
                port=self.port,
                auth=AUTH,
                serial=f'sol "{serial}" 115200' if serial else "",
                chassis=chassis,
                state=self.state,
                username=username,
                password=password,
            )
        )
        sensors = enumerate((temperatures or {}).items(), start=1)
        described = "".join(_sensor(number, *named) for number, named in sensors)
        discrete = enumerate((power_supplies or {}).items(), start=0x60)
        described += "".join(_power_supply(number, *named) for number, named in discrete)
        (directory / "sim.emu").write_text(EMULATOR.format(sensors=described))
        self.process = process.ServerProcess(
            f"ipmi_sim {name}",
            [
                process.find_program("ipmi_sim"),
                "-n",
                "-c",
                str(directory / "lan.conf"),
                "-f",
                str(directory / "sim.emu"),
                "-s",
                str(persistent),
            ],
            log=directory / "ipmi_sim.log",
        )

    def start(self) -> None:
        """Start the BMC and wait until it answers."""
        self.process.start()
        self.process.wait_until(self._answers, "an answer of ipmi_sim", timeout=20)

    def stop(self) -> None:
        """Stop the BMC: its port becomes unreachable. `start()` brings it back with the chassis as it was."""
        self.process.kill()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            sock.connect((self.address, self.port))
            try:
                sock.send(QUESTION)
                return bool(sock.recv(512))
            except (TimeoutError, ConnectionRefusedError):
                return False

    @property
    def driver_info(self) -> dict[str, str | int]:
        """What a node of the `ipmi` hardware type needs to reach this BMC."""
        return {
            "ipmi_address": self.address,
            "ipmi_port": self.port,
            "ipmi_username": self.username,
            "ipmi_password": self.password,
            "ipmi_cipher_suite": "3",
        }

    @property
    def powered_on(self) -> bool:
        """Whether the chassis really has power."""
        return (self.state / "power").read_text() == "1"

    @powered_on.setter
    def powered_on(self, on: bool) -> None:
        """Somebody presses the button: the change comes from outside."""
        (self.state / "power").write_text("1" if on else "0")

    @property
    def boot_device(self) -> str:
        """The boot override as set last: none, pxe, default (the disk), cdrom or bios."""
        return (self.state / "boot").read_text()

    @property
    def history(self) -> list[str]:
        """Every change that came over IPMI, in order: `power 1`, `boot pxe`, `reset 1`, `shutdown 1`."""
        return (self.state / "history").read_text().splitlines()

    def ignore_soft_power_off(self) -> None:
        """From now on the operating system does not answer the power button."""
        (self.state / "ignore-shutdown").touch()

    def wait_for_power(self, on: bool, timeout: float = 30) -> None:
        """Wait until the chassis is on or off. Raises AssertionError with the history."""
        wait_for(
            lambda: self.powered_on is on,
            f"{self.name} to be powered {'on' if on else 'off'}",
            timeout,
            describe=lambda: self.history,
        )


def _sensor(number: int, name: str, degrees: int) -> str:
    """A temperature sensor, and its full sensor record (IPMI 2.0, section 43.1): a step is a degree, 90 is critical."""
    body = bytes([0x20, 0, number, 3, number, 0x7F, 0x68, 1, 1, 0x95, 0x7A, 0x95, 0x7A, 0x3F, 0x3F])
    units = bytes([0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 25, 80, 5, 255, 0])
    thresholds = bytes([100, 90, 80, 0, 0, 0, 0, 0, 0, 0, 0])
    record = body + units + thresholds + bytes([0xC0 | len(name)]) + name.encode()
    header = bytes([0, 0, 0x51, 1, len(record)])
    listed = " ".join(f"0x{byte:02x}" for byte in header + record)
    return (
        f"sensor_add 0x20 0 {number} 1 1\n"
        f"sensor_set_event_support 0x20 0 {number} enable scanning none {' '.join(['0' * 15] * 4)}\n"
        f"sensor_set_value 0x20 0 {number} {degrees} 0\n"
        f"main_sdr_add 0x20 {listed}\n"
    )


def _power_supply(number: int, name: str, has_reading: bool) -> str:
    """The discrete sensor of a power supply, and its compact record (IPMI 2.0, section 43.2); it is present."""
    body = bytes([0x20, 0, number, 10, number, 0x7F, 0x40, 8, 0x6F])
    masks = bytes([0x01, 0, 0x01, 0, 0x01, 0])
    rest = bytes([0xC0, 0, 0, 0x01, 0, 0, 0, 0, 0, 0, 0])
    record = body + masks + rest + bytes([0xC0 | len(name)]) + name.encode()
    header = bytes([0, 0, 0x51, 2, len(record)])
    listed = " ".join(f"0x{byte:02x}" for byte in header + record)
    scanning = "scanning" if has_reading else "no-scanning"
    return (
        f"sensor_add 0x20 0 {number} 8 0x6f\n"
        f"sensor_set_event_support 0x20 0 {number} enable {scanning} none {' '.join(['0' * 15] * 4)}\n"
        f"sensor_set_bit 0x20 0 {number} 0 1 0\n"
        f"main_sdr_add 0x20 {listed}\n"
    )


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


@contextmanager
def running(
    name: str = "bmc",
    username: str = "admin",
    password: str = "password",
    temperatures: Mapping[str, int] | None = None,
    power_supplies: Mapping[str, bool] | None = None,
    serial: str | None = None,
) -> Iterator[BMC]:
    """A started BMC, powered off; stopped and removed at the end.

    :param temperatures: its sensors, in degrees C.
    :param power_supplies: its discrete sensors, and whether they have a reading.
    :param serial: the terminal device that its serial over LAN speaks to.
    """
    with unprivileged.server_directory("ipmi_sim") as directory:
        bmc = BMC(directory, name, username, password, temperatures, power_supplies, serial)
        try:
            bmc.start()
            yield bmc
        finally:
            bmc.stop()

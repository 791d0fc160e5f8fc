# SPDX-License-Identifier: Apache-2.0
"""A BMC made of pyghmi's own server side, as VirtualBMC is: a process of its own, since pyghmi's state is global.

It answers a proposal of cipher suite 17 with suite 3, and ignores users that it does not know. It adds what the
simulators lack: a sensor with its record, a diagnostic interrupt, and "node busy".

Run as a program: `pyghmi_bmc.py PORT`. A log of what was done goes to standard output, one word per line.
"""

import sys
from typing import Any

from pyghmi.ipmi import bmc

USERNAME, PASSWORD = "admin", "password"
# Full sensor record (IPMI 2.0 table 43-1) with identifier 1: owner 0x20, sensor 0, processor 1, temperature, threshold
# based, degrees Celsius, M = 1, and a name of three letters.
RECORD = bytes.fromhex(
    "0100 51 01 2e 20 00 00 03 01 67 40 01 01 0000 0000 0000 00 01 00 00 01 00 00 00 00 00 00 00 00 00"
    "ff 00 000000 000000 00 00 0000 00 c3" + b"CPU".hex()
)
READING = 0x60
# Manufacturer 674 is Dell.
DEVICE_ID = bytes([0x20, 0x01, 0x02, 0x34, 0x02, 0x02, 0xA2, 0x02, 0x00, 0x00, 0x01])
BUSY_ANSWERS = 2


class Server(bmc.Bmc):
    """State in memory; every chassis control is reported."""

    def __init__(self, port: int) -> None:
        super().__init__({USERNAME: PASSWORD}, port=port, address="127.0.0.1")
        self.powerstate = "off"
        self.busy = BUSY_ANSWERS

    def get_power_state(self) -> str:
        return self.powerstate

    def power_on(self) -> None:
        self._change("on")

    def power_off(self) -> None:
        self._change("off")

    def pulse_diag(self) -> None:
        report("diag")

    def _change(self, state: str) -> None:
        self.powerstate = state
        report(state)

    def handle_raw_request(self, request: dict[str, Any], session: Any) -> None:
        answers = {
            (0x06, 0x01): DEVICE_ID,
            (0x0A, 0x20): bytes([0x51, 1, 0]) + bytes(11),
            (0x0A, 0x22): bytes([1, 0]),
            (0x04, 0x2D): bytes([READING, 0xC0, 0, 0]),
        }
        key = (request["netfn"], request["command"])
        if key == (0x00, 0x01) and self.busy:
            self.busy -= 1
            session.send_ipmi_response(code=0xC0)
        elif key == (0x0A, 0x23):
            offset, count = request["data"][4:6]
            session.send_ipmi_response(data=b"\xff\xff" + RECORD[offset:][:count])
        elif key in answers:
            session.send_ipmi_response(data=answers[key])
        else:
            super().handle_raw_request(request, session)


def report(word: str) -> None:
    print(word, flush=True)


if __name__ == "__main__":
    server = Server(int(sys.argv[1]))
    report("ready")
    server.listen()

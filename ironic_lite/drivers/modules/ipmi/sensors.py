# SPDX-License-Identifier: Apache-2.0
"""Sensor readings, decoded with the BMC's sensor data records (IPMI 2.0 chapters 33, 35 and 43)."""

import copy
import time
import weakref
from typing import Any

from oslo_log import log
from pyghmi import constants as health
from pyghmi import exceptions as pyghmi_exceptions
from pyghmi.ipmi import sdr
from pyghmi.ipmi.private import constants

from ironic_lite.common import exception
from ironic_lite.drivers.modules.ipmi import driver_info, sessions, wire

LOG = log.getLogger(__name__)

TIME_LIMIT = 180.0
"""Seconds for all records and readings of one BMC. Some BMCs cancel their own reservations again and again."""

_NETFN_SENSOR = 0x04
_GET_SENSOR_READING = 0x2D
_NETFN_STORAGE = 0x0A
_GET_SDR_REPOSITORY_INFO = 0x20

_NO_READING = "No Reading"
_UNITS = {"°C": "degrees C", "V": "Volts", "A": "Amps", "W": "Watts", "%": "percent"}
"""The library's units and ipmitool's, where they differ."""

_STATUS = {health.Health.Ok: "ok", health.Health.Warning: "nc", health.Health.Critical: "cr"}


class _Reader:
    """The part of ``pyghmi.ipmi.command.Command`` that its record decoder needs, over our sessions."""

    def __init__(self, info: driver_info.ConnectionInfo):
        self._info = info
        self._deadline = time.monotonic() + TIME_LIMIT

    def raw_command(
        self, netfn: int, command: int, data: Any = (), rslun: int = 0
    ) -> dict[str, Any]:
        if time.monotonic() > self._deadline:
            raise exception.IPMIUnreachable(
                endpoint=self._info.endpoint,
                reason=f"its sensors could not all be read within {TIME_LIMIT:g} s.",
            )
        answer = {"netfn": netfn + 1, "command": command, "code": 0, "data": bytearray()}
        try:
            answer["data"] = bytearray(
                sessions.POOL.command(
                    self._info, wire.Request(netfn, command, bytes(data), lun=rslun)
                )
            )
        except exception.IPMICommandRefused as refused:
            answer.update(code=refused.completion, error=str(refused))
        return answer

    def xraw_command(self, netfn: int, command: int, data: Any = ()) -> dict[str, Any]:
        answer = self.raw_command(netfn, command, data)
        if answer["code"]:
            raise pyghmi_exceptions.IpmiException(answer["error"], answer["code"])
        return answer

    def get_event_constants(self) -> Any:
        return constants


class _Records(sdr.SDR):
    """The sensor data records of one BMC.

    The library caches records by model, firmware and time of the last change. Many BMCs report no such time, or count
    it from their start, so that a server would get the sensor names of another one. The key here also has the address.
    """

    device_id: Any

    def __init__(self, reader: _Reader, kept_as: str):
        self._kept_as = kept_as
        super().__init__(reader)

    def get_sdr(self) -> None:
        # The library uses this attribute only as a part of its cache key.
        self.device_id = f"{self.device_id} {self._kept_as}"
        super().get_sdr()
        for key, entry in self.sensors.items():
            self.sensors[key] = _EQUAL.setdefault(repr(sorted(vars(entry).items())), entry)


_EQUAL: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
"""Records by content, so that equal servers share them in memory."""


def read_all(info: driver_info.ConnectionInfo) -> dict[str, dict[str, dict[str, str]]]:
    """Read every sensor.

    :returns: ``{sensor type: {"NAME (0xNN)": fields}}``, the shape that Ironic's notifications carry.
    :raises IPMIFailure: when the BMC cannot be reached, or its records cannot be read.
    """
    reader = _Reader(info)
    repository = reader.raw_command(_NETFN_STORAGE, _GET_SDR_REPOSITORY_INFO)
    if not repository["code"] and not any(repository["data"][1:3]):
        return {}  # Without records the decoder would raise an error.
    try:
        records = _Records(reader, f"{info.endpoint} {bytes(repository['data']).hex()}")
    except (pyghmi_exceptions.IpmiException, NotImplementedError, LookupError) as error:
        raise exception.IPMIFailure(
            f"BMC {info.endpoint}: its sensor records cannot be read: {error}"
        ) from None
    found: dict[str, dict[str, dict[str, str]]] = {}
    # Readings share records, and pyghmi stores interim results in them, so use copies.
    entries = {key: copy.copy(entry) for key, entry in records.sensors.items()}
    for key in records.get_sensor_numbers():
        entry = entries[key]
        answer = reader.raw_command(
            _NETFN_SENSOR,
            _GET_SENSOR_READING,
            data=(entry.sensor_number,),
            rslun=entry.sensor_lun,
        )
        if answer["code"]:
            LOG.debug(
                "BMC %s: no reading of %s: %s", info.endpoint, entry.sensor_name, answer["error"]
            )
            continue
        reading = entry.decode_sensor_reading(reader, answer["data"])
        name = f"{entry.sensor_name} (0x{entry.sensor_number:x})"
        # Ironic's consumers know "Power Supply" as "Power", and "System Firmware" as "System".
        kind = (entry.sensor_type.split() or ["Unknown"])[0]
        found.setdefault(kind, {})[name] = _fields(name, entry, reading, answer["data"])
    return found


def _fields(name: str, entry: Any, reading: Any, raw: bytearray) -> dict[str, str]:
    fields = {
        "Sensor ID": name,
        "Entity ID": str(entry.entity),
        "Sensor Reading": _formatted(reading, raw),
    }
    if not reading.unavailable:
        fields["Status"] = _STATUS.get(reading.health, "nr")
    if reading.states and not reading.unavailable:
        fields["States Asserted"] = ", ".join(reading.states)
    return fields


def _formatted(reading: Any, raw: bytearray) -> str:
    """Return a reading in ipmitool's format, as Ironic's consumers expect.

    An analog sensor has a number with its unit; a discrete sensor has a byte in hexadecimal with an h appended.
    """
    if reading.unavailable:
        return _NO_READING
    if reading.value is not None:
        return f"{reading.value} {_UNITS.get(reading.units, reading.units)}".strip()
    return f"{raw[0]:x}h" if raw else _NO_READING

# SPDX-License-Identifier: Apache-2.0
"""An instance that boots from an iSCSI volume: the commands of its iPXE script.

The properties of volume targets come from Cinder, from Nova, or from whoever may create targets. Everything in the
script is checked, so that none of them can insert a command into it.
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.pxe import scripts
from ironic_lite.objects.volume import VolumeTarget

ISCSI = "iscsi"

_FIRST_DRIVE = 0x80
_MOST_DRIVES = 0x80
_NAME = re.compile(r"(iqn|eui|naa)\.[A-Za-z0-9.:_-]{1,219}")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}")
_CREDENTIAL = re.compile(r"[!\"$-~][!-~]{0,254}")
"""What iPXE takes as one word: no blank, and no ``#`` at the beginning, which starts a comment."""


def script(task: Task) -> str:
    """Return the boot script of the instance. It holds the CHAP credentials of the node's volumes.

    :raises InvalidParameterValue: when the node has no boot volume, or a property cannot be used in a script.
    """
    node = task.node
    boot = task.driver.storage.boot_volume(task)
    if boot is None:
        raise exception.InvalidParameterValue(
            err=f"Node {node.uuid} boots from a volume, but it has no volume target with boot index 0; create it."
        )
    others = [each for each in task.volume_targets if each.uuid != boot.uuid]
    drives = [boot, *(each for each in others if each.volume_type == ISCSI)][:_MOST_DRIVES]
    commands = [f"set initiator-iqn {_initiator(task)}"]
    for number, target in enumerate(drives, start=_FIRST_DRIVE):
        commands += _connect(number, target)
    return scripts.volume(node.uuid, commands)


def _initiator(task: Task) -> str:
    for connector in task.volume_connectors:
        if connector.type == "iqn":
            return _matching(_NAME, connector.connector_id, "The volume connector of type iqn")
    raise exception.InvalidParameterValue(
        err=f"Node {task.node.uuid} has no volume connector of type iqn; create one."
    )


def _connect(number: int, target: VolumeTarget) -> Iterator[str]:
    """Yield the commands that connect a volume. Settings of the volume before it must not apply to this one."""
    properties = dict(target.properties or {})
    where = f"The volume target {target.uuid}"
    if not properties:
        raise exception.InvalidParameterValue(
            err=f"{where} has no properties yet: its volume is not attached."
        )
    for name in ("username", "password"):
        value = properties.get(f"auth_{name}")
        if value:
            yield f"set {name} {_credential(value, f'{where}: auth_{name}')}"
        else:
            yield f"clear {name}"
    addresses = " ".join(_addresses(properties, where))
    yield f"sanhook --drive {number:#x} {addresses} || goto failed"


def _addresses(properties: dict[str, Any], where: str) -> Iterator[str]:
    """Yield one address for each path to the volume, as in RFC 4173: the LUN is hexadecimal."""
    portals = _several(properties, "target_portal")
    names, luns = (_several(properties, f"target_{name}") for name in ("iqn", "lun"))
    if not portals or not names or not luns:
        raise exception.InvalidParameterValue(
            err=f"{where} lacks one of the properties target_portal, target_iqn and target_lun."
        )
    for place, portal in enumerate(portals):
        name = _matching(_NAME, names[min(place, len(names) - 1)], f"{where}: target_iqn")
        lun = _lun(luns[min(place, len(luns) - 1)], where)
        host, port = _portal(portal, where)
        yield f"iscsi:{host}::{port}:{lun}:{name}"


def _several(properties: dict[str, Any], name: str) -> list[Any]:
    """Return the values of a property, which may be one, a list, or a list under its plural."""
    for key in (f"{name}s", name):
        value = properties.get(key)
        if value not in (None, "", []):
            return value if isinstance(value, list) else [value]
    return []


def _lun(value: Any, where: str) -> str:
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or int(text) > 0xFFFF:
        raise exception.InvalidParameterValue(
            err=f"{where}: target_lun must be a number up to 65535."
        )
    return f"{int(text):x}"


def _portal(value: Any, where: str) -> tuple[str, str]:
    host, number = str(value), ""
    if host.startswith("["):
        host, _bracket, rest = host[1:].partition("]")
        number = rest.removeprefix(":")
    elif host.count(":") == 1:
        host, number = host.split(":")
    try:
        if ipaddress.ip_address(host).version == 6:
            host = f"[{host}]"
    except ValueError:
        _matching(_HOST, host, f"{where}: the host in target_portal")
    if number and not (number.isascii() and number.isdigit() and 0 < int(number) <= 0xFFFF):
        raise exception.InvalidParameterValue(err=f"{where}: the port in target_portal is wrong.")
    return host, number


def _credential(value: Any, what: str) -> str:
    text = str(value)
    if "${" in text or not _CREDENTIAL.fullmatch(text) or text in ("||", "&&", ";"):
        raise exception.InvalidParameterValue(
            err=f"{what} has characters that cannot be used in a boot script; set another one."
        )
    return text


def _matching(pattern: re.Pattern[str], value: Any, what: str) -> str:
    text = str(value)
    if not pattern.fullmatch(text):
        raise exception.InvalidParameterValue(
            err=f"{what} has a value that cannot be used in a boot script; correct it."
        )
    return text

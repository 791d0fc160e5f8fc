# SPDX-License-Identifier: Apache-2.0
"""What the options say of the boot service, checked."""

import dataclasses
import ipaddress
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.netboot import networks
from ironic_lite.netboot.boot_files import BootFiles
from ironic_lite.netboot.networks import Network
from ironic_lite.netboot.pool import Range

SCRIPT = "/boot.ipxe"
"""Path of the API's script for every server."""
Value = TypeVar("Value")


@dataclasses.dataclass(frozen=True)
class Settings:
    """The options of one interface.

    :param public_endpoint: URL at which servers reach the API; None: its port on the interface's address.
    :param addresses: what to give out in the interface's network; None: see :func:`networks.default_range`.
    """

    interface: str
    mode: str
    only_known: bool
    addresses: Range | None
    router: IPv4Address | None
    name_servers: tuple[IPv4Address, ...]
    relayed: tuple[Network, ...]
    lease_time: int
    files: BootFiles
    http_port: int
    public_endpoint: str | None
    scheme: str
    api_port: int
    lease_file: Path

    def api_url(self, address: IPv4Address) -> str:
        """Return the URL at which servers reach the API, if the interface has this address."""
        return self.public_endpoint or f"{self.scheme}://{address}:{self.api_port}"

    def network(self, interface: IPv4Interface) -> Network:
        """Return the network of the interface with this address.

        :raises ConfigInvalid: ``[netboot] address_range`` or ``router`` is in another one.
        """
        made = Network(
            interface.network,
            self.addresses or networks.default_range(interface.network),
            self.router,
            self.name_servers,
        )
        for name, address in (
            ("address_range", made.addresses.first),
            ("address_range", made.addresses.last),
            ("router", self.router),
        ):
            if address is not None and not made.fits(address):
                raise exception.ConfigInvalid(
                    error_msg=f"[netboot] {name}: {address} is not an address in {interface.network}, the network of "
                    f"{self.interface}."
                )
        return made


def read(interface: str) -> Settings:
    """Return the settings for an interface.

    :raises ConfigInvalid: with a line for each problem.
    """
    problems: list[str] = []
    options = CONF.netboot

    def parse(name: str, value: Any, parser: Callable[[Any], Value]) -> Value | None:
        try:
            return parser(value) if value not in (None, "") else None
        except ValueError as exc:
            problems.append(f"[netboot] {name}: {exc}.")
            return None

    servers = [parse("name_servers", text, IPv4Address) for text in options.name_servers]
    name_servers = tuple(server for server in servers if server is not None)
    relayed = [
        parse("relayed_networks", text, lambda one: networks.parse_relayed(one, name_servers))
        for text in options.relayed_networks
    ]
    chosen = parse("boot_files_by_architecture", options.boot_files_by_architecture, _architectures)
    files = BootFiles(Path(options.boot_files_directory), chosen or {})
    endpoint = CONF.api.public_endpoint
    problems += files.problems() + _endpoint_problems(endpoint)
    settings = Settings(
        interface=interface,
        mode=options.mode,
        only_known=options.serve == "known",
        addresses=parse("address_range", options.address_range, networks.parse_range),
        router=parse("router", options.router, IPv4Address),
        name_servers=name_servers,
        relayed=tuple(network for network in relayed if network is not None),
        lease_time=options.lease_time,
        files=files,
        http_port=options.http_port,
        public_endpoint=endpoint.rstrip("/") if endpoint else None,
        scheme="https" if CONF.api.ssl_cert_file else "http",
        api_port=CONF.api.port,
        lease_file=Path(CONF.state_path).expanduser() / "netboot" / f"{interface}.leases",
    )
    if problems:
        raise exception.ConfigInvalid(error_msg="\n".join(problems))
    return settings


def _architectures(chosen: dict[str, str]) -> dict[int, str]:
    for number in chosen:
        if not number.isdecimal() or int(number) > 0xFFFF:
            raise ValueError(f"{number!r} is not the number of an architecture")
    return {int(number): name for number, name in chosen.items()}


def _endpoint_problems(endpoint: str | None) -> list[str]:
    host = (urlsplit(endpoint).hostname or "") if endpoint else ""
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    if not is_loopback:
        return []
    return [
        f"[api] public_endpoint: servers cannot reach {endpoint}, which is this machine's loopback. Unset it, or "
        "set it to a URL that they can reach."
    ]

# SPDX-License-Identifier: Apache-2.0
"""What ``ironic-lite up --provision INTERFACE`` puts together: an API that servers reach, and the boot service."""

import dataclasses
import ipaddress
import socket
import time
from ipaddress import IPv4Address

from ironic_lite.api.front import listening
from ironic_lite.api.front.service import Stream, own_streams
from ironic_lite.api.images import ramdisks
from ironic_lite.cmd import provisioning_ramdisk
from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.netboot import interface
from ironic_lite.netboot.supervisor import Supervisor

_LOOK_INTERVAL = 1.0


@dataclasses.dataclass(frozen=True)
class Prepared:
    """What the API needs, and the boot service.

    :param listening: the API's configured socket.
    :param also_listening: more of them for servers.
    :param streams: ASGI applications by path prefix.
    """

    listening: socket.socket
    also_listening: tuple[socket.socket, ...]
    streams: dict[str, Stream]
    netboot: Supervisor


def prepare(name: str, mode: str | None) -> Prepared:
    """Wait until the interface has an address, and prepare what serves it.

    :param mode: of the boot service; None: ``[netboot] mode``.
    :raises ConfigInvalid: there is no such interface, or the API cannot listen there.
    """
    address = _wait_for_address(name)
    first = listening.listen()
    port = first.getsockname()[1]
    CONF.set_override("port", port, "api")
    also: tuple[socket.socket, ...] = ()
    if not _listens_there(address):
        also = (listening.listen(str(address), port),)
        # Nobody has decided that the whole API is for the servers' network.
        for_servers = [*CONF.api.addresses_for_servers, str(address)]
        CONF.set_override("addresses_for_servers", for_servers, "api")
    url = f"{'https' if CONF.api.ssl_cert_file else 'http'}://{address}:{port}"
    if not CONF.api.public_endpoint:
        CONF.set_override("public_endpoint", url, "api")
    home = provisioning_ramdisk.home()
    provisioning_ramdisk.choose(CONF.api.public_endpoint, home)
    streams: dict[str, Stream] = {
        **own_streams(),
        ramdisks.PREFIX: ramdisks.RamdiskFiles(home),
    }
    return Prepared(first, also, streams, Supervisor(_command(name, mode, url)))


def _wait_for_address(name: str) -> IPv4Address:
    reported = None
    while True:
        try:
            state = interface.look(name)
        except interface.NoInterface as exc:
            raise exception.ConfigInvalid(error_msg=f"--provision: {exc}.") from None
        if state.problem is None and state.ipv4 is not None:
            return state.ipv4.ip
        if state.problem != reported:
            reported = state.problem
            print(f"Waiting: {reported}.", flush=True)
        time.sleep(_LOOK_INTERVAL)


def _listens_there(address: IPv4Address) -> bool:
    """Whether the configured socket of the API takes what comes to the interface's address."""
    try:
        configured = ipaddress.ip_address(CONF.api.host_ip)
    except ValueError:
        return False
    return configured == address or configured.is_unspecified


def _command(name: str, mode: str | None, url: str) -> list[str]:
    """Return the arguments of the boot service's process. It reads the same configuration files."""
    command = ["--debug"] if CONF.debug else []
    command += [f"--config-file={file}" for file in CONF.config_file or ()]
    command += [f"--config-dir={directory}" for directory in CONF.config_dir or ()]
    return [*command, "netboot", name, "--api", url, *(["--mode", mode] if mode else [])]

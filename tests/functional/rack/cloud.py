# SPDX-License-Identifier: Apache-2.0
"""The whole service in front of a virtual rack: one process of ironic_lite, and servers that go through its flows.

with running(tmp_path) as cloud:
    server = cloud.enrol(deploy_interface="ramdisk")
    cloud.make_available(server)
    cloud.deploy(server, kernel=..., ramdisk=...)
    assert server.status["phase"] == "booted"
"""

import dataclasses
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ironic_lite_simulator import images
from ironic_lite_simulator.journal import Entry
from ironic_lite_simulator.timing import Timing
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.deployment import Deployment, Options
from tests.waiting import wait_for

SERVERS = 400
"""More than all tests together enrol, because one process may run all of them. Unused servers cost nothing."""
QUICK = Timing().scaled(0.1)
OPTIONS = {
    "conductor": {
        "check_wait_states_interval": 1,
        "clean_step_priority_override": "deploy.erase_pstore:50",
    },
    "deploy": {"erase_devices_priority": 0},
    "agent": {
        "post_deploy_get_power_state_retry_interval": 0.2,
        "enable_bios_bootloader_install": True,
    },
    "pxe": {"kernel_append_params": "console=ttyS0"},
}


@dataclasses.dataclass(frozen=True)
class Server:
    """A server of the rack, and its node's UUID."""

    rack: VirtualRack
    index: int
    node: str

    @property
    def status(self) -> dict[str, Any]:
        """What can be seen of the server from outside."""
        return self.rack.status(self.index)

    def journal(self, source: str | None = None, since: int = 0) -> list[Entry]:
        """What happened to the server, by ``bmc``, ``machine`` or ``agent``."""
        entries = self.rack.journal(since, f"server-{self.index}")
        return [e for e in entries if source in (None, e.source)]

    def steps(self, since: int = 0) -> list[str]:
        """Names of the steps that agents on the server have begun, in order."""
        started = (e for e in self.journal("agent", since) if e.action == "command-started")
        return [e.details["step"] for e in started if e.details["step"]]

    def phases(self, since: int = 0) -> list[str]:
        """What the server went through: off, pxe, agent, booted, ..."""
        return [e.details["phase"] for e in self.journal("machine", since) if e.action == "phase"]

    def now(self) -> int:
        """The journal's last number, for ``since``."""
        return max((e.seq for e in self.rack.journal()), default=0)

    def wait_booted(self) -> dict[str, Any]:
        """Wait until an operating system runs, and return the status."""
        wait_for(
            lambda: self.status["phase"] == "booted",
            "the operating system to boot",
            describe=lambda: self.rack.console(self.index),
        )
        return self.status


class Cloud:
    """The service, and a rack whose servers are enrolled one after the other.

    :param first: the first one.
    """

    def __init__(self, service: Deployment, rack: VirtualRack, first: int = 0) -> None:
        self.service = service
        self.rack = rack
        self._indices = itertools.count(first)

    def enrol(self, **fields: Any) -> Server:
        """The next server with its node and port, in ``enroll``."""
        index = next(self._indices)
        driver_info = {
            "ipmi_address": "127.0.0.1",
            "ipmi_port": self.rack.bmc_port(index),
            "ipmi_username": self.rack.options.username,
            "ipmi_password": self.rack.options.password,
            "deploy_kernel": self.image(images.KERNEL),
            "deploy_ramdisk": self.image(images.RAMDISK),
            **fields.pop("driver_info", {}),
        }
        node = self.service.create_node(driver="ipmi", driver_info=driver_info, **fields)
        mac = self.rack.status(index)["mac"]
        self.service.call("POST", "/v1/ports", {"node_uuid": node, "address": mac})
        return Server(self.rack, index, node)

    def enrol_available(self, **fields: Any) -> Server:
        """The same, available; it was not cleaned."""
        server = self.enrol(**{"automated_clean": False, **fields})
        self.manage(server)
        self.provision(server, "provide", "available")
        return server

    def image(self, name: str) -> str:
        """URL of one of the rack's images."""
        return f"{self.rack.http_url}/images/{name}"

    def disk_image(self, name: str = images.DISK_IMAGE) -> dict[str, Any]:
        """``instance_info`` of an image that is written onto disks."""
        return {
            "image_source": self.image(name),
            "image_os_hash_algo": "sha256",
            "image_os_hash_value": images.catalog()[name].sha256,
        }

    def manage(self, server: Server) -> None:
        """From ``enroll`` to ``manageable``."""
        self.provision(server, "manage", "manageable")

    def provision(self, server: Server, target: str, until: str, **more: Any) -> dict[str, Any]:
        """Ask for a provision state, and wait for where it leads."""
        return self.service.set_provision_state(server.node, target, until=until, **more)

    def deploy(self, server: Server, instance_info: dict[str, Any], **more: Any) -> dict[str, Any]:
        """From ``available`` to ``active``."""
        self.set(server, instance_info=instance_info)
        return self.provision(server, "active", "active", **more)

    def set(self, server: Server, **fields: Any) -> None:
        """Change fields of the node."""
        patch = [{"op": "add", "path": f"/{f}", "value": v} for f, v in fields.items()]
        self.service.call("PATCH", f"/v1/nodes/{server.node}", patch)

    def show(self, server: Server) -> dict[str, Any]:
        """The node."""
        return self.service.node(server.node)


@contextmanager
def running(
    directory: Path,
    timing: Timing = QUICK,
    database: str | None = None,
    password: str = "password",
    token: str | None = None,
    nics: int = 1,
    configured_ramdisk: bool = False,
    **options: dict[str, object],
) -> Iterator[Cloud]:
    """A cloud for the length of the block. ``options`` come on top of :data:`OPTIONS`, by group.

    :param database: URL of an empty database; None: an SQLite file.
    :param password: of the servers' BMCs.
    :param token: Keystone's, for the requests of the tests.
    :param nics: network cards of each server.
    :param configured_ramdisk: whether the configuration names the rack's ramdisk for nodes without one.
    """
    settings = {
        group: {**OPTIONS.get(group, {}), **options.get(group, {})}
        for group in OPTIONS.keys() | options.keys()
    }
    database = database or f"sqlite:///{directory}/ironic-lite.sqlite"
    with (
        Deployment(directory, database, options=settings) as service,
        VirtualRack(
            count=SERVERS, boot_url=service.api_url, timing=timing, password=password, nics=nics
        ) as rack,
    ):
        service.token = token
        service.upgrade_database()
        cloud = Cloud(service, rack)
        ramdisk = {"deploy_kernel": images.KERNEL, "deploy_ramdisk": images.RAMDISK}
        named = {name: cloud.image(image) for name, image in ramdisk.items()}
        service.start_all_in_one({"conductor": named} if configured_ramdisk else {})
        yield cloud


@contextmanager
def of_one_conductor(
    directory: Path,
    database: str,
    transport: str,
    timing: Timing = QUICK,
    api: Options | None = None,
    pxe: dict[str, object] | None = None,
) -> Iterator[Cloud]:
    """A cloud whose API and conductor, ``c1``, are processes of their own, for the length of the block.

    :param database: URL of an empty database.
    :param transport: URL of a broker's virtual host.
    :param api: options of the API alone.
    :param pxe: options of this group on top of :data:`OPTIONS`.
    """
    options = {**OPTIONS, "pxe": {**OPTIONS["pxe"], **(pxe or {})}}
    with (
        Deployment(directory, database, transport, options=options) as service,
        VirtualRack(count=10, boot_url=service.api_url, timing=timing) as rack,
    ):
        service.start_api(api)
        service.add_conductor("c1")
        # The API looks at the ring each second.
        probe = {"driver": "fake-hardware", "name": "probe"}
        wait_for(lambda: service.request("POST", "/v1/nodes", probe).ok, "the ring")
        yield Cloud(service, rack)

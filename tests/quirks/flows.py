# SPDX-License-Identifier: Apache-2.0
"""The flows that a server goes through, one after the other; each checks on the server what it has done."""

import dataclasses
from collections.abc import Callable
from typing import Any

from ironic_lite_simulator import images
from tests.functional.rack.cloud import Cloud, Server
from tests.quirks.catalog import Quirk
from tests.waiting import wait_for

BURN_IN = {"interface": "deploy", "step": "burnin_cpu"}
OS = images.catalog()[images.DISK_IMAGE].sha256
PATIENCE = 400.0
"""Seconds for one flow."""


@dataclasses.dataclass
class Life:
    """One server with one quirk, and the flows it has gone through so far."""

    cloud: Cloud
    quirk: Quirk
    server: Server

    @classmethod
    def begin(cls, cloud: Cloud, quirk: Quirk, **fields: Any) -> "Life":
        """Enrol the next server, and give it the quirk."""
        rescue = {
            "rescue_kernel": cloud.image(images.KERNEL),
            "rescue_ramdisk": cloud.image(images.RAMDISK),
        }
        server = cloud.enrol(
            driver_info=rescue,
            rescue_interface="agent",
            inspect_interface="agent",
            automated_clean=False,
            properties=quirk.properties,
            **fields,
        )
        cloud.rack.set_faults(server.index, **quirk.faults)
        return cls(cloud, quirk, server)

    def to(self, target: str, until: str, **more: Any) -> dict[str, Any]:
        """Ask for a provision state, and wait for where it leads."""
        node = self.cloud.provision(self.server, target, until, timeout=PATIENCE, **more)
        assert node["last_error"] is None, node["last_error"]
        return node

    def power(self, target: str, until: str) -> None:
        """Ask for a power state, and wait until the server has it."""
        path = f"/v1/nodes/{self.server.node}/states/power"
        self.cloud.service.call("PUT", path, {"target": target})
        node = self.cloud.service.wait_for_node(
            self.server.node, PATIENCE, target_power_state=None, reservation=None
        )
        assert (node["power_state"], node["last_error"]) == (until, None), node["last_error"]
        assert self.server.status["power"] == until.removeprefix("power ")

    def runs(self, what: str, value: str) -> None:
        """Wait until the server runs what it is to run."""
        status = self.server.wait_booted()
        assert status[what] == value, status


def verify(life: Life) -> None:
    life.to("manage", "manageable")
    assert life.cloud.show(life.server)["power_state"] == "power off"


def inspect(life: Life) -> None:
    life.to("inspect", "manageable")
    assert life.cloud.show(life.server)["properties"]["cpu_arch"] == "x86_64"


def clean(life: Life) -> None:
    since = life.server.now()
    life.to("clean", "manageable", clean_steps=[BURN_IN])
    assert life.server.steps(since) == ["burnin_cpu"]
    life.to("provide", "available")


def deploy(life: Life) -> None:
    life.cloud.set(life.server, instance_info=life.cloud.disk_image())
    life.to("active", "active")
    life.runs("booted_image", OS)


def reboot(life: Life) -> None:
    since = life.server.now()
    life.power("rebooting", "power on")
    life.runs("booted_image", OS)
    assert "off" in [e.details.get("power") for e in life.server.journal("machine", since)]


def soft(life: Life) -> None:
    life.power("soft rebooting", "power on")
    life.runs("booted_image", OS)
    life.power("soft power off", "power off")
    life.power("power on", "power on")
    life.runs("booted_image", OS)


def boot_device(life: Life) -> None:
    path = f"/v1/nodes/{life.server.node}/management/boot_device"
    for device, persistent in (("pxe", False), ("disk", True)):
        body = {"boot_device": device, "persistent": persistent}
        life.cloud.service.call("PUT", path, body)
        assert life.cloud.service.call("GET", path) == body


def rebuild(life: Life) -> None:
    life.to("rebuild", "active")
    life.runs("booted_image", OS)


def service(life: Life) -> None:
    since = life.server.now()
    life.to("service", "active", service_steps=[BURN_IN])
    assert life.server.steps(since) == ["burnin_cpu"]
    life.runs("booted_image", OS)


def rescue(life: Life) -> None:
    life.to("rescue", "rescue", rescue_password="correct horse")
    life.to("unrescue", "active")
    life.runs("booted_image", OS)


def undeploy(life: Life) -> None:
    life.cloud.set(life.server, automated_clean=True)
    life.to("deleted", "available")
    assert life.server.status["power"] == "off"


def ramdisk(life: Life) -> None:
    """An instance that is a ramdisk, and is one again after a reboot."""
    life.cloud.set(life.server, automated_clean=False, deploy_interface="ramdisk")
    info = {
        "kernel": life.cloud.image(images.KERNEL),
        "ramdisk": life.cloud.image(images.RAMDISK),
    }
    life.cloud.set(life.server, instance_info=info)
    life.to("active", "active")
    life.runs("booted_url", info["kernel"])
    life.power("rebooting", "power on")
    life.runs("booted_url", info["kernel"])
    life.to("deleted", "available")


def adopt(life: Life) -> None:
    life.to("manage", "manageable")
    life.cloud.set(life.server, instance_info=life.cloud.disk_image(), deploy_interface="direct")
    life.to("adopt", "active")
    wait_for(lambda: life.server.status["phase"] == "off", "the server to be left alone")
    life.to("deleted", "available")


FLOWS: dict[str, Callable[[Life], None]] = {
    flow.__name__.replace("_", " "): flow
    for flow in (
        verify,
        inspect,
        clean,
        deploy,
        reboot,
        soft,
        boot_device,
        rebuild,
        service,
        rescue,
        undeploy,
        ramdisk,
        adopt,
    )
}
"""In the order in which a server goes through them."""

SHORT = ("verify", "clean", "deploy", "reboot", "boot device", "undeploy")
"""Those of ``make test``."""

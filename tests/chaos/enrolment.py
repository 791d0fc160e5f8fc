# SPDX-License-Identifier: Apache-2.0
"""Enrols nodes for the servers of a rack."""

from typing import Any

from ironic_lite_simulator import images
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.chaos.cluster import Cluster

RESOURCE_CLASS = "baremetal"


class Enrolment:
    """Creates nodes for the servers of a rack."""

    def __init__(self, cluster: Cluster, rack: VirtualRack) -> None:
        self._cluster = cluster
        self._rack = rack

    def enrol(self, place: int, **fields: object) -> str:
        """Create a node, with a port, for the server at this place of the rack; return its UUID."""
        status, options = self._rack.status(place), self._rack.options
        kernel = f"{self._rack.http_url}/images/{images.KERNEL}"
        ramdisk = f"{self._rack.http_url}/images/{images.RAMDISK}"
        node = self._cluster.create_node(
            driver="ipmi",
            rescue_interface="agent",
            driver_info={
                "ipmi_address": status["bmc_address"],
                "ipmi_port": status["bmc_port"],
                "ipmi_username": options.username,
                "ipmi_password": options.password,
                "deploy_kernel": kernel,
                "deploy_ramdisk": ramdisk,
                "rescue_kernel": kernel,
                "rescue_ramdisk": ramdisk,
            },
            properties={"cpu_arch": "x86_64"},
            resource_class=RESOURCE_CLASS,
            **fields,
        )
        port = {"node_uuid": node, "address": status["mac"]}
        self._cluster.call("POST", "/v1/ports", port)
        return node

    def enrol_fake(self, name: str) -> str:
        """Create a node of fake hardware; return its UUID."""
        return self._cluster.create_node(
            name=name, driver="fake-hardware", resource_class=RESOURCE_CLASS
        )

    def instance(self) -> list[dict[str, Any]]:
        """Return the JSON patch that a node needs before its deployment."""
        image = images.catalog()[images.DISK_IMAGE]
        value = {
            "image_source": f"{self._rack.http_url}/images/{image.name}",
            "image_os_hash_algo": "sha256",
            "image_os_hash_value": image.sha256,
            "image_disk_format": "raw",
        }
        return [{"op": "add", "path": "/instance_info", "value": value}]

# SPDX-License-Identifier: Apache-2.0
"""Images in a real Glance: deployed, refused, and gone."""

import hashlib

from ironic_lite_simulator import images
from tests.functional.images.surroundings import Surroundings

DISK = images.catalog()[images.DISK_IMAGE]


def test_an_image_is_deployed(surroundings: Surroundings) -> None:
    """The server boots it; what the client set stays, and what the service filled in goes with the instance."""
    cloud, navy = surroundings.cloud, surroundings.token("navy")
    image = surroundings.glance.upload(navy, DISK.content, visibility="public", os_distro="rack")
    server = cloud.enrol_available()
    node = cloud.deploy(server, {"image_source": image, "display_name": "one"})
    assert server.wait_booted()["booted_image"] == DISK.sha256
    info = node["instance_info"]
    shown = surroundings.glance.show(navy, image)
    assert info["image_source"] == image
    assert info["image_disk_format"] == "raw"
    assert info["image_container_format"] == "bare"
    assert info["image_os_hash_value"] == shown["os_hash_value"]
    assert info["image_properties"]["os_distro"] == "rack"
    assert info["image_type"] == "whole-disk"
    assert hashlib.sha512(DISK.content).hexdigest() == info["image_os_hash_value"]
    cloud.provision(server, "deleted", "available")
    node = cloud.show(server)
    assert node["instance_info"] == {}
    assert not [name for name in node["driver_internal_info"] if name.startswith("image_")]

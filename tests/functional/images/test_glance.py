# SPDX-License-Identifier: Apache-2.0
"""Images in a real Glance: deployed, refused, and gone."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from ironic_lite_simulator import images
from tests.functional.deployment import Deployment
from tests.functional.images.surroundings import Surroundings, credentials
from tests.functional.rack.cloud import Server
from tests.functional.servers.keystone import PASSWORD
from tests.waiting import PATIENCE, wait_for

CATALOG = images.catalog()
DISK = CATALOG[images.DISK_IMAGE]


@pytest.fixture(scope="module")
def navy(surroundings: Surroundings) -> str:
    """A token of the project navy."""
    return surroundings.token("navy")


@pytest.fixture(scope="module")
def army(surroundings: Surroundings) -> str:
    return surroundings.token("army")


def _set(surroundings: Surroundings, server: Server, **info: Any) -> None:
    surroundings.cloud.set(server, instance_info=info)


def _deploy(surroundings: Surroundings, token: str, server: Server) -> requests.Response:
    path = f"/v1/nodes/{server.node}/states/provision"
    return surroundings.ask(token, "PUT", path, {"target": "active"})


def _why(answer: requests.Response) -> str:
    return str(json.loads(answer.json()["error_message"])["faultstring"])


def _wait(surroundings: Surroundings, server: Server, state: str) -> dict[str, Any]:
    return surroundings.cloud.service.wait_for_node(
        server.node, provision_state=state, reservation=None
    )


def test_an_image_is_deployed(surroundings: Surroundings, navy: str) -> None:
    """The server boots it. Fields that the client set stay; those of the service are removed with the instance."""
    cloud = surroundings.cloud
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


def test_a_rebuild_with_another_image(surroundings: Surroundings, navy: str) -> None:
    """Fields from the first image are removed; fields that the client has set stay."""
    glance, cloud = surroundings.glance, surroundings.cloud
    first = glance.upload(navy, DISK.content, visibility="public", colour="red")
    other = DISK.content[:-1] + b"!"
    second = glance.upload(navy, other, visibility="public", shape="round")
    server = cloud.enrol_available()
    cloud.deploy(server, {"image_source": first, "image_tags": ["mine"]})
    server.wait_booted()
    patch = [
        {"op": "replace", "path": "/instance_info/image_source", "value": f"glance://{second}"}
    ]
    cloud.service.call("PATCH", f"/v1/nodes/{server.node}", patch)
    node = cloud.provision(server, "rebuild", "active")
    assert server.wait_booted()["booted_image"] == hashlib.sha256(other).hexdigest()
    assert node["instance_info"]["image_tags"] == ["mine"]
    assert node["instance_info"]["image_properties"]["shape"] == "round"
    assert "colour" not in node["instance_info"]["image_properties"]


def test_ramdisks_from_glance(surroundings: Surroundings, navy: str) -> None:
    """The deploy ramdisk, an instance that is an image with kernel_id and ramdisk_id, and an ISO."""
    glance, cloud = surroundings.glance, surroundings.cloud
    made = {
        name: glance.upload(navy, CATALOG[name].content, visibility="public", name=name)
        for name in (images.KERNEL, images.RAMDISK, images.ISO_IMAGE)
    }
    server = cloud.enrol_available(
        deploy_interface="ramdisk",
        driver_info={"deploy_kernel": made[images.KERNEL], "deploy_ramdisk": made[images.RAMDISK]},
    )
    image = glance.upload(
        navy,
        b"nothing",
        visibility="public",
        kernel_id=made[images.KERNEL],
        ramdisk_id=made[images.RAMDISK],
    )
    cloud.set(server, instance_info={"image_source": image})
    assert cloud.service.call("GET", f"/v1/nodes/{server.node}/validate")["deploy"]["result"]
    cloud.deploy(server, {"image_source": image})
    booted = server.wait_booted()["booted_url"]
    assert booted.startswith(f"{cloud.service.api_url}/images/{server.node}/kernel?token=")
    rebooted = server.now()
    cloud.service.set_power_state(server.node, "rebooting", until="power on")
    server.wait_booted()
    assert "pxe" in server.phases(rebooted)
    cloud.set(server, instance_info={"boot_iso": made[images.ISO_IMAGE]})
    cloud.provision(server, "rebuild", "active")
    booted = server.wait_booted()["booted_url"]
    assert requests.get(booted, timeout=PATIENCE).content == CATALOG[images.ISO_IMAGE].content
    cloud.set(server, automated_clean=True)
    cloud.provision(server, "deleted", "available")
    assert "agent" in server.phases()
    assert requests.get(booted, timeout=PATIENCE).status_code == 404


def test_a_ramdisk_without_its_files(surroundings: Surroundings, navy: str) -> None:
    """`validate` says what the image in Glance lacks, before anybody deploys it."""
    glance, cloud = surroundings.glance, surroundings.cloud
    image = glance.upload(navy, b"nothing", visibility="public")
    server = cloud.enrol(deploy_interface="ramdisk", instance_info={"image_source": image})
    told = cloud.service.call("GET", f"/v1/nodes/{server.node}/validate")["deploy"]
    assert not told["result"]
    assert "names none: set kernel and ramdisk" in told["reason"]


def test_the_adoption_of_a_ramdisk_from_glance(surroundings: Surroundings, navy: str) -> None:
    """The server boots again after the adoption, so the service must know its images."""
    glance, cloud = surroundings.glance, surroundings.cloud
    kernel, ramdisk = (
        glance.upload(navy, CATALOG[name].content, visibility="public")
        for name in (images.KERNEL, images.RAMDISK)
    )
    image = glance.upload(
        navy, b"nothing", visibility="public", kernel_id=kernel, ramdisk_id=ramdisk
    )
    server = cloud.enrol(deploy_interface="ramdisk", instance_info={"image_source": image})
    cloud.manage(server)
    cloud.provision(server, "adopt", "active")
    cloud.service.set_power_state(server.node, "rebooting", until="power on")
    booted = server.wait_booted()["booted_url"]
    assert booted.startswith(f"{cloud.service.api_url}/images/{server.node}/kernel?token=")


def test_urls_end_with_the_operation_and_show_nowhere(
    surroundings: Surroundings, navy: str
) -> None:
    cloud = surroundings.cloud
    kernel, ramdisk = (
        surroundings.glance.upload(navy, CATALOG[name].content, visibility="public")
        for name in (images.KERNEL, images.RAMDISK)
    )
    image = surroundings.glance.upload(navy, DISK.content, visibility="public")
    server = cloud.enrol_available(driver_info={"deploy_kernel": kernel, "deploy_ramdisk": ramdisk})
    _set(surroundings, server, image_source=image)
    mac = server.status["mac"].replace(":", "-")
    script: list[str] = []

    def is_waiting() -> bool:
        text = requests.get(f"{cloud.service.api_url}/boot/{mac}", timeout=PATIENCE).text
        script[:] = re.findall(r"http\S+/images/\S+", text)
        return bool(script)

    assert _deploy(surroundings, surroundings.token(), server).status_code == 202
    wait_for(is_waiting, "a boot script with URLs of images")
    node = cloud.show(server)
    assert node["driver_internal_info"]["image_link_secret"] == "******"
    _wait(surroundings, server, "active")
    for url in script:
        assert requests.get(url, timeout=PATIENCE).status_code == 404
        token = url.rpartition("=")[2]
        assert token not in json.dumps(cloud.show(server))
        assert token not in (cloud.service.directory / "all-in-one.log").read_text()
        database = cloud.service.directory / "ironic-lite.sqlite"
        assert token.encode() not in database.read_bytes()


# -- who may use an image ------------------------------------------------------------------------------------------


def test_the_image_of_another_project_is_absent(
    surroundings: Surroundings, navy: str, army: str
) -> None:
    """Until it is shared. An administrator of the system may use every image."""
    glance, cloud = surroundings.glance, surroundings.cloud
    image = glance.upload(navy, DISK.content, visibility="shared")
    server = cloud.enrol_available(owner=surroundings.projects["army"])
    _set(surroundings, server, image_source=image)
    refused = _deploy(surroundings, army, server)
    assert refused.status_code == 404, refused.text
    _set(surroundings, server, image_source="8a5ea2a5-6ab2-4a36-9d35-5dd4b4f2b1a7")
    missing = _deploy(surroundings, army, server)
    assert missing.status_code == 404
    assert _why(missing) == _why(refused).replace(image, "8a5ea2a5-6ab2-4a36-9d35-5dd4b4f2b1a7")
    assert cloud.show(server)["provision_state"] == "available"
    _set(surroundings, server, image_source=image)
    member = {"member": surroundings.projects["army"]}
    glance.call(navy, "POST", f"/v2/images/{image}/members", member)
    assert _deploy(surroundings, army, server).status_code == 202
    _wait(surroundings, server, "active")
    assert server.wait_booted()["booted_image"] == DISK.sha256


def test_ramdisks_are_the_owners(surroundings: Surroundings, navy: str, army: str) -> None:
    """An owner's ramdisk must be one that the owner may see; a lessee need not see it."""
    glance, cloud = surroundings.glance, surroundings.cloud
    kernel, ramdisk = (
        glance.upload(navy, CATALOG[name].content, visibility="private")
        for name in (images.KERNEL, images.RAMDISK)
    )
    ramdisks = {"deploy_kernel": kernel, "deploy_ramdisk": ramdisk}
    projects = surroundings.projects
    image = glance.upload(army, DISK.content, visibility="private")
    stolen = cloud.enrol_available(owner=projects["army"], driver_info=ramdisks)
    _set(surroundings, stolen, image_source=image)
    answer = _deploy(surroundings, army, stolen)
    assert answer.status_code == 404
    assert kernel in _why(answer)
    leased = cloud.enrol_available(
        owner=projects["navy"], lessee=projects["army"], driver_info=ramdisks
    )
    _set(surroundings, leased, image_source=image)
    assert _deploy(surroundings, army, leased).status_code == 202
    _wait(surroundings, leased, "active")


@pytest.mark.parametrize(
    ("visibility", "is_member", "is_visible"),
    [
        ("public", False, True),
        ("community", False, True),
        ("shared", True, True),
        ("shared", False, False),
        ("private", False, False),
    ],
)
def test_ramdisks_that_an_owner_may_see(
    surroundings: Surroundings, navy: str, visibility: str, is_member: bool, is_visible: bool
) -> None:
    glance = surroundings.glance
    kernel, ramdisk = (
        glance.upload(navy, CATALOG[name].content, visibility=visibility)
        for name in (images.KERNEL, images.RAMDISK)
    )
    if is_member:
        for image in (kernel, ramdisk):
            member = {"member": surroundings.projects["army"]}
            glance.call(navy, "POST", f"/v2/images/{image}/members", member)
    server = surroundings.cloud.enrol(
        owner=surroundings.projects["army"],
        driver_info={"deploy_kernel": kernel, "deploy_ramdisk": ramdisk},
    )
    validated = surroundings.cloud.service.call("GET", f"/v1/nodes/{server.node}/validate")
    assert validated["boot"]["result"] is is_visible, validated["boot"]


# -- images that cannot be used ------------------------------------------------------------------------------------


def _queued(surroundings: Surroundings, token: str) -> str:
    return surroundings.glance.create(token, visibility="public")


def _deactivated(surroundings: Surroundings, token: str) -> str:
    image = surroundings.glance.upload(token, DISK.content, visibility="public")
    surroundings.glance.call(token, "POST", f"/v2/images/{image}/actions/deactivate")
    return image


def _of_format(**fields: str) -> Callable[[Surroundings, str], str]:
    def upload(surroundings: Surroundings, token: str) -> str:
        return surroundings.glance.upload(token, DISK.content, visibility="public", **fields)

    return upload


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (_queued, "status is 'queued'"),
        (_deactivated, "status is 'deactivated'"),
        (_of_format(disk_format="aki", container_format="aki"), "'aki' is not supported"),
        (_of_format(container_format="ovf"), "container format 'ovf'"),
        (_of_format(kernel_id="8a5ea2a5-6ab2-4a36-9d35-5dd4b4f2b1a7"), "only kernel"),
        (_of_format(img_type="strange"), "image_type 'strange'"),
    ],
)
def test_images_that_cannot_be_used(
    surroundings: Surroundings,
    navy: str,
    prepare: Callable[[Surroundings, str], str],
    reason: str,
) -> None:
    server = surroundings.cloud.enrol_available()
    _set(surroundings, server, image_source=prepare(surroundings, navy))
    answer = _deploy(surroundings, surroundings.token(), server)
    assert answer.status_code == 400, answer.text
    assert reason in _why(answer)
    node = surroundings.cloud.show(server)
    assert node["provision_state"] == "available"
    assert list(node["instance_info"]) == ["image_source"]


def test_an_image_of_a_web_server_through_the_api(surroundings: Surroundings) -> None:
    cloud = surroundings.cloud
    server = cloud.enrol_available()
    node = cloud.deploy(server, {**cloud.disk_image(), "image_download_source": "local"})
    assert server.wait_booted()["booted_image"] == DISK.sha256
    pinned = node["driver_internal_info"]["image_pins"]["image_source"]
    assert pinned["pin"] == cloud.image(images.DISK_IMAGE)


@pytest.mark.parametrize("reference", ["glance://", "glance://x", "glance:8a5ea2a5"])
def test_what_is_no_reference(surroundings: Surroundings, reference: str) -> None:
    server = surroundings.cloud.enrol_available()
    _set(surroundings, server, image_source=reference)
    answer = _deploy(surroundings, surroundings.token(), server)
    assert answer.status_code == 400


def test_a_wrong_checksum(surroundings: Surroundings, navy: str) -> None:
    """The agent refuses what it has downloaded, and says so; the node can be deployed again."""
    cloud = surroundings.cloud
    image = surroundings.glance.upload(navy, DISK.content, visibility="public")
    server = cloud.enrol_available()
    wrong = {"image_os_hash_algo": "sha256", "image_os_hash_value": "0" * 64}
    _set(surroundings, server, image_source=image, **wrong)
    assert _deploy(surroundings, surroundings.token(), server).status_code == 202
    node = _wait(surroundings, server, "deploy failed")
    assert "checksum" in node["last_error"].lower()
    cloud.deploy(server, {"image_source": image})
    assert server.wait_booted()["booted_image"] == DISK.sha256


def test_an_image_that_is_deleted_meanwhile(surroundings: Surroundings, navy: str) -> None:
    cloud, glance = surroundings.cloud, surroundings.glance
    image = glance.upload(navy, DISK.content, visibility="public")
    server = cloud.enrol_available()
    _set(surroundings, server, image_source=image)
    assert _deploy(surroundings, surroundings.token(), server).status_code == 202
    glance.call(navy, "DELETE", f"/v2/images/{image}")
    node = _wait(surroundings, server, "deploy failed")
    assert "404" in node["last_error"]
    assert "token=0" not in node["last_error"]


# -- Glance that does not answer -----------------------------------------------------------------------------------


@contextmanager
def _paused(surroundings: Surroundings) -> Iterator[None]:
    surroundings.glance.process.pause()
    try:
        yield
    finally:
        surroundings.glance.process.resume()


def test_glance_does_not_answer(surroundings: Surroundings, navy: str) -> None:
    """The request gets 503, the node stays as it is, and the next request succeeds."""
    cloud = surroundings.cloud
    image = surroundings.glance.upload(navy, DISK.content, visibility="public")
    server = cloud.enrol_available()
    _set(surroundings, server, image_source=image)
    with _paused(surroundings):
        answer = _deploy(surroundings, surroundings.token(), server)
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert "glance" in _why(answer).lower()
    assert cloud.show(server)["provision_state"] == "available"
    cloud.provision(server, "active", "active")
    assert server.wait_booted()["booted_image"] == DISK.sha256


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"password": "wrong"}, 503, "Keystone refuses the credentials"),
        ({"endpoint_override": "http://127.0.0.1:1"}, 503, "no usable answer"),
        ({"auth_url": "http://127.0.0.1:1/v3"}, 503, "no usable answer"),
        ({"auth_type": None}, 400, "requires auth_type"),
    ],
)
def test_a_wrong_configuration(
    surroundings: Surroundings,
    navy: str,
    make_deployment: Callable[..., Deployment],
    sqlite_url: str,
    change: dict[str, object],
    status: int,
    reason: str,
) -> None:
    """The client gets the cause, and no password."""
    image = surroundings.glance.upload(navy, DISK.content, visibility="public")
    options = {"glance": {**credentials(surroundings.identity), **change}}
    service = make_deployment(database=sqlite_url, options=options)
    service.start_all_in_one()
    node = service.create_node(
        driver="manual-management",
        automated_clean=False,
        instance_info={"image_source": image},
    )
    for target, until in (("manage", "manageable"), ("provide", "available")):
        service.set_provision_state(node, target, until=until)
    path = f"/v1/nodes/{node}/states/provision"
    answer = service.request("PUT", path, {"target": "active"})
    assert answer.status_code == status, answer.text
    assert reason in _why(answer)
    log = (service.directory / "all-in-one.log").read_text()
    assert "wrong" not in answer.text
    assert PASSWORD not in log + answer.text
    assert service.node(node)["provision_state"] == "available"

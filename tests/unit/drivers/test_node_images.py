# SPDX-License-Identifier: Apache-2.0
"""The images of a node: who may use them, and what is recorded."""

import dataclasses
import types
from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.common import context, exception
from ironic_lite.drivers import node_images
from ironic_lite.images import sources
from ironic_lite.images.image import Client, Image, Origin

UUID = "8a5ea2a5-6ab2-4a36-9d35-5dd4b4f2b1a7"
FOUND = Image(
    pin=f"glance://{UUID}",
    size=7,
    disk_format="raw",
    os_hash_algo="sha512",
    os_hash_value="0" * 128,
    properties={"img_type": "whole-disk"},
)


class Node(types.SimpleNamespace):
    """The attributes of a node that images depend on."""

    def __init__(self, **fields: Any):
        super().__init__(
            **{
                "uuid": "node-1",
                "operation": "operation-1",
                "owner": None,
                "lessee": None,
                "properties": {},
                "driver_info": {},
                "driver_internal_info": {},
                "instance_info": {},
                **fields,
            }
        )

    def set_driver_internal_info(self, key: str, value: Any) -> None:
        self.driver_internal_info = {**self.driver_internal_info, key: value}

    def del_driver_internal_info(self, key: str) -> Any:
        left = dict(self.driver_internal_info)
        value = left.pop(key, None)
        self.driver_internal_info = left
        return value


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Client]:
    """On whose behalf the sources were asked."""
    clients: list[Client] = []

    def resolve(_reference: str, _what: str, client: Client) -> Image:
        clients.append(client)
        return FOUND

    monkeypatch.setattr(sources, "resolve", resolve)
    monkeypatch.setattr(sources, "origin", lambda pin, _client: Origin(pin))
    return clients


NOBODY = context.RequestContext(auth_disabled=True)


def _token(node: Node, field: str = "image_source") -> str:
    return node_images.url(node, field).partition("?token=")[2]


def test_what_is_filled_in_goes_again_and_what_was_set_stays(asked: list[Client]) -> None:
    given = {"image_source": UUID, "image_disk_format": "qcow2", "display_name": "x"}
    node = Node(instance_info=dict(given))
    node_images.record(node, ["image_source"], NOBODY)
    assert node.instance_info["image_disk_format"] == "qcow2"
    assert node.instance_info["image_os_hash_algo"] == "sha512"
    assert node.instance_info["image_type"] == "whole-disk"
    node.instance_info = {**node.instance_info, "image_os_hash_algo": "sha256"}
    node_images.forget(node)
    assert node.instance_info == {**given, "image_os_hash_algo": "sha256"}
    assert node.driver_internal_info == {}


def test_an_image_cannot_be_exchanged_after_the_request(asked: list[Client]) -> None:
    """Otherwise whoever may change instance_info could read every image that the service sees."""
    node = Node(instance_info={"image_source": UUID})
    node_images.record(node, ["image_source"], NOBODY)
    token = _token(node)
    assert node_images.origin(node, "image_source", token) == Origin(
        FOUND.pin, size=7, digest=FOUND.digest
    )
    node.instance_info = {**node.instance_info, "image_source": UUID.replace("8", "9")}
    with pytest.raises(exception.ImageNotFound):
        node_images.origin(node, "image_source", token)
    with pytest.raises(exception.InvalidParameterValue, match="rebuild"):
        node_images.url(node, "image_source")


@pytest.mark.parametrize("field", ["image_pull_secret", "", "deploy_kernel/..", "driver_info"])
def test_only_fields_of_images_are_opened(asked: list[Client], field: str) -> None:
    node = Node(instance_info={"image_source": UUID})
    node_images.record(node, ["image_source"], NOBODY)
    with pytest.raises(exception.ImageNotFound):
        node_images.origin(node, field, _token(node))


@pytest.mark.parametrize(
    ("request_context", "project"),
    [
        ({"auth_disabled": True}, None),
        ({"system_scope": "all"}, None),
        ({"project_id": "p"}, "p"),
        ({"is_admin": True, "user_id": "u"}, None),
        ({}, ""),
    ],
)
def test_on_whose_behalf_an_instances_image_is_looked_up(
    asked: list[Client], request_context: dict[str, Any], project: str | None
) -> None:
    node = Node(instance_info={"image_source": UUID}, owner="o")
    made = context.RequestContext(overwrite=False, **request_context)
    node_images.look_up(node, "image_source", made)
    assert asked[0].project == project


def test_ramdisks_are_looked_up_for_the_owner(asked: list[Client]) -> None:
    node = Node(driver_info={"deploy_kernel": UUID, "deploy_ramdisk": UUID}, owner="o", lessee="l")
    made = context.RequestContext(overwrite=False, project_id="l")
    node_images.look_up(node, "deploy_kernel", made)
    assert asked[0].project == "o"


def test_ramdisks_of_the_configuration_are_the_operators(
    asked: list[Client], set_option: Callable[..., None]
) -> None:
    """Nodes of every owner may boot them, and no secret of an owner is sent for them."""
    for field in ("deploy_kernel", "deploy_ramdisk"):
        set_option(field, UUID, group="conductor")
    node = Node(owner="o", driver_info={"image_pull_secret": "s"})
    node_images.look_up(node, "deploy_kernel", NOBODY)
    assert (asked[0].project, asked[0].pull_secret) == (None, None)


@pytest.mark.parametrize(
    ("own", "owners", "lessee", "field", "secret"),
    [
        ("i", "d", None, "image_source", "i"),
        ("i", "d", "l", "image_source", "i"),
        (None, "d", None, "image_source", "d"),
        (None, "d", "l", "image_source", None),
        ("i", "d", "l", "deploy_kernel", "d"),
        ("i", None, "l", "deploy_kernel", None),
        (7, ["x"], None, "image_source", None),
    ],
)
def test_which_pull_secret(
    asked: list[Client], own: Any, owners: Any, lessee: str | None, field: str, secret: str | None
) -> None:
    """The owner's does not go to a registry that a lessee names, and an instance's is not used for ramdisks."""
    node = Node(
        instance_info={"image_source": "oci://h/a", "image_pull_secret": own},
        driver_info={
            "deploy_kernel": "oci://h/a",
            "deploy_ramdisk": "oci://h/b",
            "image_pull_secret": owners,
        },
        lessee=lessee,
    )
    node_images.look_up(node, field, NOBODY)
    assert asked[0].pull_secret == secret
    assert "pull_secret" not in repr(asked[0])


def test_large_properties_are_not_copied(asked: list[Client], monkeypatch: Any) -> None:
    large = dataclasses.replace(FOUND, properties={"x": "y" * 40_000})
    monkeypatch.setattr(sources, "resolve", lambda *_: large)
    node = Node(instance_info={"image_source": UUID})
    node_images.record(node, ["image_source"], NOBODY)
    assert "image_properties" not in node.instance_info

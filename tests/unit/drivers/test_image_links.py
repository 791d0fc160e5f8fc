# SPDX-License-Identifier: Apache-2.0
"""URLs of images: for one node, one field and one operation."""

import dataclasses
import time
from typing import Any

import pytest

from ironic_lite.common import exception, redaction
from ironic_lite.conf import CONF
from ironic_lite.drivers import image_links


@dataclasses.dataclass
class Node:
    """The attributes of a node that URLs depend on."""

    uuid: str = "node-1"
    operation: str | None = "operation-1"
    driver_internal_info: dict[str, Any] = dataclasses.field(default_factory=dict)

    def set_driver_internal_info(self, key: str, value: Any) -> None:
        self.driver_internal_info[key] = value

    def del_driver_internal_info(self, key: str) -> None:
        self.driver_internal_info.pop(key, None)


@pytest.fixture
def node() -> Node:
    made = Node()
    image_links.prepare(made)
    return made


def _token(node: Node, field: str = "image_source") -> str:
    return image_links.url(node, field).partition("?token=")[2]


def test_a_url_is_for_one_field_of_one_node_in_one_operation(node: Node) -> None:
    token = _token(node)
    assert image_links.is_valid(node, "image_source", token)
    assert not image_links.is_valid(node, "kernel", token)
    for change in ({"uuid": "node-2"}, {"operation": "operation-2"}, {"operation": None}):
        assert not image_links.is_valid(dataclasses.replace(node, **change), "image_source", token)
    other = Node()
    image_links.prepare(other)
    assert not image_links.is_valid(other, "image_source", token)


def test_a_url_ends_with_the_secret(node: Node) -> None:
    token = _token(node)
    image_links.revoke(node)
    assert not image_links.is_valid(node, "image_source", token)
    with pytest.raises(exception.InvalidParameterValue, match="Start it again"):
        image_links.url(node, "image_source")


def test_what_an_instance_boots_does_not_depend_on_operations(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may get its script just before the deployment ends, and the files after it."""
    token = _token(node, "kernel")
    assert image_links.is_valid(node, "kernel", token)
    node.operation = None
    assert image_links.is_valid(node, "kernel", token)
    later = time.time() + CONF.images.boot_url_lifetime + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert not image_links.is_valid(node, "kernel", token)


@pytest.mark.parametrize(
    "made_up",
    [
        "",
        "0",
        "0-",
        "-",
        "x-y",
        "0-\N{LATIN SMALL LETTER E WITH ACUTE}",
        f"{'9' * 400}-a",
        "-1-a",
        "\u0660-a",
    ],
)
def test_made_up_tokens(node: Node, made_up: str) -> None:
    assert not image_links.is_valid(node, "image_source", made_up)


def test_an_end_cannot_be_put_off(node: Node) -> None:
    expires, _, mac = _token(node, "kernel").partition("-")
    assert not image_links.is_valid(node, "kernel", f"{int(expires) + 1}-{mac}")
    assert not image_links.is_valid(node, "kernel", f"0-{mac}")


def test_the_secret_and_the_token_are_masked(node: Node) -> None:
    token, secret = _token(node), node.driver_internal_info[image_links.SECRET]
    assert secret not in str(redaction.mask(node.driver_internal_info))
    url = image_links.url(node, "image_source")
    assert token not in redaction.mask_text(f"Could not download {url}: error, for '{url}'")

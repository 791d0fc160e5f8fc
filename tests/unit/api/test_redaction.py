# SPDX-License-Identifier: Apache-2.0
"""Values that replies hide, and values that they do not."""

import pytest

from ironic_lite.common import redaction

MASK = redaction.MASK


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "ipmi_password",
        "PASSWORD",
        "auth_token",
        "agent_secret_token",
        "ipmi_hex_kg_key",
        "snmp_auth_key",
        "private_key",
        "passphrase",
        "configdrive",
        "snmp_community",
        "swift_secret",
    ],
)
def test_secret_keys(key: str) -> None:
    assert redaction.mask({key: "x", "other": 1}) == {key: MASK, "other": 1}


@pytest.mark.parametrize(
    "key", ["ipmi_address", "ipmi_username", "deploy_kernel", "image_source", "keyboard", "monkey"]
)
def test_open_keys(key: str) -> None:
    assert redaction.mask({key: "x"}) == {key: "x"}


def test_every_level_and_kind() -> None:
    value = {"a": [{"password": {"deep": 1}}, "password", 5], "password": None}
    assert redaction.mask(value) == {"a": [{"password": MASK}, "password", 5], "password": MASK}


def test_nothing_is_changed_in_place() -> None:
    value = {"a": {"password": "x"}}
    redaction.mask(value)
    assert value == {"a": {"password": "x"}}


def test_nothing_secret_is_not_copied() -> None:
    value = {"a": [{"b": 1}]}
    assert redaction.mask(value) is value


def test_instance_info() -> None:
    info = {"image_url": "http://x/?signature=1", "image_source": "http://x", "configdrive": "H4sI"}
    assert redaction.mask_instance_info(info) == {
        "image_url": MASK,
        "image_source": "http://x",
        "configdrive": MASK,
    }


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("GET https://user:secret@host/x failed", "GET https://******@host/x failed"),
        ("ipmi_password=secret user=x", "ipmi_password=****** user=x"),
        ("{'password': 'secret', 'a': 1}", "{'password': '******', 'a': 1}"),
        ("nothing to see at http://host:80/x", "nothing to see at http://host:80/x"),
    ],
)
def test_text(text: str, hidden: str) -> None:
    assert redaction.mask_text(text) == hidden

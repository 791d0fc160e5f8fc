# SPDX-License-Identifier: Apache-2.0
"""The parsing of `driver_info`."""

from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.modules.ipmi import driver_info

ADDRESS = {"ipmi_address": "192.0.2.7"}


def test_defaults() -> None:
    info = driver_info.parse(ADDRESS)
    assert info == driver_info.ConnectionInfo("192.0.2.7", 623, "", "", "ADMINISTRATOR", None, None)


def test_everything() -> None:
    info = driver_info.parse(
        {
            "ipmi_address": "bmc-7.example.org",
            "ipmi_port": "6230",
            "ipmi_username": "root",
            "ipmi_password": "calvin",
            "ipmi_priv_level": "operator",
            "ipmi_cipher_suite": "17",
            "ipmi_protocol_version": "2.0",
            "ipmi_hex_kg_key": "0x" + "1f" * 20,
            "ipmi_bridging": "no",
            "deploy_kernel": "http://example.org/kernel",
        }
    )
    assert info == driver_info.ConnectionInfo(
        "bmc-7.example.org", 6230, "root", "calvin", "OPERATOR", 17, b"\x1f" * 20
    )


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("192.0.2.7", "192.0.2.7:623"),
        ("2001:db8::7", "[2001:db8::7]:623"),
        ("[2001:db8::7]", "[2001:db8::7]:623"),
        ("fe80::1%eth0", "[fe80::1%eth0]:623"),
        ("bmc", "bmc:623"),
        ("node_7-bmc.example.org.", "node_7-bmc.example.org.:623"),
    ],
)
def test_addresses(address: str, endpoint: str) -> None:
    assert driver_info.parse({"ipmi_address": address}).endpoint == endpoint


@pytest.mark.parametrize("value", [None, ""])
def test_missing_address(value: str | None) -> None:
    with pytest.raises(exception.MissingParameterValue, match="ipmi_address is missing"):
        driver_info.parse({"ipmi_address": value})


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("ipmi_address", "10.0.0.300", "neither an IP address nor a host name"),
        ("ipmi_address", "0.0.0.0", "an unspecified address, which no BMC has"),
        ("ipmi_address", "[::]", "an unspecified address"),
        ("ipmi_address", "224.0.0.251", "a multicast address"),
        ("ipmi_address", "::ffff:224.0.0.251", "a multicast address"),
        ("ipmi_address", "ff02::1", "a multicast address"),
        ("ipmi_address", "255.255.255.255", "a reserved or broadcast address"),
        ("ipmi_address", "http://bmc", "neither an IP address nor a host name"),
        ("ipmi_address", "-oProxyCommand=x", "neither an IP address nor a host name"),
        ("ipmi_address", "a" * 254, "neither an IP address nor a host name"),
        ("ipmi_port", "0", "1 to 65535"),
        ("ipmi_port", 65536, "1 to 65535"),
        ("ipmi_port", "http", "1 to 65535"),
        ("ipmi_port", True, "1 to 65535"),
        ("ipmi_username", "a" * 17, "longer than the 16 bytes"),
        ("ipmi_password", "a" * 21, "longer than the 20 bytes"),
        ("ipmi_password", 1.1, "must be text"),
        ("ipmi_password", True, "must be text"),
        ("ipmi_password", ["a"], "must be text"),
        ("ipmi_password", {}, "must be text"),
        ("ipmi_username", 1e5, "must be text"),
        ("ipmi_username", False, "must be text"),
        ("ipmi_priv_level", "ROOT", "CALLBACK, USER, OPERATOR, ADMINISTRATOR"),
        ("ipmi_cipher_suite", "strong", "must be the number"),
        ("ipmi_cipher_suite", 0, "only 3 and 17"),
        ("ipmi_protocol_version", "1.5", "only 2.0 is supported"),
        ("ipmi_hex_kg_key", "abc", "an even number of hexadecimal digits, at most 40"),
        ("ipmi_hex_kg_key", "ab" * 21, "an even number of hexadecimal digits, at most 40"),
        ("ipmi_hex_kg_key", "0x", "an even number of hexadecimal digits, at most 40"),
        ("ipmi_hex_kg_key", "kg", "an even number of hexadecimal digits, at most 40"),
        ("ipmi_bridging", "single", "not supported"),
    ],
)
def test_wrong_values_are_named(field: str, value: Any, says: str) -> None:
    with pytest.raises(exception.InvalidParameterValue, match=f"{field} .*{says}"):
        driver_info.parse(ADDRESS | {field: value})


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("6b67", b"kg"),
        ("0x6B67", b"kg"),
        (6867, b"hg"),
        ("1f" * 20, b"\x1f" * 20),
    ],
)
def test_a_short_key_has_zeros_behind_it(given: Any, key: bytes) -> None:
    info = driver_info.parse(ADDRESS | {"ipmi_hex_kg_key": given})
    assert info.kg == key + bytes(20 - len(key))


def test_whole_numbers_are_text() -> None:
    """Clients that read values as JSON send a password of digits as a number, whose digits are the text."""
    info = driver_info.parse(ADDRESS | {"ipmi_username": 0, "ipmi_password": 98765432109876543210})
    assert (info.username, info.password) == ("0", "98765432109876543210")


def test_secrets_are_never_shown() -> None:
    info = driver_info.parse(ADDRESS | {"ipmi_password": "calvin", "ipmi_hex_kg_key": "ab" * 20})
    assert "calvin" not in repr(info)
    assert "ab" * 20 not in repr(info)
    assert repr(b"\xab" * 20) not in repr(info)
    wrong: tuple[tuple[str, Any], ...] = (
        ("ipmi_password", "p" * 21),
        ("ipmi_password", 12.75),
        ("ipmi_password", ["hush"]),
        ("ipmi_hex_kg_key", "q" * 39),
    )
    for field, value in wrong:
        with pytest.raises(exception.InvalidParameterValue) as refused:
            driver_info.parse(ADDRESS | {field: value})
        assert str(value) not in str(refused.value)


def test_every_property_is_described() -> None:
    assert all(text.endswith(".") for text in driver_info.COMMON_PROPERTIES.values())

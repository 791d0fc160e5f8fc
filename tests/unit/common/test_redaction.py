# SPDX-License-Identifier: Apache-2.0
"""Secrets are hidden wherever a record is shown, and survive a client that writes back what it was shown."""

import pytest

from ironic_lite.common import redaction

RECORD = {
    "ipmi_address": "192.0.2.1",
    "ipmi_password": "sesame",
    "image_source": "https://user:sesame@images.example.org/debian.raw",
    "mirrors": ["http://a:sesame@m1.example.org/", "http://m2.example.org/"],
    "nested": {"auth_token": "sesame", "note": "see https://docs.example.org/@home"},
}


def test_secrets_and_credentials_in_urls_are_hidden():
    shown = redaction.mask(RECORD)
    assert "sesame" not in str(shown)
    assert shown["image_source"] == "https://******@images.example.org/debian.raw"
    assert shown["mirrors"][1] == "http://m2.example.org/"
    assert shown["nested"]["note"] == RECORD["nested"]["note"]
    assert RECORD["ipmi_password"] == "sesame"


@pytest.mark.parametrize(
    "key",
    [
        *(
            "ipmi_password",
            "pwd",
            "db_pwd",
            "pass",
            "ipmi_pass",
            "userPass",
            "admin-pass",
            "passcode",
        ),
        *("private_key", "private-key", "privateKey", "apikey", "api_key", "API-KEY", "access_key"),
        *("Authorization", "Set-Cookie", "wifi_psk", "kg_key", "snmp-community", "config-drive"),
    ],
)
def test_names_of_secrets(key: str) -> None:
    assert redaction.mask({key: "sesame"}) == {key: redaction.MASK}


@pytest.mark.parametrize(
    "key", ["ipmi_address", "bypass", "compass", "passthru", "ssh_keys", "capabilities", "author"]
)
def test_names_of_others(key: str) -> None:
    assert redaction.mask({key: "x"}) == {key: "x"}


def test_names_of_any_length_are_not_remembered() -> None:
    known = redaction._known_key.cache_info().currsize
    for number in range(10):
        assert redaction.is_secret_key(f"{number}password".rjust(1_000_000, "x"))
    assert redaction._known_key.cache_info().currsize == known


@pytest.mark.parametrize("name", ["name", "key", "path"])
def test_a_value_is_secret_for_the_name_beside_it(name: str) -> None:
    secret = {name: "/driver_info/AdminPassword", "value": "sesame", "op": "set"}
    other = {name: "BootMode", "value": "Uefi"}
    shown = redaction.mask({"settings": [secret, other]})
    assert shown == {"settings": [{**secret, "value": redaction.MASK}, other]}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://sesame@h/x", "http://******@h/x"),
        ("http://u:a@sesame@h/x", "http://******@h/x"),
        ("http://u:a/sesame@h/x", "http://******@h/x"),
        ("http://u:12sesame?#@h/x", "http://******@h/x"),
        ("http://u:p@h/x and http://sesame@i/y", "http://******@h/x and http://******@i/y"),
        ("http://h/x?a=1&token=sesame&b=2", "http://h/x?a=1&token=******&b=2"),
        ("http://h/x?X-Amz-Signature=sesame#y", "http://h/x?X-Amz-Signature=******#y"),
        ("http://h/x?temp_url_sig=sesame", "http://h/x?temp_url_sig=******"),
        ("http://h/#access_token=sesame", "http://h/#access_token=******"),
    ],
)
def test_secrets_in_urls(url: str, shown: str) -> None:
    assert redaction.mask({"image_source": url}) == {"image_source": shown}
    assert redaction.mask_text(url) == shown


@pytest.mark.parametrize(
    "url",
    ["http://h:80/x@y", "http://[2001:db8::1]:80/x@y", "http://h/?design=a", "http://h/?a=b@c"],
)
def test_urls_without_secrets(url: str) -> None:
    assert redaction.mask([url]) == [url]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password=sesame, user=admin", "password=******, user=admin"),
        ("{'ipmi_password': 'open sesame', 'x': 1}", "{'ipmi_password': '******', 'x': 1}"),
        ('{"auth_token": "sesame"}', '{"auth_token": "******"}'),
        ("admin-pass : sesame!", "admin-pass : ******"),
        ("admin-place : sesame!", "admin-place : sesame!"),
        ("adminpass : sesame!", "adminpass : ******"),
        ("my_secret-key='sesame", "my_secret-key='******"),
        (
            "GET 9-http://u:sesame@h/ and ftp://:sesame@h",
            "GET 9-http://******@h/ and ftp://******@h",
        ),
        ("the key=value pair", "the key=value pair"),
        ("no login: password=sesame!", "no login: password=******"),
        ("tried url=ftp://h,user=u&password='sesame", "tried url=ftp://h,user=u&password='******"),
        ("error: {'why': \"token: sesame\"}", "error: {'why': \"token: ******\"}"),
        ('{"password": "open\\"sesame"}', '{"password": "******"}'),
        (r'{"why": "{\"password\": \"open sesame\"}"}', r'{"why": "{\"password\": \"******\"}"}'),
        ("{b'password': b'open sesame'}", "{b'password': '******'}"),
        ("{'token': {'a': ['sesame'], 'b': 'sesame'}, 'x': 1}", "{'token': ******, 'x': 1}"),
        ("tokens = ['sesame', 'ses", "tokens = ******"),
        ("Authorization: Bearer sesame", "Authorization: ******"),
        ("{'Authorization': 'Basic sesame'}", "{'Authorization': '******'}"),
    ],
)
def test_secrets_in_a_line(text: str, shown: str) -> None:
    assert redaction.mask_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "password" * 100_000,
        "x" * 1_000_000,
        "x://" * 200_000 + "@",
        "a:b@" * 200_000,
        "'" * 100_000,
        "token=" * 100_000,
        "token='" * 100_000,
        "token " + " " * 1_000_000,
        "a-" * 500_000 + "=1",
        "a:b" + "://a:b" * 200_000,
        "?a=" * 300_000,
        "token={" * 100_000,
        "token=\\" * 100_000,
        "://a:" + "b@" * 200_000 + "/",
    ],
    ids=lambda text: text[:9],
)
@pytest.mark.timeout(10)
def test_no_text_takes_long(text: str) -> None:
    """Seconds for what took hours, while all other threads of the process stood still."""
    redaction.mask_text(text)
    redaction.mask({"extra": f"://{text}@"})
    redaction.mask_url(text)


def test_every_database_can_keep_a_line() -> None:
    kept = redaction.mask_text("bad \udcff byte, \0, " + "long " * 10_000)
    assert kept.encode() and "\0" not in kept
    assert len(kept) == redaction.MAX_TEXT

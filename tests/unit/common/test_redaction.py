# SPDX-License-Identifier: Apache-2.0
"""Secrets are hidden wherever a record is shown, and stay when a client writes a shown record back."""

import time
from typing import Any

import pytest

from ironic_lite.common import redaction
from ironic_lite.common.redaction import names

RECORD: dict[str, Any] = {
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
    known = names._known_key.cache_info().currsize
    for word in ("passWord", "API-key", "configdrive", "auth_token", "snmp_community"):
        assert redaction.is_secret_key(word.rjust(1_000_000, "x"))
        assert not redaction.is_secret_key("x" * 1_000_000)
    assert names._known_key.cache_info().currsize == known


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


PEM = "-----BEGIN {0}PRIVATE KEY-----\nsesame\nsesame==\n-----END {0}PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # Command lines, as typed and as a list.
        ("tool --password sesame --host h", "tool --password ****** --host h"),
        ("tool --admin-pass 'open' -v", "tool --admin-pass '******' -v"),
        ("['tool', '--token', 'sesame', '-v']", "['tool', '--token', '******', '-v']"),
        ("ipmitool -H h -U u -P sesame -p 623 power", "ipmitool -H h -U u -P ****** -p 623 power"),
        ("/usr/bin/ipmitool -Psesame -k sesame sol", "/usr/bin/ipmitool -P****** -k ****** sol"),
        (
            "Command '['ipmitool', '-U', 'u', '-P', 'sesame', 'mc']' failed",
            "Command '['ipmitool', '-U', 'u', '-P', '******', 'mc']' failed",
        ),
        ("ipmipower -h h -u u -p sesame --on", "ipmipower -h h -u u -p ****** --on"),
        ("curl -k -u admin:sesame https://h/", "curl -k -u ****** https://h/"),
        ("sshpass -p sesame ssh -p 22 h", "sshpass -p ****** ssh -p ****** h"),
        ("mysql -uroot -psesame -h h", "mysql -uroot -p****** -h h"),
        # XML.
        ("<a><Password>sesame</Password></a>", "<a><Password>******</Password></a>"),
        ('<x:password t="P">a&amp;b</x:password>', '<x:password t="P">******</x:password>'),
        ("<secret><![CDATA[<sesame>]]></secret>", "<secret>******</secret>"),
        ("<Credential><k>sesame</k></Credential>", "<Credential>******</Credential>"),
        ("&lt;password&gt;sesame&lt;/password&gt;", "&lt;password&gt;******&lt;/password&gt;"),
        ('<login user="u" password="sesame"/>', '<login user="u" password="******"/>'),
        ('<p name="AdminPassword" value="sesame"/>', '<p name="AdminPassword" value="******"/>'),
        # Settings.
        (
            '{"name": "AdminPassword", "value": "ses"}',
            '{"name": "AdminPassword", "value": "******"}',
        ),
        (
            "{'value': 'ses', 'path': '/x/snmp_password'}",
            "{'value': '******', 'path': '/x/snmp_password'}",
        ),
        (
            r'"{\"key\": \"db_pwd\", \"value\": \"se same\"}"',
            r'"{\"key\": \"db_pwd\", \"value\": \"******\"}"',
        ),
        (
            '{"op": "set-attribute", "args": ["/driver_info/ipmi_password", "sesame"]}',
            '{"op": "set-attribute", "args": ["/driver_info/ipmi_password", "******"]}',
        ),
        # Percent-encoded, once and twice.
        ("q=%7B%22password%22%3A%20%22ses%2Came%22%7D", "q=%7B%22password%22%3A%20%22******%22%7D"),
        ("a%3D1%26token%3Dsesame%26b%3D2", "a%3D1%26token%3D******%26b%3D2"),
        (
            "%257B%2522pwd%2522%253A%2522ses%2522%257D",
            "%257B%2522pwd%2522%253A%2522******%2522%257D",
        ),
        ("?u=http%3A%2F%2Fu%3Asesame%40h%2Fx", "?u=http%3A%2F%2F******%40h%2Fx"),
        # Credentials after an unusual scheme.
        (r"http:\/\/u:sesame@h\/x", r"http:\/\/******@h\/x"),
        ("cannot resolve //u:sesame@h/x", "cannot resolve //******@h/x"),
        ("no route to admin:sesame@192.0.2.1", "no route to admin:******@192.0.2.1"),
        # Headers.
        ("> Cookie: a=sesame; b=sesame\n> Host: h", "> Cookie: ******\n> Host: h"),
        ("curl -H 'Cookie: a=sesame; b=1' http://h", "curl -H 'Cookie: ******' http://h"),
        ("{'Set-Cookie': 's=sesame; Path=/', 'x': 1}", "{'Set-Cookie': '******', 'x': 1}"),
        (
            'Authorization: Digest username="u", response="sesame"\r\nHost: h',
            "Authorization: ******\r\nHost: h",
        ),
        ("X-Auth-Token: sesame", "X-Auth-Token: ******"),
        ("sent Bearer eyJ0.sesame and failed", "sent Bearer ****** and failed"),
        # Other signs of assignment.
        ("password => 'sesame'", "password => '******'"),
        ("password := sesame", "password := ******"),
        ("args[password]=sesame", "args[password]=******"),
        # Private keys, whole and cut off.
        (PEM.format("RSA "), "-----BEGIN RSA PRIVATE KEY-----******-----END RSA PRIVATE KEY-----"),
        ("x " + PEM.format("")[:40], "x -----BEGIN PRIVATE KEY-----******"),
        (
            PEM.format("ENCRYPTED ").replace("\n", "\\n")[:50],
            "-----BEGIN ENCRYPTED PRIVATE KEY-----******",
        ),
    ],
)
def test_other_forms_of_secrets_in_a_line(text: str, shown: str) -> None:
    assert redaction.mask_text(text) == shown
    assert redaction.mask_text(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "the option --password is missing; use --password or a file",
        "ipmitool -I lanplus -H h -p 623 chassis power on",
        "ssh -p 22 -P 3 host; cp -p a b",
        "expected <token> but found <name>x</name>",
        'a <a name="BootMode" value="Uefi"/> and {"name": "virt", "value": "on"}',
        "100% token: none at all".replace(": ", " - "),
        "a%3Db%26c%3Dd",
        "mailto:ada@example.org, write to:ada@example.org, debian:12@sha256:abc",
        "at 12:30@node1 the image repo/name:tag@x",
        "basic functionality, bearer of bad news, basic authentication failed",
        '{"args": ["/driver_info/ipmi_address", "192.0.2.1"]}',
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "step deploy.write_image failed: value: 5 is out of range 1-4, key: disk",
    ],
)
def test_ordinary_sentences_stay_as_they_are(text: str) -> None:
    assert redaction.mask_text(text) == text


def test_arguments_and_private_keys_in_a_structure() -> None:
    path = "/driver_info/ipmi_password"
    rule = {"op": "set-attribute", "args": [path, "sesame"]}
    other = {"op": "set-attribute", "args": ["/driver_info/ipmi_address", "192.0.2.1"]}
    shown = redaction.mask(
        {"actions": [rule, other], "file": PEM.format(""), "n": [PEM.format("")]}
    )
    assert shown == {
        "actions": [{**rule, "args": [path, redaction.MASK]}, other],
        "file": redaction.MASK,
        "n": [redaction.MASK],
    }


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
        "<password>" * 100_000,
        "<password " * 100_000,
        "&lt;password&gt;" * 100_000,
        "<secret><![CDATA[" * 100_000,
        "value=" * 100_000,
        "value='" * 100_000,
        "value=x{name='" * 100_000,
        'args=["password", ' * 100_000,
        "ipmitool -P " * 100_000,
        "--password " * 100_000,
        "ipmi" * 100_000,
        "%3A%2F%2F" * 100_000,
        "password%22" * 100_000,
        "%25" * 100_000 + "token%253D",
        "Cookie: " * 100_000,
        "-----BEGIN PRIVATE KEY-----" * 50_000,
        "bearer " * 100_000,
        "a.b" * 100_000 + ":x@",
        "a:" * 100_000 + "@",
    ],
    ids=lambda text: text[:9],
)
def test_no_text_takes_long(text: str) -> None:
    """With backtracking these took hours, during which all other threads of the process stopped."""
    began = time.thread_time()
    redaction.mask_text(text)
    redaction.mask({"extra": f"://{text}@"})
    redaction.mask_url(text)
    # Of the processor, which other processes may keep busy.
    assert time.thread_time() - began < 10


def test_every_database_can_keep_a_line() -> None:
    kept = redaction.mask_text("bad \udcff byte, \0, " + "long " * 10_000)
    assert kept.encode() and "\0" not in kept
    assert len(kept) == redaction.MAX_TEXT

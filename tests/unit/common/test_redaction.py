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


def test_what_was_shown_may_be_written_back():
    assert redaction.unmask(redaction.mask(RECORD), RECORD) == RECORD


def test_a_new_value_replaces_the_secret():
    new = {**RECORD, "image_source": "https://other.example.org/", "ipmi_password": "open"}
    assert redaction.unmask(new, RECORD) == new


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password=sesame, user=admin", "password=******, user=admin"),
        ("{'ipmi_password': 'open sesame', 'x': 1}", "{'ipmi_password': '******', 'x': 1}"),
        ('{"auth_token": "sesame"}', '{"auth_token": "******"}'),
        ("admin-pass : sesame!", "admin-pass : sesame!"),
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

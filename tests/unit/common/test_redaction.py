# SPDX-License-Identifier: Apache-2.0
"""Secrets are hidden wherever a record is shown, and survive a client that writes back what it was shown."""

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

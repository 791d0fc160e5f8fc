# SPDX-License-Identifier: Apache-2.0
"""The error bodies that clients get."""

import logging

import pytest

from ironic_lite.api import faults
from ironic_lite.common import exception


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (exception.ConfigInvalid(error_msg="/etc/ironic-lite/planted is no YAML"), 500),
        (exception.EncryptionKeyMissing(problem="/etc/ironic-lite/planted is not there"), 500),
        (exception.KeyServiceUnavailable(problem="Vault at https://planted does not answer"), 503),
        (RuntimeError("planted"), 500),
    ],
    ids=lambda value: type(value).__name__,
)
def test_files_and_hosts_of_the_installation_are_for_the_log(
    error: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        response = faults.from_exception(error, 1)
    assert response.status_code == status
    assert b"planted" not in response.body
    assert b"see the service's log" in response.body
    assert "planted" in caplog.text


def test_other_errors_say_what_was_wrong() -> None:
    response = faults.from_exception(exception.InvalidParameterValue(err="too large"), 1)
    assert response.status_code == 400
    assert b"too large" in response.body

# SPDX-License-Identifier: Apache-2.0
"""The fields of ``driver_info`` that an operator gives; passwords come from a file only."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ironic_lite.common import exception, redaction

_LONGEST = 4096


def driver_info(
    username: str | None, password_file: str | None, more: Sequence[str]
) -> dict[str, str]:
    """Return the fields.

    :param password_file: its first line is the password; ``-``: stdin.
    :param more: texts ``NAME=VALUE``.
    :raises ConfigInvalid: when the file cannot be read, or a text is wrong or has a secret.
    """
    found: dict[str, str] = {}
    for text in more:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise exception.ConfigInvalid(error_msg="--driver-info must be NAME=VALUE.")
        if redaction.mask({name: value}) != {name: value}:
            raise exception.ConfigInvalid(
                error_msg=f"--driver-info {name}: others see the arguments of a command in the list of processes. Put "
                "the password into a file, and give --password-file."
            )
        found[name] = value
    if username is not None:
        found["ipmi_username"] = username
    if password_file is not None:
        found["ipmi_password"] = _password(password_file)
    return found


def _password(name: str) -> str:
    try:
        if name == "-":
            line = sys.stdin.readline(_LONGEST)
        else:
            with Path(name).open(encoding="utf-8") as file:
                line = file.readline(_LONGEST)
    except (OSError, UnicodeDecodeError) as exc:
        raise exception.ConfigInvalid(error_msg=f"--password-file {name}: {exc}") from None
    return line.rstrip("\r\n")

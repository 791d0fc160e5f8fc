# SPDX-License-Identifier: Apache-2.0
"""The files of a config drive, as an operating system finds them."""

import io
import json
from dataclasses import dataclass
from typing import Any

import pycdlib


@dataclass(frozen=True)
class ConfigDrive:
    """What is in ``openstack/latest`` of a config drive. ``user_data`` is empty if there is none.

    :param network_data: None if there is none.
    """

    meta_data: dict[str, Any]
    network_data: Any
    user_data: str


def read(content: bytes) -> ConfigDrive:
    """Read an ISO image with Joliet names.

    :raises pycdlib.pycdlibexception.PyCdlibException: if it is no ISO image or has no ``meta_data.json``.
    """
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(content))
    try:
        return ConfigDrive(
            json.loads(_file(iso, "meta_data.json")),
            json.loads(_file_if_any(iso, "network_data.json") or "null"),
            # Without user data, Nova leaves the file out.
            _file_if_any(iso, "user_data").decode(),
        )
    finally:
        iso.close()


def _file_if_any(iso: pycdlib.PyCdlib, name: str) -> bytes:
    try:
        return _file(iso, name)
    except pycdlib.pycdlibexception.PyCdlibInvalidInput:
        return b""


def _file(iso: pycdlib.PyCdlib, name: str) -> bytes:
    found = io.BytesIO()
    iso.get_file_from_iso_fp(found, joliet_path=f"/openstack/latest/{name}")
    return found.getvalue()

# SPDX-License-Identifier: Apache-2.0
"""The files of a config drive, as an operating system finds them."""

import io
import json
from dataclasses import dataclass
from typing import Any

import pycdlib


@dataclass(frozen=True)
class ConfigDrive:
    """What is in ``openstack/latest`` of a config drive. ``user_data`` is empty if there is none."""

    meta_data: dict[str, Any]
    network_data: dict[str, Any]
    user_data: str


def read(content: bytes) -> ConfigDrive:
    """Read an ISO image with Joliet names.

    :raises pycdlib.pycdlibexception.PyCdlibException: if it is no ISO image or has no such files.
    """
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(content))
    try:
        return ConfigDrive(
            json.loads(_file(iso, "meta_data.json")),
            json.loads(_file(iso, "network_data.json")),
            _user_data(iso).decode(),
        )
    finally:
        iso.close()


def _user_data(iso: pycdlib.PyCdlib) -> bytes:
    """Without user data, Nova leaves the file out."""
    try:
        return _file(iso, "user_data")
    except pycdlib.pycdlibexception.PyCdlibInvalidInput:
        return b""


def _file(iso: pycdlib.PyCdlib, name: str) -> bytes:
    found = io.BytesIO()
    iso.get_file_from_iso_fp(found, joliet_path=f"/openstack/latest/{name}")
    return found.getvalue()

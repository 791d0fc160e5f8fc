# SPDX-License-Identifier: Apache-2.0
"""Config drives from clients, and built ones."""

import base64
import gzip
import io
import json
import types
from typing import Any

import pycdlib
import pytest

from ironic_lite.common import exception
from ironic_lite.conductor.deployment import configdrive

NODE: Any = types.SimpleNamespace(uuid="u-1", instance_uuid="i-1", name="web-1")


def _read(drive: str) -> dict[str, bytes]:
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(gzip.decompress(base64.b64decode(drive))))
    assert iso.pvd.volume_identifier.strip() == b"config-2"
    found = {}
    for way in ("rr_path", "joliet_path"):
        for directory, _, files in iso.walk(**{way: "/"}):
            for name in files:
                out = io.BytesIO()
                path = f"{directory.rstrip('/')}/{name}"
                iso.get_file_from_iso_fp(out, **{way: path})
                assert found.setdefault(path, out.getvalue()) == out.getvalue()
    iso.close()
    return found


def test_everything_in_its_place() -> None:
    files = _read(
        configdrive.ready(
            NODE,
            {
                "meta_data": {"hostname": "mine", "keys": ["k"]},
                "network_data": {"links": []},
                "user_data": "#!/bin/sh\n",
                "vendor_data": {"a": 1},
            },
        )
    )
    assert set(files) == {
        f"/openstack/{version}/{name}"
        for version in ("latest", "2012-08-10")
        for name in ("meta_data.json", "network_data.json", "user_data", "vendor_data2.json")
    }
    meta_data = json.loads(files["/openstack/latest/meta_data.json"])
    assert meta_data == {"uuid": "i-1", "name": "web-1", "hostname": "mine", "keys": ["k"]}
    assert files["/openstack/2012-08-10/user_data"] == b"#!/bin/sh\n"


def test_user_data_may_be_an_object() -> None:
    files = _read(configdrive.build(NODE, {"user_data": {"ignition": {"version": "3.0.0"}}}))
    assert json.loads(files["/openstack/latest/user_data"]) == {"ignition": {"version": "3.0.0"}}
    assert "/openstack/latest/network_data.json" not in files


def test_parts_may_come_as_json_text() -> None:
    files = _read(configdrive.ready(NODE, '{"user_data": "hello"}'))
    assert files["/openstack/latest/user_data"] == b"hello"


def test_what_a_client_has_made_is_left_as_it_is() -> None:
    drive = base64.b64encode(gzip.compress(b"x")).decode()
    assert configdrive.ready(NODE, drive) == drive
    assert configdrive.ready(NODE, "http://h/drive") == "http://h/drive"


@pytest.mark.parametrize(
    ("drive", "reason"),
    [
        ("***", "neither a URL nor base64"),
        ("", "not gzipped"),
        (base64.b64encode(b"an ISO").decode(), "not gzipped"),
        (
            base64.b64encode(gzip.compress(b"x" * 1000, mtime=0)[:-20]).decode(),
            "cannot be unpacked",
        ),
        ("http://h/a drive", "blank"),
        ("{not json", "not valid JSON"),
        ({"meta-data": {}}, "unknown part"),
        ({"meta_data": "x"}, "meta_data must be an object"),
        ({"network_data": []}, None),
        ({"network_data": [1]}, "network_data must be an object"),
    ],
)
def test_what_is_no_config_drive(drive: Any, reason: str | None) -> None:
    if reason is None:
        assert configdrive.ready(NODE, drive)
        return
    with pytest.raises(exception.ConfigDriveInvalid, match=reason) as refused:
        configdrive.ready(NODE, drive)
    assert refused.value.code == 400


def test_a_bomb_is_not_unpacked() -> None:
    bomb = base64.b64encode(gzip.compress(bytes(configdrive.MAX_SIZE + 1))).decode()
    with pytest.raises(exception.ConfigDriveInvalid, match="more than 64 MiB"):
        configdrive.ready(NODE, bomb)
    with pytest.raises(exception.ConfigDriveInvalid, match="larger than 64 MiB"):
        configdrive.ready(NODE, {"user_data": "x" * (configdrive.MAX_SIZE // 2 + 1)})

# SPDX-License-Identifier: Apache-2.0
"""Images in a real OCI registry: found, refused, and read."""

import base64
import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ironic_lite.common import context, exception
from ironic_lite.conf import CONF
from ironic_lite.images import oci
from ironic_lite.images.image import Client
from ironic_lite.images.oci import registry as asking
from ironic_lite_simulator import images
from tests.functional.api import certificates
from tests.functional.images import origin
from tests.functional.rack import cloud as rack_cloud
from tests.functional.servers import oci_registry
from tests.functional.servers.oci_registry import EMPTY, INDEX, MANIFEST, Registry, digest
from tests.waiting import PATIENCE

ADMIN = Client(context.RequestContext(auth_disabled=True))
SECRET = f"{oci_registry.USER}:{oci_registry.PASSWORD}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificates.write(tmp_path_factory.mktemp("certificate"), "localhost")


@pytest.fixture(scope="module")
def public(
    tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]
) -> Iterator[Registry]:
    """A registry without credentials."""
    with oci_registry.running(tmp_path_factory.mktemp("public"), *certificate) as made:
        yield made


@pytest.fixture(scope="module")
def private(
    tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]
) -> Iterator[Registry]:
    """A registry that wants tokens."""
    with oci_registry.running(
        tmp_path_factory.mktemp("private"), *certificate, private=True
    ) as made:
        yield made


@pytest.fixture(autouse=True)
def options(certificate: tuple[Path, Path]) -> None:
    CONF.set_override("allowed_networks", ["127.0.0.0/8", "::1"], group="outbound")
    CONF.set_override("verify_ca", str(certificate[0]), group="oci")


def _read(found: Any, authority: Path, secret: str | None = None) -> bytes:
    client = dataclasses.replace(ADMIN, pull_secret=secret)
    source = oci.origin(found.pin, client)
    answer = requests.get(
        source.url, headers=dict(source.headers), verify=str(authority), timeout=PATIENCE
    )
    assert answer.ok, answer.text
    assert source.size == len(answer.content)
    return answer.content


def test_a_tag_and_a_digest(public: Registry, certificate: tuple[Path, Path]) -> None:
    content = os.urandom(100_000)
    pushed = public.push("team/disk", "v1", content, title="disk.qcow2")
    for reference in (":v1", f"@{pushed['digest']}", f":v1@{pushed['digest']}"):
        found = oci.resolve(f"oci://{public.host}/team/disk{reference}", "image_source", ADMIN)
        assert found.size == len(content)
        assert found.os_hash_algo == "sha256"
        assert found.os_hash_value == hashlib.sha256(content).hexdigest()
        assert found.disk_format == "qcow2"
        assert found.more["image_filename"] == "disk.qcow2"
        assert found.more["oci_image_manifest_url"] == (
            f"oci://{public.host}/team/disk@{pushed['digest']}"
        )
        assert _read(found, certificate[0]) == content


def test_a_tag_that_moves_does_not_change_what_was_found(
    public: Registry, certificate: tuple[Path, Path]
) -> None:
    public.push("moving", "latest", b"first")
    found = oci.resolve(f"oci://{public.host}/moving", "image_source", ADMIN)
    public.push("moving", "latest", b"second")
    assert _read(found, certificate[0]) == b"first"


def _index(registry: Registry, name: str, *entries: tuple[str | None, str | None]) -> None:
    """Push an index of files: (architecture, disk type); each file says which it is."""
    listed = []
    for architecture, kind in entries:
        content = f"{architecture} {kind}".encode()
        entry = registry.push(name, f"{architecture}-{kind}", content, title="disk")
        if architecture:
            entry["platform"] = {"architecture": architecture, "os": "linux"}
        if kind:
            entry["annotations"] = {"disktype": kind}
        listed.append(entry)
    registry.push_manifest(name, "all", {"mediaType": INDEX, "manifests": listed})


@pytest.mark.parametrize(
    ("cpu_arch", "chosen", "disk_format"),
    [
        ("x86_64", "amd64 raw", "raw"),
        ("amd64", "amd64 raw", "raw"),
        ("aarch64", "arm64 qcow2", "qcow2"),
        (None, "amd64 raw", "raw"),
    ],
)
def test_an_index_by_architecture_and_disk_type(
    public: Registry,
    certificate: tuple[Path, Path],
    cpu_arch: str | None,
    chosen: str,
    disk_format: str,
) -> None:
    _index(
        public,
        "indexed",
        ("amd64", "qcow2"),
        ("amd64", "hyperv"),
        ("amd64", "raw"),
        ("arm64", "qcow2"),
    )
    client = dataclasses.replace(ADMIN, cpu_arch=cpu_arch)
    found = oci.resolve(f"oci://{public.host}/indexed:all", "image_source", client)
    assert found.disk_format == disk_format
    assert _read(found, certificate[0]) == chosen.encode()


def test_what_does_not_fit_the_node(public: Registry) -> None:
    _index(public, "arms", ("arm64", "raw"), ("riscv64", "raw"))
    client = dataclasses.replace(ADMIN, cpu_arch="x86_64")
    with pytest.raises(exception.ImageUnacceptable, match="architecture x86_64.*arm64, riscv64"):
        oci.resolve(f"oci://{public.host}/arms:all", "image_source", client)
    _index(public, "hyper", ("amd64", "hyperv"))
    with pytest.raises(exception.ImageUnacceptable, match="no manifest of a disk image"):
        oci.resolve(f"oci://{public.host}/hyper:all", "image_source", client)
    public.push("packed", "v1", b"x", mediaType="application/zstd")
    with pytest.raises(exception.ImageUnacceptable, match="not compressed"):
        oci.resolve(f"oci://{public.host}/packed:v1", "image_source", client)
    public.push_blob("packed", b"{}")
    layers = [{"mediaType": "application/octet-stream", "digest": digest(b"{}"), "size": 2}] * 2
    public.push_manifest(
        "packed",
        "container",
        {
            "mediaType": MANIFEST,
            "config": {"mediaType": EMPTY, "digest": digest(b"{}"), "size": 2},
            "layers": layers,
        },
    )
    with pytest.raises(exception.ImageUnacceptable, match="2 layers"):
        oci.resolve(f"oci://{public.host}/packed:container", "image_source", client)


def test_what_is_not_there(public: Registry) -> None:
    public.push("there", "v1", b"x")
    for missing in ("there:v2", f"there@sha256:{'0' * 64}", "nowhere:v1"):
        with pytest.raises(exception.ImageNotFound):
            oci.resolve(f"oci://{public.host}/{missing}", "image_source", ADMIN)


@pytest.mark.parametrize(
    "reference",
    [
        "oci://",
        "oci://host",
        "oci://host/UPPER:v1",
        "oci://user:secret@host/a:v1",
        "oci://host/a:v1@sha256:abc",
        f"oci://host/a@sha1:{'0' * 40}",
        "oci://host/../a",
        "oci://host/a:v1?x=1",
        "oci://127.1/a:v1",
        "oci://ho st/a",
    ],
)
def test_what_is_no_reference(reference: str) -> None:
    with pytest.raises(exception.ImageRefValidationFailed) as raised:
        oci.resolve(reference, "image_source", ADMIN)
    assert "secret" not in str(raised.value)


def test_a_private_registry(private: Registry, certificate: tuple[Path, Path]) -> None:
    content = os.urandom(1000)
    private.push("team/private", "v1", content)
    reference = f"oci://{private.host}/team/private:v1"
    client = dataclasses.replace(ADMIN, pull_secret=SECRET)
    found = oci.resolve(reference, "image_source", client)
    assert _read(found, certificate[0], SECRET) == content
    with pytest.raises(exception.ImageUnacceptable, match="wants credentials"):
        oci.resolve(reference, "image_source", ADMIN)
    wrong = dataclasses.replace(ADMIN, pull_secret="puller:wr0ng")
    with pytest.raises(exception.ImageUnacceptable, match="refuses the credentials") as raised:
        oci.resolve(reference, "image_source", wrong)
    assert "wr0ng" not in str(raised.value)


def test_credentials_of_the_operator(private: Registry, tmp_path: Path) -> None:
    private.push("team/private", "v2", b"x")
    file = tmp_path / "auth.json"
    auth = base64.b64encode(SECRET.encode()).decode()
    file.write_text(json.dumps({"auths": {private.host: {"auth": auth}}}))
    CONF.set_override("authentication_config", str(file), group="oci")
    assert oci.resolve(f"oci://{private.host}/team/private:v2", "image_source", ADMIN).size == 1
    file.write_text(json.dumps({"auths": {"other.example.org": {"auth": auth}}}))
    with pytest.raises(exception.ImageUnacceptable, match="wants credentials"):
        oci.resolve(f"oci://{private.host}/team/private:v2", "image_source", ADMIN)


@pytest.fixture
def hostile() -> Iterator[origin.Origin]:
    """A web server that plays a registry without TLS."""
    CONF.set_override("permit_fallback_to_http_transport", True, group="oci")
    with origin.running() as made:
        yield made


def _of(server: origin.Origin) -> str:
    return f"oci://{server.url.partition('://')[2]}/a:v1"


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/x", "ftp://x/y", "/v2/a"],
)
def test_redirects_that_lead_nowhere(hostile: origin.Origin, target: str) -> None:
    hostile.redirects["/v2/a/manifests/v1"] = target
    hostile.redirects["/v2/a"] = "/v2/a"
    with pytest.raises(exception.ImageRefValidationFailed):
        oci.resolve(_of(hostile), "image_source", ADMIN)
    assert len(hostile.requests) <= 10


def test_the_secret_goes_to_no_other_host(hostile: origin.Origin) -> None:
    """Credentials are sent neither after a redirect nor to a token service of another host."""
    client = dataclasses.replace(ADMIN, pull_secret=SECRET)
    with origin.running() as other:
        elsewhere = other.url.replace("127.0.0.1", "localhost")
        for challenge in (f'Bearer realm="{elsewhere}/token",service="x"', "Basic realm=x"):
            hostile.status, hostile.challenge = 401, challenge
            with pytest.raises(exception.IronicLiteError):
                oci.resolve(_of(hostile), "image_source", client)
        assert other.requests == []
        hostile.status = None
        hostile.redirects["/v2/a/manifests/v1"] = f"{elsewhere}/v2/a/manifests/v1"
        other.status, other.challenge = 401, "Basic realm=x"
        with pytest.raises(exception.IronicLiteError):
            oci.resolve(_of(hostile), "image_source", client)
        assert other.requests
        assert all("authorization" not in headers for _path, headers in other.requests)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"schemaVersion": 2}',
        b'{"layers": 7}',
        b'{"manifests": {}}',
        b"\xff",
    ],
)
def test_answers_that_are_no_manifests(hostile: origin.Origin, content: bytes) -> None:
    hostile.content = content
    with pytest.raises(exception.Invalid):
        oci.resolve(_of(hostile), "image_source", ADMIN)


def test_bodies_without_end(hostile: origin.Origin) -> None:
    hostile.content = bytes(asking.MAX_MANIFEST + 10)
    with pytest.raises(exception.ImageRefValidationFailed):
        oci.resolve(_of(hostile), "image_source", ADMIN)


def test_a_registry_that_falls_silent(
    hostile: origin.Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SECONDS", 1.0)
    hostile.content = b"{" + b" " * 1000
    hostile.stalls.set()
    with pytest.raises(exception.ImageRefValidationFailed):
        oci.resolve(_of(hostile), "image_source", ADMIN)


def test_another_manifest_than_the_digest_says(hostile: origin.Origin) -> None:
    hostile.content = b'{"layers": []}'
    reference = f"{_of(hostile)}@sha256:{'1' * 64}"
    with pytest.raises(exception.ImageUnacceptable, match="another manifest"):
        oci.resolve(reference, "image_source", ADMIN)


def test_tenants_learn_nothing_about_networks(hostile: origin.Origin) -> None:
    """A closed port, a denied address, and a server that is no registry look alike."""
    tenant = Client(context.RequestContext(project_id="p", user_id="u"))
    hostile.status = 404
    texts = set()
    for host in (hostile.url.partition("://")[2], "127.0.0.1:1", "169.254.169.254"):
        with pytest.raises(exception.ImageRefValidationFailed) as raised:
            oci.resolve(f"oci://{host}/a:v1", "image_source", tenant)
        texts.add(str(raised.value).replace(host, "HOST"))
    assert len(texts) == 1


def test_plain_http_only_if_the_operator_permits_it(tmp_path: Path) -> None:
    with oci_registry.running(tmp_path) as plain:
        plain.push("a", "v1", b"x")
        reference = f"oci://{plain.host}/a:v1"
        with pytest.raises(exception.ImageRefValidationFailed):
            oci.resolve(reference, "image_source", ADMIN)
        CONF.set_override("permit_fallback_to_http_transport", True, group="oci")
        assert oci.resolve(reference, "image_source", ADMIN).size == 1


def test_a_deployment(tmp_path: Path, private: Registry, certificate: tuple[Path, Path]) -> None:
    """Disk, kernel and ramdisk from a private registry; the pull secret shows nowhere."""
    disk, kernel, ramdisk = (
        images.catalog()[name] for name in (images.DISK_IMAGE, images.KERNEL, images.RAMDISK)
    )
    for file in (disk, kernel, ramdisk):
        private.push("rack", file.name, file.content, title=file.name)
    reference = f"oci://{private.host}/rack"
    with rack_cloud.running(tmp_path, oci={"verify_ca": certificate[0]}) as cloud:
        server = cloud.enrol_available(
            driver_info={
                "deploy_kernel": f"{reference}:{kernel.name}",
                "deploy_ramdisk": f"{reference}:{ramdisk.name}",
                "image_pull_secret": SECRET,
            }
        )
        info = {"image_source": f"{reference}:{disk.name}", "image_pull_secret": SECRET}
        node = cloud.deploy(server, info)
        assert server.wait_booted()["booted_image"] == disk.sha256
        assert node["instance_info"]["image_pull_secret"] == "******"
        assert node["instance_info"]["image_filename"] == disk.name
        for file in ("all-in-one.log", "ironic-lite.sqlite", "ironic-lite.sqlite-wal"):
            path = tmp_path / file
            assert not path.exists() or oci_registry.PASSWORD.encode() not in path.read_bytes()

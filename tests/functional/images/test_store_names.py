# SPDX-License-Identifier: Apache-2.0
"""Whose stored images a name means, and which are the default."""

from typing import Any

import pytest

from ironic_lite.common import context, exception
from ironic_lite.images import sources, store
from ironic_lite.images.image import Client
from ironic_lite.images.store import defaults
from ironic_lite.objects import Image

ADMIN = context.admin_context()


def _stored(name: str, owner: str = "", active: bool = True, **fields: Any) -> str:
    image = Image(ADMIN, name=name, owner=owner, sha256="0" * 64, size=7, **fields)
    image.create()
    image.status = "uploading"
    image.save()
    if active:
        image.activate("h1", "http://192.0.2.1:6385")
    return str(image.uuid)


def _pin(reference: str, project: str | None) -> str:
    return sources.resolve(reference, "image_source", Client(ADMIN, project=project)).pin


def test_a_project_sees_its_own_images_and_public_ones(configured: None) -> None:
    own = _stored("debian", "a")
    public = _stored("debian", public=True)
    private = _stored("secret", "a")
    nobodys = _stored("operators")
    assert _pin("debian", "a") == store.SCHEME + own
    assert _pin("debian", "b") == store.SCHEME + public
    assert _pin(f"store://{own}", "a") == store.SCHEME + own
    for project in ("b", ""):
        for reference in ("secret", private, f"store://{private}", "operators", nobodys):
            with pytest.raises(exception.ImageNotFound):
                _pin(reference, project)
    assert _pin("operators", None) == store.SCHEME + nobodys
    _stored("twice", "a")
    _stored("twice", "b")
    with pytest.raises(exception.ImageUnacceptable, match="2 images"):
        _pin("twice", None)


def test_half_an_image_is_not_used(configured: None) -> None:
    _stored("half", active=False)
    with pytest.raises(exception.ImageUnacceptable, match="'uploading'"):
        _pin("half", None)


def test_a_machine_that_is_gone(configured: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _stored("debian")
    monkeypatch.setattr("ironic_lite.objects.image.HOLDER_PATIENCE", 0)
    with pytest.raises(exception.ImageHolderGone, match="h1, which has it, was last seen at"):
        _pin("debian", None)


def test_what_is_nothing_of_the_stores(configured: None) -> None:
    with pytest.raises(exception.ImageNotFound):
        _pin("no-such-image", None)
    with pytest.raises(exception.InvalidParameterValue, match="Glance"):
        _pin("8a5ea2a5-6ab2-4a36-9d35-5dd4b4f2b1a7", None)
    with pytest.raises(exception.InvalidImageRef):
        _pin("store://no/such", None)
    with pytest.raises(exception.ImageRefValidationFailed, match="name of a stored image"):
        _pin("/srv/image", None)


def test_the_default_of_an_architecture_comes_first(configured: None) -> None:
    assert defaults.pair(ADMIN, "deploy", "aarch64") is None
    pair: dict[str | None, tuple[str, str]] = {}
    for arch in (None, "aarch64"):
        ramdisk = _stored(f"{arch}.ramdisk", disk_format="ramdisk")
        fields = {"disk_format": "kernel", "ramdisk": ramdisk, "default_for": ["deploy"]}
        kernel = _stored(f"{arch}.kernel", cpu_arch=arch, **fields)
        pair[arch] = (store.SCHEME + kernel, store.SCHEME + ramdisk)
    assert defaults.pair(ADMIN, "deploy", "aarch64") == pair["aarch64"]
    assert defaults.pair(ADMIN, "deploy", "x86_64") == pair[None]
    assert defaults.pair(ADMIN, "deploy", None) == pair[None]
    assert defaults.pair(ADMIN, "rescue", "aarch64") is None

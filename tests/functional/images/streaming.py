# SPDX-License-Identifier: Apache-2.0
"""An API of this process that streams images, with a test double for its conductors."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from ironic_lite.api.front.service import APIService
from ironic_lite.api.images import streams
from ironic_lite.conf import CONF
from tests.functional.api import serving


@contextlib.contextmanager
def running(
    monkeypatch: pytest.MonkeyPatch, open_image: Callable[..., Mapping[str, Any]]
) -> Iterator[APIService]:
    """The API, for the length of the block.

    :param open_image: the conductors' answer: context, node, field, token -> ``Origin`` as a dictionary.
    """

    class Conductors:
        def any(self) -> Any:
            return type("Calls", (), {"open_image": staticmethod(open_image)})

    CONF.set_override("port", 0, group="api")
    monkeypatch.setattr(streams.rpcapi, "ConductorAPI", Conductors)
    with serving.running(serving.hello, {streams.PREFIX: streams.ImageStreams()}) as made:
        yield made

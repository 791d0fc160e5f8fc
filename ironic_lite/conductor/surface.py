# SPDX-License-Identifier: Apache-2.0
"""The common part of a conductor's RPC methods."""

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import oslo_messaging

from ironic_lite.common import exception
from ironic_lite.conductor import workers
from ironic_lite.conductor.identity import Identity

F = TypeVar("F", bound=Callable[..., Any])

START_PATIENCE = 20.0
"""Seconds that an RPC waits for a conductor that is still starting."""


class Endpoint:
    """Base of the RPC endpoints.

    When the conductor has started, ``identity`` and then ``ready`` are set.
    """

    identity: Identity
    ready: threading.Event


def exposed(method: F) -> F:
    """Offer a method over RPC; its errors reach the caller with class and message."""

    @functools.wraps(method)
    def serve(self: Endpoint, context: Any, **arguments: Any) -> Any:
        if not self.ready.wait(START_PATIENCE):
            raise exception.ServiceUnavailable(err="The conductor is starting; retry in a moment.")
        with self.identity.active():
            return method(self, context, **arguments)

    expected = oslo_messaging.expected_exceptions(exception.IronicLiteError)(serve)
    return oslo_messaging.expose(expected)


def exposed_to_agents(method: F) -> F:
    """Like :func:`exposed`, but without access to the workers that are reserved for clients."""

    @functools.wraps(method)
    def serve(self: Endpoint, context: Any, **arguments: Any) -> Any:
        with workers.background():
            return method(self, context, **arguments)

    return exposed(serve)  # type: ignore[return-value]

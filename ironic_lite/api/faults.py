# SPDX-License-Identifier: Apache-2.0
"""Errors as clients get them.

``{"error_message": "<JSON>"}``: a JSON text inside JSON. For errors of the API the inner object is ``{faultcode,
faultstring, debuginfo}``, for errors of routing and versions ``{code, title, description}``. Clients of Ironic parse
both.

Who has to come again gets 503, or 429: raise a ``TemporaryFailure`` (or answer with ``from_exception`` of one), and its
``retry_after`` becomes the header ``Retry-After``, in whole seconds. openstacksdk waits for so long; without the header
it waits 0.5 s and ever longer. python-ironicclient breaks on the header, in any form and with any status but 413, and
tries a plain 503 again six times with 2 s between. So it gets none: ``middleware.retry_after`` takes the header out;
who answers outside of the WSGI application asks ``reads_retry_after``. ironic-python-agent comes again in either case.
"""

import logging
from collections.abc import Iterable
from http import client as http
from typing import Any

import oslo_messaging
import webob
from oslo_serialization import jsonutils

from ironic_lite.api import versions
from ironic_lite.api.routing import MethodNotAllowed, RouteNotFound
from ironic_lite.common import exception

LOG = logging.getLogger(__name__)

BUSY_RETRY_AFTER = 5
"""Seconds told to a client whose conductor did not answer."""

_COME_AGAIN = (429, 503)

_BROKEN_BY_RETRY_AFTER = "python-ironicclient"
"""Part of its User-Agent. Its errors take no such argument as it makes of the header."""

Headers = Iterable[tuple[str, str]]


def api_error(status: int, message: str) -> bytes:
    """The body of an error of the API."""
    inner = {
        "faultcode": "Server" if status >= 500 else "Client",
        "faultstring": message,
        "debuginfo": None,
    }
    return jsonutils.dump_as_bytes({"error_message": jsonutils.dumps(inner)})


def routing_error(status: int, description: str = "") -> bytes:
    """The body of an error of routing or of versions."""
    inner = {"code": status, "title": http.responses[status], "description": description}
    return jsonutils.dump_as_bytes({"error_message": jsonutils.dumps(inner)})


def response(status: int, body: bytes, headers: Headers = ()) -> webob.Response:
    """An error as a response."""
    return webob.Response(
        status=status,
        headerlist=[
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            *headers,
        ],
        app_iter=[body],
    )


def reads_retry_after(user_agent: str | None) -> bool:
    """Whether the client of this ``User-Agent`` may be sent ``Retry-After``."""
    return _BROKEN_BY_RETRY_AFTER not in (user_agent or "")


_FOR_OPERATORS = (
    exception.ConfigInvalid,
    exception.EncryptionKeyMissing,
    exception.KeyServiceUnavailable,
)
"""Errors that name files and hosts of the installation: their text is for the log."""

_UNEXPECTED = "An unexpected error occurred; the service's log tells more under this request's id."
_NO_KEY = "The service cannot reach the key of its secrets now. Try again; its log tells more."


def _message(error: exception.IronicLiteError) -> str:
    if isinstance(error, _FOR_OPERATORS):
        return _UNEXPECTED if error.code == 500 else _NO_KEY
    # The text of an error that came over RPC ends in the conductor's traceback; its argument does not.
    return str(error.args[0]) if error.args else error.message


def from_exception(error: BaseException, minor: int | None) -> webob.Response:
    """The response to what a controller raised. Only errors of ``common.exception`` show their text.

    :param minor: the microversion in use; None when there is none.
    """
    headers: list[tuple[str, Any]] = list(versions.headers(minor))
    match error:
        case versions.VersionRefused():
            body = routing_error(406, str(error))
            return response(406, body, headers if error.out_of_range else ())
        case RouteNotFound():
            return response(404, routing_error(404), headers)
        case MethodNotAllowed():
            headers.append(("Allow", ", ".join(error.allowed)))
            return response(405, routing_error(405), headers)
        case exception.IronicLiteError():
            return _known(error, headers)
        case oslo_messaging.MessagingTimeout() | oslo_messaging.MessageDeliveryFailure():
            LOG.warning("No conductor answered in time: %s", error)
            headers.append(("Retry-After", str(BUSY_RETRY_AFTER)))
            text = "The conductor did not answer in time. Check that it is alive, and try again."
            return response(503, api_error(503, text), headers)
    LOG.error("Unexpected error while serving a request", exc_info=error)
    return response(500, api_error(500, _UNEXPECTED), headers)


def _known(error: exception.IronicLiteError, headers: list[tuple[str, str]]) -> webob.Response:
    if error.code in _COME_AGAIN and isinstance(error, exception.TemporaryFailure):
        headers.append(("Retry-After", str(error.retry_after)))
        if error.code == 503:
            # Others are refused for what they do themselves: the request's own line tells that.
            LOG.warning("A request is to be tried again: %s", error)
    elif error.code >= 500:
        LOG.error("A request failed: %s", error, exc_info=error)
    return response(error.code, api_error(error.code, _message(error)), headers)

# SPDX-License-Identifier: Apache-2.0
"""A REST API client for commands, configured by OS_* variables as the ``baremetal`` CLI."""

import argparse
import contextlib
import os
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import requests

from ironic_lite.cmd import arguments
from ironic_lite.common import exception, json_reading

FILE = "application/gzip"
"""The media type of an answer that is a file; readers return its bytes."""

_PATIENCE = 60
"""Seconds to wait for an answer."""

_ANSWER = json_reading.Limits(depth=64, values=10_000_000)
"""Limits of an answer, which may be a list of all nodes."""

_VERSION = {"X-OpenStack-Ironic-API-Version": "latest", "Accept": "application/json"}

Reader = Callable[[str, Mapping[str, Any]], Any]
Sender = Callable[[str, Mapping[str, Any]], Any]
Caller = Callable[[str, str, Mapping[str, Any], Any], Any]


class Requester(Protocol):
    """Sends a request, and returns the answer whatever its status is."""

    def __call__(
        self, method: str, path: str, root: str | None = None, follow: bool = True, **more: Any
    ) -> requests.Response:
        """:param path: below ``/v1``.

        :param root: URL of another process of the API, that the API has named; None: that of the command.
        :param follow: follow redirects.
        :param more: what ``requests`` takes: ``params``, ``json``, ``data``, ``headers``.
        :raises Refused: there is no answer.
        """


class Refused(exception.IronicLiteError):
    """The API refused the request or cannot be reached; the message says why."""

    template = "%(reason)s"


class Unreachable(Refused):
    """There is no answer; the same request may succeed later."""


def record(collection: str, ident: str) -> str:
    """Return the path, below ``/v1``, of the record with this UUID or name."""
    return f"{collection}/{urllib.parse.quote(ident, safe='')}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command with the API has."""
    add_address(parser)
    parser.add_argument("--json", action="store_true", help="print the API's answer unchanged")


def add_address(parser: argparse.ArgumentParser) -> None:
    """Add the option with the API's URL."""
    parser.add_argument(
        "--api",
        metavar="URL",
        type=arguments.url,
        default=os.environ.get("OS_ENDPOINT") or os.environ.get("OS_ENDPOINT_OVERRIDE") or None,
        help="URL of the API, such as http://127.0.0.1:6385 (OS_ENDPOINT); with Keystone the default is from the "
        "catalogue",
    )


def reader(url: str | None) -> Reader:
    """Return a function ``(path below /v1, query) -> document``; parameters and errors as :func:`requester`."""
    send = requester(url)
    return lambda path, query: document(send("GET", path, params=query))


def sender(url: str | None) -> Sender:
    """Return a function ``(path below /v1, document) -> document`` that sends a document with POST.

    Parameters and errors as :func:`requester`.
    """
    send = requester(url)
    return lambda path, sent: document(send("POST", path, json=sent))


def caller(url: str | None) -> Caller:
    """Return a function ``(method, path below /v1, query, document or None) -> document``.

    Parameters and errors as :func:`requester`.
    """
    send = requester(url)
    return lambda method, path, query, sent: document(send(method, path, params=query, json=sent))


def requester(url: str | None) -> Requester:
    """Return a function that sends requests.

    :param url: URL of the API; None: from the OS_* variables, else the API on this machine.
    :raises ConfigInvalid: when the OS_* variables contradict each other.
    """
    kind = os.environ.get("OS_AUTH_TYPE") or ("password" if "OS_AUTH_URL" in os.environ else "none")
    if kind in ("none", "admin_token") or (kind == "http_basic" and url):
        return _plain(url or "http://127.0.0.1:6385", kind)
    return _through_keystoneauth(url, kind)


def _plain(url: str, kind: str) -> Requester:
    session = requests.Session()
    session.trust_env = False
    session.verify = os.environ.get("OS_CACERT") or True
    if kind == "http_basic":
        session.auth = (os.environ.get("OS_USERNAME", ""), os.environ.get("OS_PASSWORD", ""))

    def send(
        method: str, path: str, root: str | None = None, follow: bool = True, **more: Any
    ) -> requests.Response:
        headers = {**_VERSION, **more.pop("headers", {})}
        place = root or url
        try:
            return session.request(
                method,
                f"{_root(place)}/v1/{path}",
                headers=headers,
                timeout=_PATIENCE,
                allow_redirects=follow,
                **more,
            )
        except requests.RequestException as exc:
            raise Unreachable(
                reason=f"the API at {place} cannot be reached: {type(exc).__name__}. Start it, or "
                "set --api or OS_ENDPOINT to its URL"
            ) from None

    return send


def _root(url: str) -> str:
    return url.rstrip("/").removesuffix("/v1")


def _through_keystoneauth(url: str | None, kind: str) -> Requester:
    from keystoneauth1 import exceptions, loading

    try:
        loader: Any = loading.get_plugin_loader(kind)
        given = {
            option.dest: os.environ[f"OS_{option.dest.upper()}"]
            for option in loader.get_options()
            if f"OS_{option.dest.upper()}" in os.environ
        }
        auth = loader.load_from_options(**given)
    except exceptions.ClientException as exc:
        raise exception.ConfigInvalid(
            error_msg=f"OS_AUTH_TYPE '{kind}' cannot be used: {exc}"
        ) from None
    session = loading.session.Session().load_from_options(
        auth=auth, cacert=os.environ.get("OS_CACERT"), insecure=False, timeout=_PATIENCE
    )

    def send(
        method: str, path: str, root: str | None = None, follow: bool = True, **more: Any
    ) -> requests.Response:
        try:
            root = (
                root
                or url
                or session.get_endpoint(
                    service_type="baremetal",
                    interface=os.environ.get("OS_INTERFACE", "public"),
                    region_name=os.environ.get("OS_REGION_NAME"),
                )
            )
            if not root:
                raise Refused(
                    reason="Keystone's catalogue has no 'baremetal' service; set --api to the API's URL"
                )
            answer: requests.Response = session.request(
                f"/v1/{path}",
                method,
                headers={**_VERSION, **more.pop("headers", {})},
                raise_exc=False,
                redirect=follow,
                endpoint_override=_root(root),
                **more,
            )
        except exceptions.ConnectFailure as exc:
            raise Unreachable(reason=f"the API or Keystone cannot be reached: {exc}") from None
        except exceptions.ClientException as exc:
            raise Refused(reason=f"Keystone or the API refuses the login: {exc}") from None
        return answer

    return send


def document(answer: requests.Response) -> Any:
    """Return the document in an answer, or the bytes of a file; None for an empty one.

    :raises Refused: the API refuses the request.
    """
    if answer.ok and answer.headers.get("Content-Type") == FILE:
        return answer.content
    if answer.ok and not answer.content:
        return None
    try:
        found = json_reading.read_agents(answer.content, _ANSWER)
    except json_reading.Unreadable:
        raise Refused(reason=f"the API answers {answer.status_code}, but not with JSON") from None
    if not answer.ok:
        raise Refused(reason=f"the API answers {answer.status_code}: {_reason(found)}")
    return found


def _reason(document: Any) -> str:
    """Return an error's message: it is JSON within a JSON string, as Ironic's clients expect."""
    fault = document.get("error_message", document) if isinstance(document, dict) else document
    with contextlib.suppress(TypeError, json_reading.Unreadable):
        fault = json_reading.read(fault)
    if isinstance(fault, dict):
        texts = (fault.get(name) for name in ("faultstring", "description", "title"))
        return str(next(filter(None, texts), fault))
    return str(fault)

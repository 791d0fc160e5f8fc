# SPDX-License-Identifier: Apache-2.0
"""Asks a registry, as its distribution specification says: HTTPS, tokens, redirects.

The registry and whatever it names are addresses that others have chosen: see ``common.outbound``. Credentials go to
the registry itself and to where it gets its tokens from, and never anywhere else.
"""

import dataclasses
import re
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any

from oslo_log import log
from oslo_utils import strutils

from ironic_lite.common import exception, json_reading, outbound
from ironic_lite.common.outbound import OutboundError, checking
from ironic_lite.conf import CONF
from ironic_lite.images.oci import credentials
from ironic_lite.images.oci.credentials import Credentials
from ironic_lite.images.oci.reference import Reference

LOG = log.getLogger(__name__)

MAX_MANIFEST = 4 * 1024 * 1024
"""Maximum bytes of a manifest, as the specification recommends."""
SECONDS = 30.0
"""Seconds for all requests about one image."""

_CONNECT_SECONDS = 10.0
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_MAX_TOKEN = 64 * 1024


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer of the registry; the body is empty for HEAD."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Failed(Exception):
    """There is no answer of a registry. The text is for operators only; it must not tell tenants what is there."""


class Registry:
    """One registry, for the requests about one image.

    :param pull_secret: of the node; None: what the operator has configured.
    """

    def __init__(self, reference: Reference, pull_secret: str | None):
        self._reference = reference
        self._credentials = credentials.of(reference.host, pull_secret)
        self._ends = time.monotonic() + SECONDS
        self._schemes = ["https"]
        if CONF.oci.permit_fallback_to_http_transport:
            self._schemes.append("http")
        self.authorization: str | None = None

    def get(self, kind: str, at: str, accept: str = "*/*", method: str = "GET") -> Answer:
        """Send a request, with credentials if the registry wants some.

        :param kind: ``manifests`` or ``blobs``.
        :param at: tag or digest.
        :raises ImageNotFound: when the registry has no such thing.
        :raises ImageUnacceptable: when it refuses the credentials, or wants some.
        :raises Failed: when there is no answer, or it is not a registry's.
        """
        answer = self._ask(kind, at, accept, method)
        if answer.status == 401 and self.authorization is None:
            self._authorize(answer)
            answer = self._ask(kind, at, accept, method)
        if answer.status < 400:
            return answer
        self._refuse(answer, method)
        raise Failed(f"answered with status {answer.status}")

    def url(self, kind: str, at: str) -> str:
        """Return the URL of a manifest or a file."""
        return f"{self._schemes[0]}://{self._reference.host}/v2/{self._reference.name}/{kind}/{at}"

    def _refuse(self, answer: Answer, method: str) -> None:
        if method != "HEAD" and not _is_registrys_error(answer.body):
            return
        if answer.status == 404:
            raise exception.ImageNotFound(image_id=str(self._reference))
        if answer.status in (401, 403):
            problem = (
                "the registry refuses the credentials; check image_pull_secret"
                if self._credentials
                else "the registry wants credentials; set image_pull_secret"
            )
            raise self.unacceptable(f"there is no such image, or {problem}")

    def unacceptable(self, reason: str) -> exception.ImageUnacceptable:
        """Return the error for an image that cannot be used."""
        return exception.ImageUnacceptable(image_id=str(self._reference), reason=reason)

    def _ask(self, kind: str, at: str, accept: str, method: str) -> Answer:
        headers = {"Accept": accept}
        if self.authorization is not None:
            headers["Authorization"] = self.authorization
        try:
            return self._follow(method, self.url(kind, at), headers, MAX_MANIFEST)
        except Failed:
            if len(self._schemes) == 1:
                raise
            # It speaks no TLS, and the operator permits that.
            del self._schemes[0]
            return self._follow(method, self.url(kind, at), headers, MAX_MANIFEST)

    def _follow(self, method: str, url: str, headers: dict[str, str], most: int) -> Answer:
        first = urllib.parse.urlsplit(url)[:2]
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._once(method, url, headers, most)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            if method == "HEAD":
                # A redirect shows that the file exists, and HEAD asks no more.
                return dataclasses.replace(answer, status=200, headers={})
            url = urllib.parse.urljoin(url, answer.headers["location"])
            if urllib.parse.urlsplit(url)[:2] != first:
                headers = {k: v for k, v in headers.items() if k != "Authorization"}
        raise Failed(f"redirects more than {_MAX_REDIRECTS} times")

    def _once(self, method: str, url: str, headers: dict[str, str], most: int) -> Answer:
        # Imported here because requests costs start-up time and memory.
        from ironic_lite.common.outbound import connections

        try:
            outbound.check_url(url, "its address")
            with connections.ask(
                method,
                url,
                seconds=max(0.01, self._ends - time.monotonic()),
                connect_seconds=_CONNECT_SECONDS,
                headers=headers,
                verify=_verify(),
            ) as response:
                body = b""
                for chunk in response.iter_content(64 * 1024):
                    body += chunk
                    if len(body) > most:
                        raise Failed(f"sends more than {most} bytes")
                lower = {k.lower(): v for k, v in response.headers.items()}
                return Answer(response.status_code, lower, body)
        except OutboundError as exc:
            raise Failed(exc.detail) from None
        except connections.Denied as exc:
            raise Failed(f"is refused: it {exc}") from None
        except (connections.Failure, ValueError, OSError) as exc:
            raise Failed(f"does not answer: {checking.in_words(exc)}") from None

    # -- credentials ---------------------------------------------------------------------------------------------

    def _authorize(self, answer: Answer) -> None:
        """Set the authorization that the registry's challenge requires."""
        challenge = answer.headers.get("www-authenticate", "")
        scheme = challenge.partition(" ")[0].lower()
        if scheme == "basic" and self._credentials is not None:
            self.authorization = _basic(self._credentials)
        elif scheme == "bearer":
            self.authorization = self._bearer(dict(_CHALLENGE.findall(challenge)))

    def _bearer(self, challenge: Mapping[str, str]) -> str:
        realm = urllib.parse.urlsplit(challenge.get("realm", ""))
        query = urllib.parse.parse_qsl(realm.query)
        if challenge.get("service"):
            query.append(("service", challenge["service"]))
        query.append(("scope", f"repository:{self._reference.name}:pull"))
        headers = {}
        if self._credentials is not None:
            self._check_realm(realm)
            headers["Authorization"] = _basic(self._credentials)
        url = urllib.parse.urlunsplit(realm._replace(query=urllib.parse.urlencode(query)))
        answer = self._follow("GET", url, headers, _MAX_TOKEN)
        if answer.status in (401, 403):
            self._refuse(dataclasses.replace(answer, body=_SOME_ERROR), "GET")
        try:
            read = json_reading.read(answer.body)
            token = read.get("token") or read.get("access_token")
        except (json_reading.Unreadable, AttributeError):
            token = None
        if answer.status != 200 or not isinstance(token, str) or not token.isprintable():
            raise Failed(f"gives no token: its token service answered with status {answer.status}")
        return f"Bearer {token}"

    def _check_realm(self, realm: urllib.parse.SplitResult) -> None:
        """:raises ImageUnacceptable: when the registry names a host that must not get its credentials."""
        if realm.scheme not in self._schemes or not credentials.may_get(
            realm.netloc, self._reference.host
        ):
            raise self.unacceptable(
                "the registry gets its tokens from another domain, or without TLS, so the credentials were not sent "
                "there ([oci] secure_cdn_registries)"
            )


_SOME_ERROR = b'{"errors": [{"code": "DENIED"}]}'


def _verify() -> Any:
    wanted = CONF.oci.verify_ca
    if not wanted:
        return True
    try:
        return strutils.bool_from_string(wanted, strict=True)
    except ValueError:
        return wanted


def authorities() -> str | None:
    """Return the file with the authorities to trust; None: the system's."""
    wanted = _verify()
    return wanted if isinstance(wanted, str) else None


def verifies() -> bool:
    """Tell whether certificates are verified."""
    return _verify() is not False


def _basic(of: Credentials) -> str:
    import base64

    return "Basic " + base64.b64encode(f"{of.user}:{of.password}".encode()).decode("ascii")


def _is_registrys_error(body: bytes) -> bool:
    try:
        errors = json_reading.read(body)["errors"]
        return bool(errors) and all("code" in error for error in errors)
    except (json_reading.Unreadable, KeyError, TypeError):
        return False

# SPDX-License-Identifier: Apache-2.0
"""A real OCI registry (Debian's docker-registry) with TLS, whose token service is a part of the test."""

import base64
import dataclasses
import hashlib
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.functional.servers.ports import free_port
from tests.functional.servers.process import ServerProcess, find_program
from tests.waiting import PATIENCE

USER, PASSWORD = "puller", "pull-s3cret"
_PUSHER, _PUSH_PASSWORD = "pusher", "push-s3cret"

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
_ISSUER, _SERVICE = "tokens", "registry"

_CONF = """\
version: 0.1
log:
  level: warn
storage:
  filesystem:
    rootdirectory: {home}/storage
http:
  addr: 127.0.0.1:{port}
{tls}{auth}
"""
_TLS = """\
  tls:
    certificate: {certificate}
    key: {key}
"""
_AUTH = """\
auth:
  token:
    realm: {realm}
    service: registry
    issuer: tokens
    rootcertbundle: {certificate}
"""


def digest(content: bytes) -> str:
    """Return the content's digest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclasses.dataclass
class Registry:
    """A running registry.

    :param host: with its port.
    :ivar asked: the requests of the token service: (Authorization, query).
    """

    host: str
    process: ServerProcess
    scheme: str
    authority: Path | None
    asked: list[tuple[str | None, dict[str, str]]]

    def push(
        self, name: str, tag: str, content: bytes, title: str = "disk.raw", **layer: Any
    ) -> dict[str, Any]:
        """Push a file as `oras push` does; return the manifest's descriptor."""
        for blob in (content, b"{}"):
            self.push_blob(name, blob)
        described = {
            "mediaType": "application/octet-stream",
            "digest": digest(content),
            "size": len(content),
            "annotations": {"org.opencontainers.image.title": title},
            **layer,
        }
        config = {"mediaType": EMPTY, "digest": digest(b"{}"), "size": 2}
        return self.push_manifest(
            name, tag, {"mediaType": MANIFEST, "config": config, "layers": [described]}
        )

    def push_blob(self, name: str, content: bytes) -> None:
        """Push a file without a manifest."""
        answer = self._call("POST", f"/v2/{name}/blobs/uploads/", name)
        place = urllib.parse.urljoin(f"{self.scheme}://{self.host}", answer.headers["Location"])
        place += ("&" if "?" in place else "?") + urllib.parse.urlencode(
            {"digest": digest(content)}
        )
        kind = {"Content-Type": "application/octet-stream"}
        self._call("PUT", place, name, content, kind)

    def push_manifest(self, name: str, tag: str, manifest: dict[str, Any]) -> dict[str, Any]:
        """Push a manifest, or an index of manifests; return its descriptor."""
        body = json.dumps({"schemaVersion": 2, **manifest}).encode()
        kind = manifest["mediaType"]
        self._call("PUT", f"/v2/{name}/manifests/{tag}", name, body, {"Content-Type": kind})
        return {"mediaType": kind, "digest": digest(body), "size": len(body)}

    def _call(
        self,
        method: str,
        path: str,
        name: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        url = urllib.parse.urljoin(f"{self.scheme}://{self.host}", path)
        verify = True if self.authority is None else str(self.authority)
        answer = requests.request(
            method, url, data=body, headers=headers, verify=verify, timeout=PATIENCE
        )
        if answer.status_code == 401:
            realm = answer.headers["WWW-Authenticate"].partition('realm="')[2].partition('"')[0]
            token = requests.get(
                realm,
                params={"service": _SERVICE, "scope": f"repository:{name}:push,pull"},
                auth=(_PUSHER, _PUSH_PASSWORD),
                verify=verify,
                timeout=PATIENCE,
            ).json()["token"]
            answer = requests.request(
                method,
                url,
                data=body,
                headers={**(headers or {}), "Authorization": f"Bearer {token}"},
                verify=verify,
                timeout=PATIENCE,
            )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer


class _Tokens(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        given = self.headers.get("Authorization")
        self.server.asked.append((given, query))
        allowed = {
            _basic(USER, PASSWORD): ["pull"],
            _basic(_PUSHER, _PUSH_PASSWORD): ["pull", "push"],
        }.get(given or "")
        if allowed is None:
            self._answer(401, {"errors": [{"code": "UNAUTHORIZED"}]})
            return
        _kind, _, rest = query["scope"].partition(":")
        name = rest.rpartition(":")[0]
        now = int(time.time())
        token = jwt.encode(
            {
                "iss": _ISSUER,
                "sub": "user",
                "aud": _SERVICE,
                "exp": now + 300,
                "nbf": now - 300,
                "iat": now,
                "jti": str(time.time_ns()),
                "access": [{"type": "repository", "name": name, "actions": allowed}],
            },
            self.server.key,
            algorithm="ES256",
            headers={"x5c": [self.server.certificate]},
        )
        self._answer(200, {"token": token})

    def _answer(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@contextmanager
def running(
    home: Path, certificate: Path | None = None, key: Path | None = None, private: bool = False
) -> Iterator[Registry]:
    """A registry that answers; stopped at the end.

    :param certificate: for localhost, and its `key`; None: without TLS.
    :param private: whether it wants tokens.
    """
    port, asked = free_port(), []  # type: ignore[var-annotated]
    realm = "http://unused/"
    tokens = None
    if private:
        assert certificate is not None and key is not None
        tokens = _token_service(certificate, key, asked)
        realm = f"https://localhost:{tokens.server_port}/token"
    tls = _TLS.format(certificate=certificate, key=key) if certificate else ""
    auth = _AUTH.format(realm=realm, certificate=certificate) if private else ""
    configuration = home / "registry.yml"
    configuration.write_text(_CONF.format(home=home, port=port, tls=tls, auth=auth))
    server = ServerProcess(
        "docker-registry",
        [find_program("docker-registry"), "serve", str(configuration)],
        log=home / "registry.log",
        cwd=home,
        drop_privileges=False,
    )
    server.start()
    scheme = "https" if certificate else "http"
    registry = Registry(f"localhost:{port}", server, scheme, certificate, asked)
    try:
        server.wait_until(lambda: _answers(registry), "an answer of the registry")
        yield registry
    finally:
        server.stop()
        if tokens is not None:
            tokens.shutdown()
            tokens.server_close()


def _answers(registry: Registry) -> bool:
    verify = True if registry.authority is None else str(registry.authority)
    try:
        answer = requests.get(
            f"{registry.scheme}://{registry.host}/v2/", verify=verify, timeout=PATIENCE
        )
    except requests.ConnectionError:
        return False
    return answer.status_code in (200, 401)


def _token_service(certificate: Path, key: Path, asked: list[Any]) -> ThreadingHTTPServer:
    import ssl

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tokens)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    der = x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(
        serialization.Encoding.DER
    )
    server.asked = asked  # type: ignore[attr-defined]
    server.key = key.read_text()  # type: ignore[attr-defined]
    server.certificate = base64.b64encode(der).decode()  # type: ignore[attr-defined]
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server

# SPDX-License-Identifier: Apache-2.0
"""Sends many kinds of requests as five kinds of user, and collects what is wrong with the answers."""

import base64
import collections
import dataclasses
import http.client
import random
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from tests.functional.api.openapi_records import EXAMPLES, QUERIES, filled_in
from tests.functional.deployment import Deployment
from tests.fuzz import judging, values
from tests.fuzz.judging import STRANGER, Answer, Asked
from tests.fuzz.records import Records
from tests.stories.access_service import PASSWORD, user_of, user_options

USERS = {
    "admin of the system": user_of("system", "admin"),
    "admin of the project": user_of("owner", "admin"),
    "member": user_of("owner", "member"),
    "reader": user_of("owner", "reader"),
    STRANGER: user_of("stranger", "admin"),
}

_VERSION = "X-OpenStack-Ironic-API-Version"
_VERSIONS = ("latest",) * 9 + ("1.115", "1.1", "1.50", "1.80", None)
_TIMEOUT_S = 60
_RENEW_AFTER = 400
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclasses.dataclass(frozen=True)
class Operation:
    """One method of one path in the OpenAPI document."""

    method: str
    path: str
    query: tuple[tuple[str, values.Schema], ...]
    body: values.Schema | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Fuzz:
    """Requests from one seed to a service.

    :ivar wrong: what was wrong with answers, as texts.
    :ivar counts: number of answers by user and status.
    """

    def __init__(self, service: Deployment, seed: int) -> None:
        self._service = service
        self._rng = random.Random(seed)
        self._connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=_TIMEOUT_S)
        self._tokens = {
            user: base64.b64encode(f"{login}:{PASSWORD}".encode()).decode()
            for user, login in USERS.items()
        }
        self.records = Records(self._as_admin)
        document = service.call("GET", "/v1/openapi.json")
        self.operations = _operations(document)
        self._sampler = values.Sampler(document["components"]["schemas"], self.records.named)
        self.wrong: list[str] = []
        self.counts: dict[str, collections.Counter[int]] = {
            user: collections.Counter() for user in USERS
        }
        self.reached: collections.Counter[str] = collections.Counter()

    def close(self) -> None:
        self._connection.close()

    def run(self, count: int) -> None:
        """Send ``count`` requests: each operation as each user, in an order that depends on the seed."""
        rounds = [(operation, user) for operation in self.operations for user in USERS]
        sent = 0
        while sent < count:
            self._rng.shuffle(rounds)
            for operation, user in rounds[: count - sent]:
                if sent % _RENEW_AFTER == 0:
                    self.records.renew()
                sent += 1
                asked = self._make(operation, user)
                self._judge(operation, asked, self._send(asked))

    # Making requests

    def _make(self, operation: Operation, user: str) -> Asked:
        rng = self._rng
        path = operation.path
        for variable in re.findall(r"\{(\w+)\}", path):
            ident: Any = self.records.in_path(operation.path, variable, rng.random() < 0.3)
            if rng.random() < 0.1:
                ident = values.nasty(rng)
                ident = ident if isinstance(ident, str) else values.encode(ident)
            text = str(ident)[:1000].encode(errors="surrogatepass")
            path = path.replace(f"{{{variable}}}", quote(text, safe="") or "%20", 1)
        query = self._query(operation)
        body = None
        if operation.body is not None or rng.random() < 0.03:
            document = self._document(operation)
            for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3))):
                document = values.spoil(document, rng)
            body = values.encode(document).encode(errors="surrogatepass")
            if rng.random() < 0.02:
                body = rng.choice((b"", b"{", b"\xff\xfe", b"[1,", b'"' + b"\\" * 9, b"\x00"))
        target = path + (f"?{query}" if query else "")
        return Asked(operation.method, target, user, rng.choice(_VERSIONS), body)

    def _document(self, operation: Operation) -> Any:
        """Return a valid body: an example, or one from the schema."""
        example = EXAMPLES.get(str(operation))
        if example is not None and self._rng.random() < 0.6:
            return filled_in(example, self.records.of)
        return self._sampler.sample(operation.body or {"type": "object"}, self._rng)

    def _query(self, operation: Operation) -> str:
        rng = self._rng
        given = []
        if rng.random() < 0.6:
            example = filled_in(QUERIES.get(str(operation), {}), self.records.of)
            given += [(name, str(value).encode()) for name, value in example.items()]
        listed = operation.path.removeprefix("/v1/").removesuffix("/detail").rpartition("}/")[2]
        for name, schema in operation.query:
            if rng.random() > (0.25 if operation.method == "GET" else 0.1):
                continue
            value = self.records.named(name, listed) if rng.random() < 0.7 else None
            if value is None:
                value = self._sampler.sample(schema, rng, name)
            if rng.random() < 0.4:
                value = values.nasty(rng)
            text = value if isinstance(value, str) else values.encode(value)
            given.append((name, text[:2000].encode(errors="surrogatepass")))
        if rng.random() < 0.02:
            given.append(("x", b"\x00"))
        return urlencode(given)

    # Sending them

    def _send(self, asked: Asked) -> Answer:
        headers = {"Authorization": f"Basic {self._tokens[asked.user]}"}
        if asked.version is not None:
            headers[_VERSION] = asked.version
        if asked.body is not None:
            headers["Content-Type"] = "application/json"
        for last in (False, True):
            try:
                self._connection.request(asked.method, asked.target, asked.body, headers)
                response = self._connection.getresponse()
                told = response.read().decode(errors="replace")
                return Answer(response.status, f"{response.headers}\n{told}")
            except (OSError, http.client.HTTPException) as exc:
                # The server may close an idle connection at any time.
                self._connection.close()
                if last:
                    return Answer(0, repr(exc))
        raise AssertionError

    def _as_admin(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        answer = self._service.request(method, path, body)
        return answer.status_code, answer.json() if answer.content else None

    # Judging the answers

    def _judge(self, operation: Operation, asked: Asked, answer: Answer) -> None:
        self.counts[asked.user][answer.status] += 1
        self.wrong += judging.problems(asked, answer, self.records.foreign)
        if 200 <= answer.status < 300:
            self.reached[str(operation)] += 1
            if asked.method == "DELETE":
                self.records.forget(asked.target.partition("?")[0].rpartition("/")[2])
        # A runbook may be public.
        if answer.status == 201 and asked.user != STRANGER and "/runbooks" not in asked.target:
            self.records.foreign |= judging.made_by(answer)

    def check_log(self) -> None:
        """Check that the service's log has no traceback and no secret."""
        self.wrong += judging.problems_of_log(self._service.directory / "all-in-one.log")


def _operations(document: Any) -> list[Operation]:
    found = []
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method not in item:
                continue
            operation = item[method]
            content = operation.get("requestBody", {}).get("content", {})
            query = tuple(
                (each["name"], each["schema"])
                for each in operation.get("parameters", ())
                if each.get("in") == "query"
            )
            body = content.get("application/json", {}).get("schema")
            found.append(Operation(method.upper(), path, query, body))
    return found


def start(directory: Path, database: str | None = None) -> Deployment:
    """Start API and conductor in one process, with users of all kinds.

    :param database: the URL of the database; by default SQLite.
    """
    options = {
        "DEFAULT": {**user_options(directory), "debug": False},
        "conductor": {"node_locked_retry_attempts": 20, "node_locked_retry_interval": 0.02},
    }
    service = Deployment(
        directory,
        database or f"sqlite:///{directory}/ironic-lite.sqlite",
        options=options,
        credentials=(USERS["admin of the system"], PASSWORD),
    )
    service.upgrade_database()
    service.start_all_in_one()
    return service

# SPDX-License-Identifier: Apache-2.0
"""schemathesis asks a running service everything that its OpenAPI document has: no request is answered with a 5xx, and
every answer has the status, the media type, the headers and the form that the document says.

Generated requests would ask for names and UUIDs that do not exist. So that they go further than that, identifiers of
real records are put in their place, and every operation is first asked for something that succeeds.
"""

import collections
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from ironic_lite.api import versions
from tests.functional.api.openapi_records import EXAMPLES, QUERIES, Records
from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE

SHARES = 8
"""The number of tests that share the operations; they run at the same time."""

OLD = 60
"""An old microversion, which gets fewer requests."""

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]

FIT, UNFIT = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
COUNTS = {"GET": {FIT: 5, UNFIT: 3}, "DELETE": {FIT: 3, UNFIT: 2}}
COUNTS_OF_WRITING = {FIT: 10, UNFIT: 5}
"""The maximum number of generated requests."""

UNSUPPORTED = {
    "GET /boot/{mac}",
    "GET /v1/nodes/{node}/logs/{logs}",
    "GET /v1/nodes/{node}/vmedia",
    "POST /v1/nodes/{node}/console/token",
    "PUT /v1/nodes/{node}/management/inject_nmi",
    "PUT /v1/nodes/{node}/management/indicators/{indicator}",
    *(
        f"{method} {path}{method_of}"
        for path in ("/v1/nodes/{node}/vendor_passthru", "/v1/drivers/{driver}/vendor_passthru")
        for method_of in ("", "/{method}")
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if not (method == "POST" and "nodes" in path)
    ),
}
"""Operations that the service always refuses, because fake hardware and its agents do not support them."""


class Interrogation:
    """Sends requests to the service, and records answers and problems.

    :param document: another than the service's own.
    """

    def __init__(
        self, service: Deployment, minor: int = versions.MAX, document: Any = None
    ) -> None:
        self.schema = schemathesis.openapi.from_dict(document or _document(service, minor))
        self.schema.config.update(base_url=service.api_url)
        self.fit: dict[str, collections.Counter[int]] = {}
        self.wrong: list[str] = []
        self._version = f"1.{minor}"
        self._session = requests.Session()
        self._records = Records(service, *service.alive())

    def close(self) -> None:
        self._session.close()
        self._records.close()

    def operations(self) -> list[APIOperation]:
        """All of the document, in order."""
        found = (result.ok() for result in self.schema.get_all_operations())
        return sorted((each for each in found if each is not None), key=lambda each: each.label)

    def ask(self, operation: APIOperation, counts: dict[GenerationMode, int]) -> None:
        """Send an example, and this many requests that schemathesis generates from the document."""
        self._records.forget()
        self._send(self._example(operation), fit=True)
        for mode, count in counts.items():
            self._generate(operation, mode, count)

    def _example(self, operation: APIOperation) -> Case:
        body: dict[str, Any] = {}
        if operation.label in EXAMPLES:
            body["body"] = self._records.filled_in(EXAMPLES[operation.label])
            is_json = not isinstance(body["body"], bytes)
            body["media_type"] = "application/json" if is_json else "application/octet-stream"
        query = self._records.filled_in(QUERIES.get(operation.label, {}))
        return operation.Case(path_parameters={}, query=query, **body)

    def _generate(self, operation: APIOperation, mode: GenerationMode, count: int) -> None:
        @hypothesis.settings(
            max_examples=count,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case) -> None:
            if mode is FIT:
                if case.media_type:
                    case.body = self._records.lead_somewhere(case.body)
                # No record has a generated tag.
                case.headers.pop("If-Match", None)
            self._send(case, mode is FIT)

        send()

    def unknown_arguments(self, operation: APIOperation) -> list[str]:
        """Return the query arguments in the document that the service does not know."""
        self._records.forget()
        refused = []
        for name in [parameter.name for parameter in operation.query]:
            case = operation.Case(path_parameters={}, query={name: "x"})
            if "Unexpected arguments" in self._send(case, fit=False).text:
                refused.append(f"{operation.label}: {name}")
        return refused

    def _send(self, case: Case, fit: bool) -> schemathesis.Response:
        operation = case.operation
        for parameter in operation.path_parameters:
            case.path_parameters[parameter.name] = self._records.in_path(
                operation.label, operation.path, parameter.name
            )
        case.headers[versions.HEADER] = self._version
        response = case.call(session=self._session, timeout=60)
        if fit:
            self.fit.setdefault(operation.label, collections.Counter())[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            self.wrong.extend(f"{operation.label}: {each}" for each in group.exceptions)
        return response

    def check(self) -> None:
        """Check that there was no problem, and that not all requests were refused."""
        assert not self.wrong, "\n\n".join(self.wrong[:20])
        never = {label for label, statuses in self.fit.items() if not _successes(statuses)}
        assert never & _promised(self) == UNSUPPORTED & set(self.fit)


def _document(service: Deployment, minor: int) -> Any:
    answer = requests.get(f"{service.api_url}/v1/openapi.json?version=1.{minor}", timeout=PATIENCE)
    return answer.json()


def _successes(statuses: collections.Counter[int]) -> int:
    return sum(count for status, count in statuses.items() if status < 300)


def _promised(asked: Interrogation) -> set[str]:
    """The operations that are not always refused."""
    return {
        f"{method.upper()} {path}"
        for path, item in asked.schema.raw_schema["paths"].items()
        for method, operation in item.items()
        if method not in ("parameters", "x-since")
        and any(status.startswith("2") for status in operation["responses"])
    }


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """API and conductor in one process."""
    directory: Path = tmp_path_factory.mktemp("openapi")
    database = f"sqlite:///{directory}/ironic-lite.sqlite"
    with Deployment(directory, database, options={"DEFAULT": {"debug": False}}) as running:
        running.start_all_in_one()
        yield running


@pytest.fixture
def interrogate(service: Deployment) -> Iterator[Any]:
    """Makes an Interrogation of the service."""
    with contextlib.ExitStack() as begun:

        def begin(**settings: Any) -> Interrogation:
            return begun.enter_context(contextlib.closing(Interrogation(service, **settings)))

        yield begin


@pytest.mark.parametrize("share", range(SHARES))
def test_the_service_keeps_to_its_document(interrogate: Any, share: int) -> None:
    asked: Interrogation = interrogate()
    for operation in asked.operations()[share::SHARES]:
        asked.ask(operation, COUNTS.get(operation.method.upper(), COUNTS_OF_WRITING))
    asked.check()
    total = sum(sum(statuses.values()) for statuses in asked.fit.values())
    assert sum(map(_successes, asked.fit.values())) > total / 3


def test_so_it_does_at_an_old_microversion(interrogate: Any) -> None:
    asked: Interrogation = interrogate(minor=OLD)
    for operation in asked.operations():
        asked.ask(operation, {FIT: 1})
    asked.check()


def test_every_argument_is_known(interrogate: Any) -> None:
    asked: Interrogation = interrogate()
    unknown = [
        each for operation in asked.operations() for each in asked.unknown_arguments(operation)
    ]
    assert not unknown


def test_all_operations_are_asked(service: Deployment, interrogate: Any) -> None:
    paths = _document(service, versions.MAX)["paths"]
    counted = sum(len(item.keys() - {"parameters", "x-since"}) for item in paths.values())
    assert len(interrogate().operations()) == counted > 150


@pytest.mark.parametrize("mistake", ["form", "status", "media"])
def test_a_mistake_would_be_noticed(service: Deployment, interrogate: Any, mistake: str) -> None:
    document = _document(service, versions.MAX)
    responses = document["paths"]["/v1/nodes/{node}"]["get"]["responses"]
    match mistake:
        case "form":
            document["components"]["schemas"]["Node"]["properties"]["uuid"] = {"type": "integer"}
        case "status":
            responses["202"] = responses.pop("200")
        case "media":
            responses["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    asked: Interrogation = interrogate(document=document)
    (show,) = [each for each in asked.operations() if each.label == "GET /v1/nodes/{node}"]
    asked.ask(show, {})
    assert asked.wrong

# SPDX-License-Identifier: Apache-2.0
"""Password guessing is slowed down, by user and address, without an effect on other clients."""

import base64
import contextlib
import http.client
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import guessers
from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE, least

COST = 10


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Deployment]:
    with guessers.service(tmp_path, COST) as made:
        made.start_all_in_one()
        yield made


def _get(
    service: Deployment, credentials: str | bytes | None, address: str = "127.0.0.1"
) -> http.client.HTTPResponse:
    """A request from one of the loopback addresses."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", service.port, timeout=PATIENCE, source_address=(address, 0)
    )
    with contextlib.closing(connection):
        connection.putrequest("GET", "/v1/nodes")
        if isinstance(credentials, str):
            credentials = b"Basic " + base64.b64encode(credentials.encode())
        if credentials is not None:
            connection.putheader("Authorization", credentials)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        return answer


def _log(service: Deployment) -> str:
    return (service.directory / "all-in-one.log").read_text()


def test_wrong_passwords(service: Deployment) -> None:
    known = f"ada:{guessers.password('ada')}"
    statuses = [_get(service, f"ada:{n}", "127.0.0.2").status for n in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    refused = _get(service, known, "127.0.0.2")
    assert refused.status == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    # A guesser locks her out only at the guesser's address, and locks out no other user there.
    assert _get(service, known).status == 200
    assert _get(service, f"grace:{guessers.password('grace')}", "127.0.0.2").status == 200
    # A password that was right from an address stays accepted there, whatever others guess from there.
    for n in range(10):
        _get(service, f"ada:{n}")
    assert _get(service, known).status == 200
    log = _log(service)
    assert "401 (user 'ada', from 127.0.0.2)" in log
    assert "429 (user 'ada', from 127.0.0.2)" in log
    assert "Logins of user 'ada' from 127.0.0.2 are refused for a minute" in log
    assert guessers.password("ada") not in log


def test_names_that_nobody_has_are_treated_alike(service: Deployment) -> None:
    statuses = [_get(service, f"nobody:{n}", "127.0.0.3").status for n in range(6)]
    assert statuses == [401] * 5 + [429]


@pytest.mark.parametrize(
    "header",
    [
        b"Basic \xff\xff",
        b"Basic",
        b"Basic ",
        b"",
        b"Basic " + base64.b64encode(b"no colon"),
        b"Basic " + base64.b64encode(b"\xff\xfe:\xff"),
        b"Basic " + base64.b64encode(b":"),
        b"Basic " + base64.b64encode(b"ada:\x00"),
        b"Basic " + base64.b64encode(b"a\x00da:b"),
        b"Basic " + base64.b64encode(b"a" * 20_000 + b":b"),
        b"Basic " + base64.b64encode(b"ada:" + b"b" * 20_000),
        b"Basic YWRh=",
        b"Basic YWRhOmE\xc3\xa4",
        b"Basic YWRhOmE= YWRhOmE=",
        b"Basic,Basic YWRhOmE=",
        b"Bearer \xff",
        b"Digest username=ada",
        b"\xff\xfe",
        b"Negotiate YII",
    ],
)
def test_odd_credentials(basic_service: Deployment, header: bytes) -> None:
    answer = _get(basic_service, header, f"127.0.1.{len(header) % 250}")
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Baremetal API"'
    assert "Traceback" not in _log(basic_service)


@pytest.fixture(scope="module")
def basic_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with guessers.service(tmp_path_factory.mktemp("basic"), COST) as made:
        made.start_all_in_one()
        yield made


@pytest.mark.parametrize("names", [guessers.KNOWN, None], ids=["known", "unknown"])
def test_those_who_know_their_passwords_notice_nothing(
    service: Deployment, names: tuple[str, ...] | None
) -> None:
    path = f"/v1/nodes/{service.create_node(driver='fake-hardware')}"
    guessers.look(service.port, path, 1.0)

    def slower() -> float:
        calm = guessers.look(service.port, path, 3.0)
        with guessers.Guessers(service.port, 48, names) as attack:
            attacked = guessers.look(service.port, path, 3.0)
        assert set(attacked.statuses) == {200}
        assert attack.statuses[401] <= 40
        # The server delays these requests.
        assert 1 <= attack.statuses[429] < 48 * 5
        assert set(attack.statuses) <= {401, 429}
        return statistics.median(attacked.seconds) / statistics.median(calm.seconds)

    assert least(slower, 3) <= 3

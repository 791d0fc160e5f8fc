# SPDX-License-Identifier: Apache-2.0
"""HTTP client for agents and BMCs. A request that changes the server is sent only while the node's lock is held."""

import dataclasses
import time
from collections.abc import Callable, Mapping

from ironic_lite.common.outbound import connections

MAX_ANSWER = 32 * 1024 * 1024
"""Longest accepted answer in bytes. Inventories and step lists have some 100 kB, collected logs some MB."""

_CHUNK = 64 * 1024
_LONGEST_PAUSE = 5.0
_READING = frozenset({"GET", "HEAD"})


class NoAnswer(Exception):
    """The server cannot be reached, must not be reached, or does not answer in time. The text may contain the URL."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """An HTTP answer, of any status."""

    status: int
    body: bytes


@dataclasses.dataclass(frozen=True)
class Client:
    """Client of one server's API. Threads may share it.

    :param url: the base URL; paths of requests are appended to it.
    :param connect_seconds: time limit of connecting, for each address.
    :param seconds: time limit of the answer.
    :param attempts: number of attempts while the server cannot be reached. A request that may have arrived is sent
        again only if it changes nothing.
    :param certificate: PEM of the only certificate to trust; None trusts the usual authorities.
    :param guard: called after connecting and before a request that changes something is sent; if it raises, the
        request is not sent. Callers that change the server pass ``task.ensure_locked``, because connecting
        may take longer than a lock lasts.
    :param parameters: query parameters of each request.
    :param headers: headers of each request.
    """

    url: str
    connect_seconds: float
    seconds: float
    attempts: int = 1
    certificate: str | None = None
    guard: Callable[[], None] | None = None
    # Both may hold secrets.
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)

    def exchange(self, method: str, path: str, body: str | None = None) -> Answer:
        """Send a request and read its answer.

        :raises NoAnswer: when there is no answer.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                return self._once(method, path, body)
            except connections.Unreachable as exc:
                arrived = not connections.never_arrived(exc)
                if attempt == self.attempts or (method not in _READING and arrived):
                    raise NoAnswer(str(exc)) from None
                time.sleep(min(2.0 ** (attempt - 1), _LONGEST_PAUSE))
            except (connections.Denied, connections.Failure) as exc:
                raise NoAnswer(str(exc)) from None
        raise AssertionError("unreachable")

    def _once(self, method: str, path: str, body: str | None) -> Answer:
        with connections.ask(
            method,
            self.url + path,
            seconds=self.connect_seconds + self.seconds,
            connect_seconds=self.connect_seconds,
            certificate=self.certificate,
            before_sending=None if method in _READING else self.guard,
            params=dict(self.parameters),
            data=body,
            headers=dict(self.headers),
        ) as response:
            return Answer(response.status_code, self._read(response))

    def _read(self, response: connections.Response) -> bytes:
        content = b""
        deadline = time.monotonic() + self.seconds
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > MAX_ANSWER or time.monotonic() > deadline:
                raise NoAnswer("the answer is too long or too slow")
        return content

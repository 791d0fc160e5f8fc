# SPDX-License-Identifier: Apache-2.0
"""A file of a web server, read like a file of this machine."""

import urllib.parse
from types import TracebackType
from typing import Self

import requests
from urllib3 import exceptions

from ironic_lite.cmd import rest

_PATIENCE = 60
"""Seconds to wait for the next bytes."""


class RemoteFile:
    """Reads forward; after a ``seek`` it asks the server for the rest.

    ``shown`` is its URL without what may be secret.

    :raises Refused: the server does not have the file, or does not say how large it is.
    """

    def __init__(self, url: str):
        self._url, self._place = url, 0
        self.shown = urllib.parse.urlsplit(url)._replace(query="", fragment="").geturl()
        self._answer = self._ask(0)
        length = self._answer.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()) or "Content-Encoding" in (
            self._answer.headers
        ):
            raise rest.Refused(
                reason=f"{self.shown} does not say how many bytes it has; download it, and add the file"
            )
        self.size = int(length)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._answer.close()

    def seek(self, place: int) -> int:
        """:raises Refused: the server does not send parts of the file."""
        if place != self._place:
            self._answer.close()
            self._answer = self._ask(place)
            self._place = place
        return place

    def read(self, count: int) -> bytes:
        """Return so many bytes; fewer only at the end.

        :raises Unreachable: the server ended early.
        """
        try:
            found: bytes = self._answer.raw.read(min(count, self.size - self._place))
        except (requests.RequestException, exceptions.HTTPError, OSError) as exc:
            raise self._failed(exc) from None
        self._place += len(found)
        return found

    def _ask(self, place: int) -> requests.Response:
        headers = {"Accept-Encoding": "identity"}
        if place:
            headers["Range"] = f"bytes={place}-"
        try:
            answer = requests.get(self._url, headers=headers, stream=True, timeout=_PATIENCE)
        except requests.RequestException as exc:
            raise self._failed(exc) from None
        if answer.status_code != (206 if place else 200):
            answer.close()
            raise rest.Refused(
                reason=f"{self.shown} answers {answer.status_code}"
                + (" to a request for the rest of it; add it again from its start" if place else "")
            )
        return answer

    def _failed(self, failure: Exception) -> rest.Unreachable:
        return rest.Unreachable(reason=f"{self.shown} cannot be read: {type(failure).__name__}")

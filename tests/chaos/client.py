# SPDX-License-Identifier: Apache-2.0
"""A client of the cluster's REST API, for several threads."""

import threading
from collections.abc import Callable
from typing import Any

import requests

TIMEOUT = 40


class Client:
    """A client with one session per thread.

    ``errors`` collects answers that the service must never give, such as a 500.
    """

    def __init__(self, url: Callable[[], str]) -> None:
        self.errors: list[str] = []
        self._url = url
        self._local = threading.local()

    def request(self, method: str, path: str, body: object = None) -> requests.Response:
        """Send one request, and return the response with any status.

        :raises requests.RequestException: there was no response.
        """
        answer: requests.Response = self._session().request(
            method,
            f"{self._url()}{path}",
            json=body,
            headers={"X-OpenStack-Ironic-API-Version": "latest"},
            timeout=TIMEOUT,
        )
        unavailable = requests.codes.service_unavailable
        if answer.status_code >= 500 and answer.status_code != unavailable:
            self.errors.append(f"{answer.status_code} to {method} {path}: {answer.text[:500]}")
        elif answer.status_code == unavailable and "Retry-After" not in answer.headers:
            self.errors.append(f"503 without Retry-After to {method} {path}: {answer.text[:500]}")
        return answer

    def list(self, collection: str, fields: str) -> list[dict[str, Any]] | None:
        """Return all records of a collection; None while the API does not answer."""
        try:
            answer = self.request("GET", f"/v1/{collection}?fields={fields}&limit=1000")
            found: list[dict[str, Any]] | None = answer.json()[collection] if answer.ok else None
        except (requests.RequestException, ValueError):
            return None
        return found

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False
        return session

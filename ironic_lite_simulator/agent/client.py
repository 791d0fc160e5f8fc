# SPDX-License-Identifier: Apache-2.0
"""The agent's side of lookup and heartbeat, as ironic-python-agent 13 does them."""

from typing import Any

import aiohttp

from ironic_lite.common import json_reading

AGENT_VERSION = "13.0.0"
# The newest microversions that ironic-python-agent 13 requests.
_LOOKUP_VERSION = (1, 62)
_HEARTBEAT_VERSION = (1, 68)
_TLS_VERSION = (1, 68)
_OLDEST_VERSION = (1, 31)
_TIMEOUT = aiohttp.ClientTimeout(total=30)

Version = tuple[int, int]


class LookupRefused(Exception):
    """The API did not answer the lookup with a node. ``locked``: it has our node, but the node is locked."""

    def __init__(self, message: str, locked: bool = False) -> None:
        super().__init__(message)
        self.locked = locked


class ProvisioningApi:
    """The provisioning service as an agent uses it."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url = url.rstrip("/")
        self._http = http
        self._version: Version | None = None

    async def lookup(self, macs: list[str]) -> dict[str, Any]:
        """Find our node by its MAC addresses; returns ``node`` and ``config``.

        :raises LookupRefused: the API did not answer with a node.
        """
        version = min(await self._api_version(), _LOOKUP_VERSION)
        try:
            async with self._http.get(
                f"{self._url}/v1/lookup",
                params={"addresses": ",".join(macs)},
                headers=_headers(version),
                timeout=_TIMEOUT,
            ) as response:
                body = await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise LookupRefused(f"lookup: {type(exc).__name__}: {exc}") from exc
        if status != 200:
            raise LookupRefused(f"lookup answered {status}", locked=status == 409)
        try:
            found = json_reading.read(body)
            _ = found["node"]["uuid"], float(found["config"]["heartbeat_timeout"])
        except (ValueError, KeyError, TypeError) as exc:
            raise LookupRefused(f"lookup gave a malformed answer: {exc!r}") from exc
        return dict(found)

    async def knows_tls(self) -> bool:
        """Tell whether the API accepts an agent's own certificate."""
        return await self._api_version() >= _TLS_VERSION

    async def heartbeat(
        self, node_uuid: str, callback_url: str, token: str | None, certificate: str | None
    ) -> int:
        """Send a heartbeat; returns the HTTP status, 0 if there was no answer."""
        version = min(await self._api_version(), _HEARTBEAT_VERSION)
        body = {
            "callback_url": callback_url,
            "agent_token": token,
            "agent_version": AGENT_VERSION,
        }
        if certificate is not None:
            body["agent_verify_ca"] = certificate
        try:
            async with self._http.post(
                f"{self._url}/v1/heartbeat/{node_uuid}",
                json=body,
                headers=_headers(version),
                timeout=_TIMEOUT,
            ) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def send_inventory(self, url: str, data: dict[str, Any]) -> int:
        """Send the data of an inspection; returns the HTTP status, 0 if there was no answer."""
        try:
            # The real agent sends no microversion here.
            async with self._http.post(url, json=data, timeout=_TIMEOUT) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def _api_version(self) -> Version:
        if self._version is None:
            try:
                async with self._http.get(f"{self._url}/", timeout=_TIMEOUT) as response:
                    found = json_reading.read(await response.read())["default_version"]["version"]
                major, minor = found.split(".")
                self._version = (int(major), int(minor))
            except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
                return _OLDEST_VERSION
        return self._version


def _headers(version: Version) -> dict[str, str]:
    return {
        "X-OpenStack-Ironic-API-Version": f"{version[0]}.{version[1]}",
        "Accept": "application/json",
    }

# SPDX-License-Identifier: Apache-2.0
"""The bare-metal API as a plain HTTP client sees it."""

from typing import Any

import requests

from ironic_lite.common import json_reading

_VERSION_HEADER = "X-OpenStack-Ironic-API-Version"
# The newest version that the demo's requests need.
_VERSION = "1.90"
_TIMEOUT = 30.0
NODE_FIELDS = (
    "uuid",
    "name",
    "provision_state",
    "target_provision_state",
    "power_state",
    "clean_step",
    "deploy_step",
    "last_error",
)


class ApiError(Exception):
    """The API refused a request or did not answer; ``status`` is 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class BaremetalApi:
    """Requests to one API. Each raises :class:`ApiError`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        # A proxy from the environment must not see requests to loopback.
        self._session.trust_env = False
        self._session.headers[_VERSION_HEADER] = _VERSION

    def close(self) -> None:
        self._session.close()

    def conductors_alive(self) -> int:
        """Return how many conductors the service counts as alive."""
        found = self._request("GET", "/v1/conductors")["conductors"]
        return sum(bool(c["alive"]) for c in found)

    def nodes(self) -> dict[str, dict[str, Any]]:
        """Return all nodes by name, with NODE_FIELDS."""
        found = self._request("GET", f"/v1/nodes?fields={','.join(NODE_FIELDS)}")["nodes"]
        return {node["name"]: node for node in found}

    def create_node(self, body: dict[str, Any], nics: list[dict[str, Any]]) -> str:
        """Enrol a node and a port per NIC, as the rack's status shows it; returns the node's UUID."""
        uuid: str = self._request("POST", "/v1/nodes", body)["uuid"]
        for nic in nics:
            port = {
                "node_uuid": uuid,
                "address": nic["mac"],
                "local_link_connection": nic["local_link_connection"],
            }
            self._request("POST", "/v1/ports", port)
        return uuid

    def set_instance(self, uuid: str, instance_info: dict[str, Any]) -> None:
        """Set the instance_info: what to deploy."""
        patch = [{"op": "add", "path": "/instance_info", "value": instance_info}]
        self._request("PATCH", f"/v1/nodes/{uuid}", patch)

    def provision(self, uuid: str, target: str, **arguments: Any) -> None:
        body = {"target": target, **arguments}
        self._request("PUT", f"/v1/nodes/{uuid}/states/provision", body)

    def _request(self, method: str, path: str, body: Any = None) -> Any:
        try:
            response = self._session.request(
                method, f"{self.url}{path}", json=body, timeout=_TIMEOUT
            )
        except requests.RequestException as exc:
            raise ApiError(f"{method} {path}: {type(exc).__name__}") from exc
        if not response.ok:
            message = f"{method} {path}: {response.status_code} {_fault(response)}"
            raise ApiError(message, response.status_code)
        return json_reading.read_agents(response.content) if response.content else None


def _fault(response: requests.Response) -> str:
    """Return the message of an error body, which is JSON inside JSON."""
    try:
        message = json_reading.read(response.content)["error_message"]
        fault = json_reading.read(message) if isinstance(message, str) else message
        return str(fault.get("faultstring") or fault.get("description"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return response.text[:200]

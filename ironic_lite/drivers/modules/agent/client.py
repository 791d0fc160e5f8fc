# SPDX-License-Identifier: Apache-2.0
"""HTTP client of the API that ironic-python-agent offers on a server.

Every call carries the token that the agent was given at lookup; a TLS connection is verified against the certificate
that the agent sent with its first heartbeat. Nothing here waits for a command to end: commands run in the agent, and
:meth:`AgentClient.command` tells how far one has got.
"""

import dataclasses
import json
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
import urllib3
from oslo_log import log
from requests import adapters

from ironic_lite.common import exception, redaction
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
VERSION_MISMATCH = "CLEAN_VERSION_MISMATCH"
"""The agent's hardware managers are not those that the steps were asked from. The name is historic."""

_API = "v1"
_BUSY = 409
_NOT_FOUND = 404
# Hardware inventories and step lists are some 100 kB; collected logs some MB.
_MAX_ANSWER = 32 * 1024 * 1024
_CHUNK = 64 * 1024
_CONNECT_TIMEOUT = 10.0


@dataclasses.dataclass(frozen=True)
class Command:
    """A command in the agent.

    :param result: what it returned, when it has succeeded.
    :param error: why it failed, in the agent's words.
    """

    id: str
    name: str
    status: str
    result: dict[str, Any]
    error: str | None

    @classmethod
    def from_answer(cls, answer: Any) -> "Command":
        """Read what the agent tells about a command.

        :raises KeyError, TypeError: when it is not told as the protocol says.
        """
        error = answer.get("command_error")
        if isinstance(error, dict):
            error = error.get("details") or error.get("message") or json.dumps(error)
        result = answer.get("command_result")
        return cls(
            id=str(answer["id"]),
            name=str(answer["command_name"]),
            status=str(answer["command_status"]),
            result=result if isinstance(result, dict) else {"result": result},
            error=redaction.mask_text(str(error)) if error else None,
        )


class AgentClient:
    """The agent of one node, as known from its heartbeats.

    :param guard: called once the agent is reached and before it is told a command; what it raises keeps the command
        back. Who changes the server passes ``task.ensure_locked``: reaching an agent may outlast a lock.
    """

    def __init__(self, node: Any, guard: Callable[[], None] | None = None):
        """:raises AgentConnectionFailed: when the agent has not called yet."""
        if not node.agent_url or not node.agent_secret_token:
            raise exception.AgentConnectionFailed(
                reason=f"the agent of node {node.uuid} has not called since the server was last powered on"
            )
        self._node_uuid = node.uuid
        self._url = f"{node.agent_url.rstrip('/')}/{_API}"
        self._token = node.agent_secret_token
        self._verify_ca = node.agent_verify_ca
        self._guard = guard

    # -- steps ---------------------------------------------------------------------------------------------------

    def get_steps(self, kind: str, node: dict[str, Any], ports: list[Any]) -> dict[str, Any]:
        """What the agent offers: ``{"<kind>_steps": {manager: [...]}, "hardware_manager_version": {...}}``."""
        return self._finished(f"{kind}.get_{kind}_steps", {"node": node, "ports": ports}).result

    def execute_step(
        self,
        kind: str,
        step: dict[str, Any],
        node: dict[str, Any],
        ports: list[Any],
        versions: dict[str, Any] | None,
    ) -> Command:
        """Start a step."""
        params = {"step": step, "node": node, "ports": ports, f"{kind}_version": versions}
        return self.execute(f"{kind}.execute_{kind}_step", params)

    # -- other commands -------------------------------------------------------------------------------------------

    def install_bootloader(
        self, root_uuid: str | None, efi_partition_uuid: str | None, boot_mode: str
    ) -> Command:
        """Start making the deployed system the one that the firmware boots."""
        return self.execute(
            "image.install_bootloader",
            {
                "root_uuid": root_uuid,
                "efi_system_part_uuid": efi_partition_uuid,
                "prep_boot_part_uuid": None,
                "target_boot_mode": boot_mode,
                "ignore_bootloader_failure": None,
            },
        )

    def partition_uuids(self) -> dict[str, Any]:
        """UUIDs of the partitions of the image that the agent has written, by the agent's names for them."""
        return self._finished("standby.get_partition_uuids", {}).result

    def sync(self) -> None:
        """Flush everything to disk."""
        self._finished("standby.sync", {})

    def power_off(self) -> None:
        """Ask the server to power itself off."""
        self.execute("standby.power_off", {})

    def finalize_rescue(self, password: str, hashed: bool) -> None:
        """Set the password of the rescue ramdisk; the agent closes behind it."""
        # Ramdisks from before there were hashes do not know the argument.
        more = {"hashed": True} if hashed else {}
        self._finished("rescue.finalize_rescue", {"rescue_password": password, **more})

    def lockdown(self) -> None:
        """Close the agent for good, the server staying on."""
        self.execute("system.lockdown", {})

    # -- commands as such -----------------------------------------------------------------------------------------

    def execute(self, name: str, params: dict[str, Any]) -> Command:
        """Start a command.

        :raises AgentInProgress: when another command still runs.
        :raises AgentConnectionFailed: when the agent cannot be reached.
        :raises AgentAPIError: when it refuses the command.
        """
        LOG.debug("Node %s: agent command %s", self._node_uuid, name)
        body = json.dumps({"name": name, "params": params})
        return self._command(self._exchange("POST", "/commands/", name, body))

    def command(self, command_id: str) -> Command | None:
        """How far a command has got; None when the agent does not know it (it was started again since)."""
        try:
            answer = self._exchange("GET", f"/commands/{command_id}", "get_command")
        except exception.AgentAPIError as exc:
            if exc.kwargs.get("status") == _NOT_FOUND:
                return None
            raise
        return self._command(answer)

    def commands(self) -> list[Command]:
        """All commands that the agent has been given, oldest first."""
        answer = self._exchange("GET", "/commands/", "get_commands_status")
        if not isinstance(answer, dict) or not isinstance(answer.get("commands"), list):
            raise self._malformed("get_commands_status")
        return [self._command(c) for c in answer["commands"]]

    def _finished(self, name: str, params: dict[str, Any]) -> Command:
        """Run one of the commands that the agent answers with their result."""
        done = self.execute(name, params)
        if done.status != SUCCEEDED:
            raise exception.AgentAPIError(
                node=self._node_uuid,
                status=done.status,
                error=done.error or f"{name} did not finish",
            )
        return done

    def _command(self, answer: Any) -> Command:
        try:
            return Command.from_answer(answer)
        except (KeyError, TypeError, AttributeError) as exc:
            raise self._malformed("command") from exc

    # -- HTTP -----------------------------------------------------------------------------------------------------

    def _exchange(self, method: str, path: str, command: str, body: str | None = None) -> Any:
        """One exchange, tried again while the agent cannot be reached.

        A command is only sent again when the connection was refused: it cannot have arrived then.
        """
        attempts = CONF.agent.max_command_attempts
        for attempt in range(1, attempts + 1):
            try:
                return self._once(method, path, command, body)
            except requests.ConnectionError as exc:
                if attempt == attempts or (method == "POST" and not _never_arrived(exc)):
                    raise self._unreachable(command, exc) from None
                time.sleep(min(2.0 ** (attempt - 1), 5.0))
            except requests.RequestException as exc:
                raise self._unreachable(command, exc) from None
        raise AssertionError("unreachable")

    def _once(self, method: str, path: str, command: str, body: str | None) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            guard = self._guard if method == "POST" else None
            session.mount("http://", _Adapter(None, guard))
            session.mount("https://", _Adapter(self._verify_ca, guard))
            with session.request(
                method,
                self._url + path,
                params={"agent_token": self._token},
                data=body,
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                timeout=(_CONNECT_TIMEOUT, CONF.agent.command_timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                text = self._read(response, command)
                status = response.status_code
        if status >= 300:
            self._refused(status, text, command)
        try:
            return json.loads(text)
        except ValueError as exc:
            raise self._malformed(command) from exc

    def _read(self, response: requests.Response, command: str) -> bytes:
        content = b""
        deadline = time.monotonic() + CONF.agent.command_timeout
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > _MAX_ANSWER or time.monotonic() > deadline:
                raise exception.AgentAPIError(
                    node=self._node_uuid,
                    status=response.status_code,
                    error=f"the answer to {command} is too long or too slow",
                )
        return content

    def _refused(self, status: int, text: bytes, command: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {}
        error = answer.get("faultstring") if isinstance(answer, Mapping) else None
        error = redaction.mask_text(str(error or text[:500].decode(errors="replace")))
        if status == _BUSY:
            raise exception.AgentInProgress(node=self._node_uuid, command=command, error=error)
        raise exception.AgentAPIError(node=self._node_uuid, status=status, error=error)

    def _malformed(self, command: str) -> exception.AgentAPIError:
        return exception.AgentAPIError(
            node=self._node_uuid,
            status=200,
            error=f"the answer to {command} is not what the protocol says",
        )

    def _unreachable(
        self, command: str, exc: requests.RequestException
    ) -> exception.AgentConnectionFailed:
        # The URL in the library's message holds the token.
        cause = str(exc).replace(self._token, redaction.MASK)
        return exception.AgentConnectionFailed(
            reason=f"command {command}, agent of node {self._node_uuid} at {self._url}: {cause}"
        )


def _never_arrived(exc: requests.ConnectionError) -> bool:
    reason = getattr(exc.args[0], "reason", None) if exc.args else None
    return isinstance(exc, requests.ConnectTimeout) or "NewConnectionError" in repr(reason)


class _Adapter(adapters.HTTPAdapter):
    """Connects as we want it.

    :param certificate: the only one to trust, which the agent made for itself when it started.
    :param guard: called when the connection stands and nothing has been sent.
    """

    def __init__(self, certificate: str | None, guard: Callable[[], None] | None):
        self._context = ssl.create_default_context(cadata=certificate) if certificate else None
        self._guard = guard
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._context is not None:
            kwargs["ssl_context"] = self._context
        super().init_poolmanager(*args, **kwargs)
        if self._guard is not None:
            self.poolmanager.pool_classes_by_scheme = {
                "http": _guarded(urllib3.HTTPConnectionPool, self._guard),
                "https": _guarded(urllib3.HTTPSConnectionPool, self._guard),
            }

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """A context of ours verifies; the library's own list of authorities stays out of it then."""
        if self._context is None:
            super().cert_verify(conn, url, verify, cert)
        else:
            conn.cert_reqs = "CERT_REQUIRED"


def _guarded(pool: Any, guard: Callable[[], None]) -> Any:
    """A kind of connection pool whose connections ask the guard before they are used."""

    class Connection(pool.ConnectionCls):
        def connect(self) -> None:
            super().connect()
            guard()

    return type("GuardedPool", (pool,), {"ConnectionCls": Connection})

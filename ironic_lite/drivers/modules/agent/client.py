# SPDX-License-Identifier: Apache-2.0
"""HTTP client of the API that ironic-python-agent offers on a server.

Every call carries the token that the agent was given at lookup; a TLS connection is verified against the certificate
that the agent sent with its first heartbeat. Nothing here waits for a command to end: commands run in the agent, and
:meth:`AgentClient.command` tells how far one has got.
"""

import dataclasses
import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, json_reading, redaction
from ironic_lite.common.outbound import connections
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
_LONGEST_ERROR = 2000
_HASTE = 3.0


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
    :param hasty: for who asks again soon anyway: nothing is tried again, and an answer is waited for a few seconds.
    """

    def __init__(self, node: Any, guard: Callable[[], None] | None = None, hasty: bool = False):
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
        self._hasty = hasty
        self._attempts = 1 if hasty else CONF.agent.max_command_attempts
        connect, answer = (
            (_HASTE, _HASTE) if hasty else (_CONNECT_TIMEOUT, CONF.agent.command_timeout)
        )
        self._connect_timeout, self._timeout = connect, float(answer)

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
        :raises AgentConnectionFailed: when the agent cannot be reached, or who answers is no agent.
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
        attempts = self._attempts
        for attempt in range(1, attempts + 1):
            try:
                return self._once(method, path, command, body)
            except connections.Unreachable as exc:
                arrived = not connections.never_arrived(exc)
                if attempt == attempts or (method == "POST" and arrived):
                    raise self._unreachable(command, str(exc)) from None
                time.sleep(min(2.0 ** (attempt - 1), 5.0))
            except (connections.Denied, connections.Failure) as exc:
                raise self._unreachable(command, str(exc)) from None
        raise AssertionError("unreachable")

    def _once(self, method: str, path: str, command: str, body: str | None) -> Any:
        with connections.ask(
            method,
            self._url + path,
            seconds=self._connect_timeout + self._timeout,
            connect_seconds=self._connect_timeout,
            certificate=self._verify_ca,
            before_sending=self._guard if method == "POST" else None,
            params={"agent_token": self._token},
            data=body,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        ) as response:
            text = self._read(response, command)
            status = response.status_code
        if status >= 300:
            self._refused(status, text, command)
        try:
            return json_reading.read_agents(text)
        except json_reading.Unreadable as exc:
            raise self._malformed(command) from exc

    def _read(self, response: connections.Response, command: str) -> bytes:
        content = b""
        deadline = time.monotonic() + self._timeout
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > _MAX_ANSWER or time.monotonic() > deadline:
                raise self._unreachable(command, "the answer is too long or too slow")
        return content

    def _refused(self, status: int, text: bytes, command: str) -> None:
        try:
            answer = json_reading.read_agents(text)
        except json_reading.Unreadable:
            answer = None
        error = answer.get("faultstring") if isinstance(answer, Mapping) else None
        if not isinstance(error, str):
            # All agents say what is wrong in this form. Who else it is, and what he says, is for nobody to know.
            raise self._unreachable(command, f"the answer has status {status} and is no agent's")
        error = redaction.mask_text(error[:_LONGEST_ERROR])
        if status == _BUSY:
            raise exception.AgentInProgress(node=self._node_uuid, command=command, error=error)
        raise exception.AgentAPIError(node=self._node_uuid, status=status, error=error)

    def _malformed(self, command: str) -> exception.AgentConnectionFailed:
        return self._unreachable(command, "the answer is not what the protocol says")

    def _unreachable(self, command: str, cause: str) -> exception.AgentConnectionFailed:
        """The same words for whatever is there or not there: the server's network chose the address."""
        # The URL in the library's message holds the token.
        LOG.log(
            # Who asks again soon says himself what it comes to.
            logging.DEBUG if self._hasty else logging.WARNING,
            "Node %s: command %s, agent at %s: %s",
            self._node_uuid,
            command,
            self._url,
            redaction.mask_text(cause.replace(self._token, redaction.MASK)),
        )
        return exception.AgentConnectionFailed(
            reason=f"command {command}: no agent of node {self._node_uuid} answers at {self._url}. The conductor's log "
            "tells more"
        )

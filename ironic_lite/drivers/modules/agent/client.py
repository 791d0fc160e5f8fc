# SPDX-License-Identifier: Apache-2.0
"""HTTP client of the API that ironic-python-agent offers on a server.

Every call carries the token that the agent got at lookup. A TLS connection is verified against the certificate that
the agent sent with its first heartbeat. Nothing here waits for a command to end: commands run in the agent, and
:meth:`AgentClient.command` returns their progress.
"""

import dataclasses
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, json_reading, ramdisk_archive, redaction
from ironic_lite.conf import CONF
from ironic_lite.drivers import guarded_http

LOG = log.getLogger(__name__)

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
VERSION_MISMATCH = "CLEAN_VERSION_MISMATCH"
"""The agent's hardware managers have changed since it listed its steps. The name is historic."""

_API = "v1"
_BUSY = 409
_NOT_FOUND = 404
_CONNECT_TIMEOUT = 10.0
_LONGEST_ERROR = 2000
_HASTE = 3.0


@dataclasses.dataclass(frozen=True)
class Command:
    """A command in the agent.

    :param result: the value that it returned; None unless it succeeded.
    :param error: the agent's error message; None unless it failed.
    """

    id: str
    name: str
    status: str
    result: dict[str, Any]
    error: str | None

    @classmethod
    def from_answer(cls, answer: Any) -> "Command":
        """Read the agent's answer about a command.

        :raises KeyError, TypeError: when the answer does not follow the protocol.
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

    :param guard: called when the connection stands and before the command is sent; its exception stops the command.
        Callers that change the server pass ``task.ensure_locked``, because connecting may take longer than a lock
        lasts.
    :param hasty: for callers that ask again soon anyway: no retries, and a timeout of a few seconds.
    :param once: no retries, for what is not worth waiting.
    """

    def __init__(
        self,
        node: Any,
        guard: Callable[[], None] | None = None,
        hasty: bool = False,
        once: bool = False,
    ):
        """:raises AgentConnectionFailed: when the node has no agent: there was no heartbeat yet."""
        if not node.agent_url or not node.agent_secret_token:
            raise exception.AgentConnectionFailed(
                reason=f"the agent of node {node.uuid} has not called since the server was last powered on"
            )
        self._node_uuid = node.uuid
        self._token: str = node.agent_secret_token
        self._hasty = hasty
        self._http = guarded_http.Client(
            url=f"{node.agent_url.rstrip('/')}/{_API}",
            connect_seconds=_HASTE if hasty else _CONNECT_TIMEOUT,
            seconds=_HASTE if hasty else float(CONF.agent.command_timeout),
            attempts=1 if hasty or once else CONF.agent.max_command_attempts,
            certificate=node.agent_verify_ca,
            guard=guard,
            parameters={"agent_token": self._token},
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )

    # -- steps ---------------------------------------------------------------------------------------------------

    def get_steps(self, kind: str, node: dict[str, Any], ports: list[Any]) -> dict[str, Any]:
        """Return the agent's steps: ``{"<kind>_steps": {manager: [...]}, "hardware_manager_version": {...}}``."""
        return self._finished(f"{kind}.get_{kind}_steps", {"node": node, "ports": ports}).result

    def execute_step(
        self,
        kind: str,
        step: dict[str, Any],
        node: dict[str, Any],
        ports: list[Any],
        versions: dict[str, Any] | None,
    ) -> Command:
        params = {"step": step, "node": node, "ports": ports, f"{kind}_version": versions}
        return self.execute(f"{kind}.execute_{kind}_step", params)

    # -- other commands -------------------------------------------------------------------------------------------

    def install_bootloader(
        self, root_uuid: str | None, efi_partition_uuid: str | None, boot_mode: str
    ) -> Command:
        """Start the command that makes the firmware boot the deployed system."""
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
        """Return the UUIDs of the partitions that the agent has written, under the agent's names."""
        return self._finished("standby.get_partition_uuids", {}).result

    def sync(self) -> None:
        """Flush everything to disk."""
        self._finished("standby.sync", {})

    def power_off(self) -> None:
        """Ask the server to power itself off."""
        self.execute("standby.power_off", {})

    def collect_logs(self) -> bytes:
        """Return the logs of the ramdisk, as a gzipped tar archive.

        :raises AgentAPIError: also when they are too large, or are no such archive.
        """
        sent = self._finished("log.collect_system_logs", {}).result.get("system_logs")
        try:
            content = ramdisk_archive.decoded(sent)
        except ValueError as exc:
            raise exception.AgentAPIError(
                node=self._node_uuid, status=200, error=f"the logs cannot be used: {exc}"
            ) from None
        return content

    def finalize_rescue(self, password: str, hashed: bool) -> None:
        """Set the password of the rescue ramdisk. The agent stops listening after that."""
        # Old ramdisks do not know the argument ``hashed``.
        more = {"hashed": True} if hashed else {}
        self._finished("rescue.finalize_rescue", {"rescue_password": password, **more})

    def lockdown(self) -> None:
        """Stop the agent's API for good; the server stays on."""
        self.execute("system.lockdown", {})

    # -- any command -----------------------------------------------------------------------------------------

    def execute(self, name: str, params: dict[str, Any]) -> Command:
        """Start a command.

        :raises AgentInProgress: when another command still runs.
        :raises AgentConnectionFailed: when the agent cannot be reached, or the answer is not from an agent.
        :raises AgentAPIError: when the agent refuses the command.
        """
        LOG.debug("Node %s: agent command %s", self._node_uuid, name)
        body = json.dumps({"name": name, "params": params})
        return self._command(self._exchange("POST", "/commands/", name, body))

    def command(self, command_id: str) -> Command | None:
        """Return a command's progress; None when the agent does not know it (the agent was restarted)."""
        try:
            answer = self._exchange("GET", f"/commands/{command_id}", "get_command")
        except exception.AgentAPIError as exc:
            if exc.kwargs.get("status") == _NOT_FOUND:
                return None
            raise
        return self._command(answer)

    def commands(self) -> list[Command]:
        """Return all commands that the agent has received, oldest first."""
        answer = self._exchange("GET", "/commands/", "get_commands_status")
        if not isinstance(answer, dict) or not isinstance(answer.get("commands"), list):
            raise self._malformed("get_commands_status")
        return [self._command(c) for c in answer["commands"]]

    def _finished(self, name: str, params: dict[str, Any]) -> Command:
        """Run a command whose result the agent returns at once."""
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
        """Send a request and return the decoded answer."""
        try:
            answer = self._http.exchange(method, path, body)
        except guarded_http.NoAnswer as exc:
            raise self._unreachable(command, str(exc)) from None
        if answer.status >= 300:
            self._refused(answer.status, answer.body, command)
        try:
            return json_reading.read_agents(answer.body)
        except json_reading.Unreadable as exc:
            raise self._malformed(command) from exc

    def _refused(self, status: int, text: bytes, command: str) -> None:
        try:
            answer = json_reading.read_agents(text)
        except json_reading.Unreadable:
            answer = None
        error = answer.get("faultstring") if isinstance(answer, Mapping) else None
        if not isinstance(error, str):
            # Every agent reports errors in this form. Another server's answer must not reach the client.
            raise self._unreachable(
                command, f"the answer has status {status} and does not come from an agent"
            )
        error = redaction.mask_text(error[:_LONGEST_ERROR])
        if status == _BUSY:
            raise exception.AgentInProgress(node=self._node_uuid, command=command, error=error)
        raise exception.AgentAPIError(node=self._node_uuid, status=status, error=error)

    def _malformed(self, command: str) -> exception.AgentConnectionFailed:
        return self._unreachable(command, "the answer does not follow the protocol")

    def _unreachable(self, command: str, cause: str) -> exception.AgentConnectionFailed:
        """Return the same message for every cause: the server's network chose the address, so the client must not learn
        what is there. The cause goes to the log."""
        # The URL in the library's message holds the token.
        LOG.log(
            # Hasty callers report the outcome themselves.
            logging.DEBUG if self._hasty else logging.WARNING,
            "Node %s: command %s, agent at %s: %s",
            self._node_uuid,
            command,
            self._http.url,
            redaction.mask_text(cause.replace(self._token, redaction.MASK)),
        )
        return exception.AgentConnectionFailed(
            reason=f"command {command}: no agent of node {self._node_uuid} answers at {self._http.url}. See the "
            "conductor's log for the cause"
        )

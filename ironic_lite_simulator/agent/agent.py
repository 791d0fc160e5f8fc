# SPDX-License-Identifier: Apache-2.0
"""The life of a virtual agent: lookup, heartbeats, commands."""

import asyncio
import contextlib
import hmac
import inspect
import random
import time
from typing import Any

from ironic_lite_simulator.agent import commands, errors, inventory
from ironic_lite_simulator.agent.client import AGENT_VERSION, LookupRefused, ProvisioningApi
from ironic_lite_simulator.agent.host import Host
from ironic_lite_simulator.surroundings import Surroundings

# The agent waits between these shares of the conductor's heartbeat timeout.
_JITTER = (0.3, 0.6)
_TOKEN_LENGTH = 32
_INSPECTION_ATTEMPTS = 5


class AgentUnreachable(Exception):
    """The agent died while its caller waited."""


class Agent:
    """An agent on a server, with the parameters of its kernel.

    ``state`` is lookup, running, locked-down, failed or dead.
    """

    version = AGENT_VERSION

    def __init__(
        self, host: Host, api_url: str, parameters: dict[str, str], around: Surroundings
    ) -> None:
        self.state = "lookup"
        self.node_uuid: str | None = None
        self.started_at = time.time()
        self._host = host
        self._around = around
        self._api = ProvisioningApi(api_url.split(",", maxsplit=1)[0], around.http)
        self._parameters = parameters
        self._token = parameters.get("ipa-agent-token")
        self._heartbeat_timeout = 300.0
        self._forced = asyncio.Event()
        self._died = asyncio.Event()
        self._commands = commands.Commands(host, around, self._checkpoint)
        self._results: dict[str, commands.Result] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def reachable(self) -> bool:
        """Tell whether the agent's API answers; it does not while its server has no address."""
        return self.state == "running" and self._host.network.connected

    def start(self) -> None:
        self._spawn(self._live())

    async def kill(self) -> None:
        """End the agent at once, as a power cut does."""
        self._die()
        tasks = [t for t in self._tasks if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def accepts(self, token: str | None) -> bool:
        """Compare a caller's token with ours."""
        return bool(token and self._token) and hmac.compare_digest(str(token), str(self._token))

    def results(self) -> list[dict[str, Any]]:
        """Return all command results, oldest first."""
        return [r.as_dict() for r in self._results.values()]

    async def result(self, result_id: str, wait: bool) -> dict[str, Any]:
        """Return one command result. With ``wait``, return it after the command has ended.

        :raises errors.RequestedObjectNotFoundError: no command has this id.
        :raises AgentUnreachable: the agent died while the caller waited.
        """
        if result_id not in self._results:
            raise errors.RequestedObjectNotFoundError(
                f"Command Result with id {result_id} not found."
            )
        result = self._results[result_id]
        if wait:
            await self._until_done(result)
        return result.as_dict()

    async def execute(
        self, name: str, params: dict[str, Any], wait: bool, client: str | None = None
    ) -> dict[str, Any]:
        """Start a command and return its result: after its end with ``wait``, else as it is now.

        :param client: address of the caller, for the journal.

        :raises errors.AgentError: the command is unknown or invalid, or another command still runs.
        :raises AgentUnreachable: the agent died while the caller waited.
        """
        _extension, dot, short = name.partition(".")
        last = next(reversed(self._results.values()), None)
        if dot and last is not None and last.status == commands.RUNNING:
            raise errors.AgentIsBusy(f"executing command {last.name}")
        command = self._commands.find(name)
        if command.validate is not None:
            command.validate(params)
        result = commands.Result(short)
        self._results[result.id] = result
        step = params.get("step")
        step_name = step.get("step") if isinstance(step, dict) else None
        self._record("command-started", command=name, step=step_name, id=result.id, client=client)
        work = self._spawn(self._run(command, name, step_name, params, result))
        if command.background and not wait:
            return result.as_dict()
        await self._until_done(result)
        if not command.background:
            await asyncio.wait({work})
        return result.as_dict()

    async def _run(
        self,
        command: commands.Command,
        name: str,
        step_name: str | None,
        params: dict[str, Any],
        result: commands.Result,
    ) -> None:
        names = [n for n in (name, result.name, step_name) if n]
        await asyncio.sleep(self._host.faults.agent_command_delay)
        try:
            if "prepare_image" not in names and step_name is None:
                await self._checkpoint("middle", *names)
            _check_arguments(command, params)
            value = await command.run(**params)
            await self._checkpoint("after", *names)
            if isinstance(value, str):
                value = {"result": f"{result.name}: {value}" if command.background else value}
            result.finish(commands.SUCCEEDED, value)
        except errors.VersionMismatch as exc:
            result.finish(commands.VERSION_MISMATCH, error=exc)
        except errors.AgentError as exc:
            result.finish(commands.FAILED, error=exc)
        except Exception as exc:  # an agent reports any error and keeps running
            error = errors.CommandExecutionError(f"{type(exc).__name__}: {exc}")
            result.finish(commands.FAILED, error=error)
        self._record(
            "command-ended",
            command=name,
            step=step_name,
            id=result.id,
            status=result.status,
            error=None if result.error is None else str(result.error),
        )
        if command.background:
            self._forced.set()
        if self._commands.locked_down:
            self._lock_down("by command")

    async def _until_done(self, result: commands.Result) -> None:
        waits = {
            asyncio.create_task(result.done.wait()),
            asyncio.create_task(self._died.wait()),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if not result.done.is_set():
            raise AgentUnreachable

    async def _checkpoint(self, when: str, *names: str) -> None:
        """Die here if a fault asks for it: the agent stops answering and never continues."""
        if not self._host.faults.agent_dies(when, *names):
            return
        self._record("died", at=names[0], when=when)
        self._host.say("Agent: killed")
        self._die()
        await asyncio.Event().wait()

    def _die(self) -> None:
        self.state = "dead"
        self._died.set()

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=f"{self._host.identity.name}-agent")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _live(self) -> None:
        await self._host.network.wait_until_connected()
        callback = self._parameters.get("ipa-inspection-callback-url")
        if callback:
            await self._inspect(callback)
        found = await self._lookup()
        if found is None:
            return
        self.node_uuid = found["node"]["uuid"]
        self._heartbeat_timeout = float(found["config"]["heartbeat_timeout"])
        allowed = found["config"].get("enable_bios_bootloader_install")
        self._commands.may_install_bootloader = bool(allowed)
        token = found["config"].get("agent_token")
        if token == "******":  # noqa: S105 - the API shows this when another agent has the token
            if not self._token:
                self._lock_down("the token was given to another agent")
                return
        elif isinstance(token, str) and len(token) >= _TOKEN_LENGTH:
            self._token = token
        self.state = "running"
        self._record("lookup-done", node=self.node_uuid)
        await self._heartbeat_for_ever()

    async def _inspect(self, url: str) -> None:
        """Send the inspection data, in a few attempts. After the last one the agent continues, as the real one does."""
        timing, data = self._around.timing, inventory.data(self._host, self._parameters)
        for _ in range(_INSPECTION_ATTEMPTS):
            status = await self._api.send_inventory(url, data)
            self._record("inspection-data-sent", status=status)
            self._host.say(f"Agent: inspection data sent, answer {status or 'none'}")
            if status and status < 500 and status != 409:
                return
            await asyncio.sleep(timing.heartbeat_retry)

    async def _lookup(self) -> dict[str, Any] | None:
        timing = self._around.timing
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timing.lookup_timeout
        pause = timing.lookup_retry_min
        while True:
            try:
                return await self._api.lookup([nic.mac for nic in self._host.identity.nics])
            except LookupRefused as exc:
                self._record("lookup-refused", error=str(exc))
                self._host.say(f"Agent: {exc}")
                if loop.time() + pause > deadline:
                    self.state = "failed"
                    self._host.say("Agent: no node found, giving up")
                    return None
                await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311
                pause = min(pause * (2 if exc.locked else 1.5), timing.lookup_retry_max)

    async def _heartbeat_for_ever(self) -> None:
        timing, identity = self._around.timing, self._host.identity
        tls = await self._api.knows_tls()
        url = await identity.agent_url(tls)
        certificate = self._around.agent_certificate if tls else None
        assert self.node_uuid is not None
        while not self._died.is_set():
            await self._host.network.wait_until_connected()
            self._forced.clear()
            times = 2 if self._host.faults.agent_calls_twice else 1
            call = (self.node_uuid, url, self._token, certificate)
            status, *_ = await asyncio.gather(*(self._api.heartbeat(*call) for _ in range(times)))
            self._record("heartbeat", status=status)
            await asyncio.sleep(timing.heartbeat_spacing)
            if status != 202:
                await asyncio.sleep(random.uniform(1, 2) * timing.heartbeat_retry)  # noqa: S311
                continue
            interval = self._heartbeat_timeout * random.uniform(*_JITTER)  # noqa: S311
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._forced.wait(), interval)
            while self._host.faults.agent_calls_once and not self._died.is_set():
                await asyncio.sleep(timing.heartbeat_spacing)

    def _lock_down(self, reason: str) -> None:
        self.state = "locked-down"
        self._died.set()
        self._record("locked-down", reason=reason)
        self._host.say(f"Agent: locked down, {reason}")

    def _record(self, action: str, **details: Any) -> None:
        self._around.journal.record(self._host.identity.name, "agent", action, **details)


def _check_arguments(command: commands.Command, params: dict[str, Any]) -> None:
    try:
        inspect.signature(command.run).bind(**params)
    except TypeError as exc:
        raise errors.CommandExecutionError(str(exc)) from exc

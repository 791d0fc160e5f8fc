# SPDX-License-Identifier: Apache-2.0
"""The commands of the virtual agent, and their results."""

import asyncio
import base64
import dataclasses
import gzip
import io
import tarfile
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from oslo_utils import secretutils

from ironic_lite_simulator import partitions
from ironic_lite_simulator.agent import errors, images, inventory, raid, steps
from ironic_lite_simulator.agent.host import Host
from ironic_lite_simulator.disk import Disk
from ironic_lite_simulator.surroundings import Surroundings

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
# The name is historic; the real agent gives it for every kind of step.
VERSION_MISMATCH = "CLEAN_VERSION_MISMATCH"


@dataclasses.dataclass(slots=True)
class Result:
    """A command and its result."""

    name: str
    id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    status: str = RUNNING
    error: errors.AgentError | None = None
    result: Any = None
    done: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    def finish(
        self, status: str, result: Any = None, error: errors.AgentError | None = None
    ) -> None:
        """Record how the command ended."""
        self.status, self.result, self.error = status, result, error
        self.done.set()

    def as_dict(self) -> dict[str, Any]:
        """Return the body that conductors read."""
        return {
            "id": self.id,
            "command_name": self.name,
            "command_status": self.status,
            "command_error": None if self.error is None else self.error.as_dict(),
            "command_result": self.result,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Command:
    """A command, which runs while the caller waits or in the background."""

    run: Callable[..., Awaitable[Any]]
    background: bool = False
    validate: Callable[[dict[str, Any]], None] | None = None


Checkpoint = Callable[..., Awaitable[None]]


class Commands:
    """The extensions of the agent. ``checkpoint`` is called at each point where a fault can make the agent die."""

    def __init__(self, host: Host, around: Surroundings, checkpoint: Checkpoint) -> None:
        self._host = host
        self._around = around
        self._checkpoint = checkpoint
        self._writer = images.ImageWriter(host.disk, around)
        self._written_image: str | None = None
        self._partition_uuids: dict[str, Any] = {}
        self.locked_down = False
        self.may_install_bootloader = False
        image = Command(
            self._prepare_image,
            background=True,
            validate=lambda params: images.validate_image_info(params.get("image_info")),
        )
        self._extensions: dict[str, dict[str, Command]] = {
            "standby": {
                "prepare_image": image,
                "run_image": Command(self._run_image, background=True),
                "power_off": Command(self._power_off, background=True),
                "sync": Command(self._nothing),
                "get_partition_uuids": Command(self._get_partition_uuids),
            },
            "image": {"install_bootloader": Command(self._install_bootloader, background=True)},
            "log": {"collect_system_logs": Command(self._collect_system_logs)},
            "poll": {"get_hardware_info": Command(self._get_hardware_info)},
            "rescue": {"finalize_rescue": Command(self._finalize_rescue)},
            "system": {"lockdown": Command(self._lockdown)},
        }
        for kind in ("clean", "deploy", "service"):
            self._extensions[kind] = self._step_commands(kind)

    def find(self, name: str) -> Command:
        """Return a command by its full name.

        :raises errors.AgentError: no such command; the message is the real agent's.
        """
        extension, dot, command = name.partition(".")
        if not dot:
            raise errors.InvalidCommandError("Command name must be of the form <extension>.<name>")
        if extension not in self._extensions:
            raise errors.RequestedObjectNotFoundError(f"Extension with id {extension} not found.")
        if command not in self._extensions[extension]:
            raise errors.InvalidCommandError(f"Unknown command: {command}")
        return self._extensions[extension][command]

    def _step_commands(self, kind: steps.Kind) -> dict[str, Command]:
        async def get_steps(**_node_and_ports: Any) -> dict[str, Any]:
            return {
                f"{kind}_steps": steps.listing(kind),
                "hardware_manager_version": steps.MANAGER_VERSIONS,
            }

        async def execute_step(step: dict[str, Any], **arguments: Any) -> dict[str, Any]:
            version = arguments.get(f"{kind}_version")
            if version is not None and version != steps.MANAGER_VERSIONS:
                raise errors.VersionMismatch(
                    f"Current versions: {steps.MANAGER_VERSIONS}, versions used by ironic: {version}"
                )
            if "step" not in step:
                raise errors.CommandExecutionError(f'Malformed {kind}_step, no "step" key: {step}')
            own = {f"{kind}_version", "node", "ports"}
            rest = {name: value for name, value in arguments.items() if name not in own}
            rest.update(step.get("args") or {})
            result = await self._step(step["step"], arguments.get("node") or {}, rest)
            return {f"{kind}_result": result, f"{kind}_step": step}

        return {
            f"get_{kind}_steps": Command(get_steps),
            f"execute_{kind}_step": Command(execute_step, background=True),
        }

    async def _step(self, name: str, node: dict[str, Any], arguments: dict[str, Any]) -> Any:
        if name not in steps.ALL_STEPS:
            raise errors.HardwareManagerMethodNotFound(f"Could not find method: {name}")
        if name == "write_image":
            images.validate_image_info(arguments.get("image_info"))
            return await self._prepare_image(**arguments)
        await asyncio.sleep(self._around.timing.step)
        await self._checkpoint("middle", name)
        result = None
        if name in raid.STEPS:
            result = raid.run(name, self._host.disk, node, arguments)
        elif name in steps.ERASE_ALL:
            self._host.disk.erase()
            self._written_image = None
        elif name in steps.ERASE_METADATA:
            self._host.disk.erase_metadata()
            self._written_image = None
        self._host.say(f"Agent: step {name} done")
        return result

    async def _prepare_image(
        self, image_info: dict[str, Any], configdrive: str | None = None
    ) -> str:
        configdrive = configdrive or image_info.get("configdrive")
        if self._written_image != image_info["id"]:
            self._written_image = None
            await self._writer.write(image_info, self._image_progress)
            self._written_image = image_info["id"]
        if configdrive:
            await self._writer.write_config_drive(configdrive)
        self._partition_uuids = _uuids(self._host.disk)
        self._host.say(f"Agent: image written, sha256:{self._host.disk.sha256()}")
        return (
            f"image ({image_info['id']}) written to device {images.DEVICE} "
            f"root_uuid={self._partition_uuids['root uuid']}"
        )

    async def _image_progress(self, _written: int) -> None:
        await self._checkpoint("middle", "prepare_image", "standby.prepare_image", "write_image")
        if self._host.faults.image_write_fails:
            raise images.write_fault()

    async def _install_bootloader(self, root_uuid: str | None, **_options: Any) -> None:
        disk = self._host.disk
        if not disk.has_partition_table():
            raise errors.CommandExecutionError(f"No EFI system partition on {images.DEVICE}")
        if disk.partitions:
            if not self.may_install_bootloader:
                raise errors.CommandExecutionError("Install of legacy BIOS bootloaders disabled")
            if root_uuid not in {p.uuid for p in disk.partitions}:
                raise errors.CommandExecutionError(f"No partition with UUID {root_uuid} found")
            disk.install_bootloader(str(root_uuid))
        self._host.say("Agent: boot loader set up")

    async def _run_image(self) -> None:
        self._later("reset")

    async def _power_off(self) -> None:
        self._later("off")

    def _later(self, action: str) -> None:
        # The caller gets the result before the machine goes down, as with a real shutdown.
        self._host.say(f"Agent: {action}")
        loop = asyncio.get_running_loop()
        loop.call_later(self._around.timing.step, self._host.control, action)

    async def _nothing(self) -> None:
        return None

    async def _get_partition_uuids(self) -> dict[str, Any]:
        return self._partition_uuids

    async def _lockdown(self) -> None:
        self.locked_down = True

    async def _collect_system_logs(self) -> dict[str, str]:
        """A gzipped tar in base64, as the real agent sends."""
        text = f"virtual agent on {self._host.identity.name}\n".encode()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            entry = tarfile.TarInfo("journal")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
        return {"system_logs": base64.b64encode(gzip.compress(buffer.getvalue())).decode()}

    async def _get_hardware_info(self) -> dict[str, Any]:
        return inventory.collect(self._host)

    async def _finalize_rescue(self, rescue_password: str = "", hashed: bool = False) -> None:
        """Set the password of the user ``rescue``, and close, as the real agent does."""
        if not hashed:
            rescue_password = secretutils.crypt_password(
                rescue_password, secretutils.crypt_mksalt("SHA-256")
            )
        self._host.rescue_password_hash = rescue_password
        self._host.say("Agent: rescue mode; log in as 'rescue'")
        self.locked_down = True


def _uuids(disk: Disk) -> dict[str, str]:
    """Return the UUIDs of the partitions on the disk, under the names that the real agent uses."""
    found = {p.label: p.uuid for p in disk.partitions}
    if not found:
        return {"root uuid": disk.identifier()}
    uuids = {"root uuid": found[partitions.ROOT]}
    if partitions.EFI in found:
        uuids["efi system partition uuid"] = found[partitions.EFI]
    return uuids

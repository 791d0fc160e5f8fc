# SPDX-License-Identifier: Apache-2.0
"""The demo from beginning to end.

With virtual machines it starts twice: first it builds what they boot, then it starts itself again in a network
namespace.
"""

import contextlib
import dataclasses
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from ironic_lite.common import safe_text
from ironic_lite_simulator.demo import boot_media, hints, own_network, virtual_machines
from ironic_lite_simulator.demo.client import ApiError, BaremetalApi
from ironic_lite_simulator.demo.enrolment import Enrolment
from ironic_lite_simulator.demo.servers import Servers, SimulatedServers
from ironic_lite_simulator.demo.service import Service, ServiceFailed, free_port
from ironic_lite_simulator.demo.view import view_for
from ironic_lite_simulator.network.cables import CablesFailed
from ironic_lite_simulator.virtual_machine import firmware
from ironic_lite_simulator.virtual_rack import VirtualRack

USUAL_PORT = 6385
USUAL_NUMBER, USUAL_TIMEOUT = 4, 120.0
_POLL_INTERVAL = 0.25


@dataclasses.dataclass(frozen=True, slots=True)
class DemoOptions:
    """``port`` None means port 6385, or a free port if 6385 is taken; ``timeout`` is in seconds.

    ``servers`` and ``timeout`` None mean what is usual for the kind of servers, which are virtual machines with ``vm``.
    ``doors`` are the descriptors of the listening sockets outside, for API and rack, once the demo runs in its
    network namespace.
    """

    servers: int | None = None
    port: int | None = None
    exit: bool = False
    timeout: float | None = None
    vm: bool = False
    doors: tuple[int, ...] = ()


class DemoFailed(Exception):
    """The demo did not reach its end; the message says why."""


_FAILURES = (
    DemoFailed,
    ServiceFailed,
    ApiError,
    boot_media.MediaFailed,
    own_network.NetworkFailed,
    CablesFailed,
    firmware.NotInstalled,
    OSError,
)


@dataclasses.dataclass(frozen=True, slots=True)
class _Stage:
    """What the demo runs on."""

    servers: Servers
    service: Service
    rack: VirtualRack
    timeout: float


def run(options: DemoOptions, console: Console) -> int:
    """Run the demo; returns 0 if every server became active."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    if options.vm and not options.doors:
        return _enter_namespace(options, console)
    directory = Path(tempfile.mkdtemp(prefix="ironic-lite-demo-"))
    succeeded, interrupted = False, False
    try:
        succeeded = _run_in(directory, options, console)
    except KeyboardInterrupt:
        interrupted = True
        console.print("Stopped.")
    except _FAILURES as exc:
        _tell_failure(exc, console)
    if succeeded or interrupted:
        shutil.rmtree(directory, ignore_errors=True)
    else:
        console.print(f"Logs: {directory}", soft_wrap=True)
    return 0 if succeeded else 1


def _enter_namespace(options: DemoOptions, console: Console) -> int:
    """Build what virtual machines boot, and start the demo again; returns only if that fails."""

    def say(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    given = {"--servers": options.servers, "--timeout": options.timeout}
    arguments = [text for name, value in given.items() if value for text in (name, str(value))]
    try:
        virtual_machines.check_programs()
        boot_media.ready(say)
        doors = [own_network.listen(_port(options)), own_network.listen(0)]
        exits = ["--exit"] if options.exit else []
        own_network.enter(["--vm", *exits, *arguments], doors)
    except KeyboardInterrupt:
        say("Stopped.")
    except _FAILURES as exc:
        _tell_failure(exc, console)
    return 1


def _run_in(directory: Path, options: DemoOptions, console: Console) -> bool:
    with contextlib.ExitStack() as doors:
        stage = _stage(directory, options, doors)
        deadline = time.monotonic() + stage.timeout
        service = stage.service
        try:
            service.start()
            with stage.rack as rack:
                console.print(f"Starting ironic_lite at {service.url} ...", highlight=False)
                try:
                    service.wait_until_ready(deadline)
                    stage.servers.prepare(rack, service.url)
                    enrolment = _enrol_all(stage, deadline, console)
                finally:
                    _write_rack_log(rack, directory / "rack.log")
                _tell_result(enrolment, console)
                if not options.exit:
                    for line in hints.lines(service, rack, stage.servers):
                        console.print(line, highlight=False, markup=False, soft_wrap=True)
                    _stay(service)
                return enrolment.all_active
        finally:
            # An impatient second Ctrl-C must not leave the service behind.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            service.stop()


def _stage(directory: Path, options: DemoOptions, open_doors: contextlib.ExitStack) -> _Stage:
    if options.vm:
        return _machines(directory, options, open_doors)
    return _simulated(directory, options)


def _simulated(directory: Path, options: DemoOptions) -> _Stage:
    service = Service(directory, _port(options))
    count = options.servers or USUAL_NUMBER
    rack = VirtualRack(count=count, boot_url=service.url)
    return _Stage(SimulatedServers(), service, rack, options.timeout or USUAL_TIMEOUT)


def _machines(directory: Path, options: DemoOptions, open_doors: contextlib.ExitStack) -> _Stage:
    own_network.prepare()
    api, rack_control = (own_network.Door(descriptor) for descriptor in options.doors)
    for door in (api, rack_control):
        door.open()
        open_doors.callback(door.close)
    media = boot_media.ready(lambda _line: None)
    virtual_machines.provide_ramdisk(media, directory)
    service = Service(
        directory,
        api.port,
        options=("--provision", own_network.BRIDGE),
        configuration=virtual_machines.CONFIGURATION,
    )
    machines = virtual_machines.descriptions(options.servers or virtual_machines.USUAL_NUMBER)
    state = directory / "rack"
    state.mkdir()
    rack = VirtualRack(
        servers=machines,
        http_port=rack_control.port,
        state_dir=state,
        network_namespace=own_network.NAMESPACE,
    )
    servers = virtual_machines.VirtualMachines(media.image)
    return _Stage(servers, service, rack, options.timeout or virtual_machines.TIMEOUT)


def _tell_failure(exc: BaseException, console: Console) -> None:
    console.print(
        f"The demo failed: {safe_text.lines(str(exc))}",
        style="bold red",
        markup=False,
        soft_wrap=True,
    )


def _enrol_all(stage: _Stage, deadline: float, console: Console) -> Enrolment:
    api = BaremetalApi(stage.service.url)
    enrolment = Enrolment(api, stage.rack, stage.servers)
    try:
        with view_for(console) as view:
            enrolment.enrol()
            while not enrolment.done:
                enrolment.advance()
                view.show(enrolment)
                stage.service.check()
                if time.monotonic() > deadline:
                    raise DemoFailed(_late(enrolment))
                time.sleep(_POLL_INTERVAL)
    finally:
        api.close()
    return enrolment


def _write_rack_log(rack: VirtualRack, path: Path) -> None:
    """Write the rack's journal and the consoles to a file, to analyse a failure."""
    lines = [
        f"{time.strftime('%H:%M:%S', time.localtime(e.time))} {e.server} {e.source} {e.action} {e.details}"
        for e in rack.journal()
    ]
    for index in range(len(rack.options.descriptions)):
        lines += ["", f"console of server-{index}", *map(safe_text.one_line, rack.console(index))]
    path.write_text("\n".join(lines) + "\n")


def _late(enrolment: Enrolment) -> str:
    states = ", ".join(f"{s.name} is {s.provision_state}" for s in enrolment.servers if not s.done)
    return f"the time limit is over before all servers are active: {states}."


def _tell_result(enrolment: Enrolment, console: Console) -> None:
    for server in enrolment.servers:
        for line in enrolment.proof(server):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        if server.error:
            console.print(
                f"{server.name} {server.provision_state}: {server.error}",
                style="bold red",
                markup=False,
                soft_wrap=True,
            )
    if enrolment.all_active:
        count = len(enrolment.servers)
        console.print(
            f"All {count} servers are active after {enrolment.elapsed:.1f} s.", style="bold green"
        )


def _stay(service: Service) -> None:
    try:
        while True:
            time.sleep(1)
            service.check()
    except KeyboardInterrupt:
        return


def _port(options: DemoOptions) -> int:
    port = free_port(USUAL_PORT if options.port is None else options.port)
    if port is None and options.port is None:
        port = free_port(0)
    if port is None:
        raise DemoFailed(
            f"port {options.port} of 127.0.0.1 is in use. Choose another port, or any free one with --port 0"
        )
    return port


def _interrupt(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt

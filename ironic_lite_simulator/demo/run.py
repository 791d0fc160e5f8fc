# SPDX-License-Identifier: Apache-2.0
"""The demo from beginning to end."""

import dataclasses
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from ironic_lite.common import safe_text
from ironic_lite_simulator.demo import hints
from ironic_lite_simulator.demo.client import ApiError, BaremetalApi
from ironic_lite_simulator.demo.enrolment import Enrolment
from ironic_lite_simulator.demo.service import Service, ServiceFailed, free_port
from ironic_lite_simulator.demo.view import view_for
from ironic_lite_simulator.virtual_rack import VirtualRack

USUAL_PORT = 6385
_POLL_INTERVAL = 0.25


@dataclasses.dataclass(frozen=True, slots=True)
class DemoOptions:
    """``port`` None means port 6385, or a free port if 6385 is taken; ``timeout`` is in seconds."""

    servers: int = 4
    port: int | None = None
    exit: bool = False
    timeout: float = 120.0


class DemoFailed(Exception):
    """The demo did not reach its end; the message says why."""


def run(options: DemoOptions, console: Console) -> int:
    """Run the demo; returns 0 if every server became active."""
    directory = Path(tempfile.mkdtemp(prefix="ironic-lite-demo-"))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    succeeded, interrupted = False, False
    try:
        succeeded = _run_in(directory, options, console)
    except KeyboardInterrupt:
        interrupted = True
        console.print("Stopped.")
    except (DemoFailed, ServiceFailed, ApiError, OSError) as exc:
        console.print(
            f"The demo failed: {safe_text.lines(str(exc))}",
            style="bold red",
            markup=False,
            soft_wrap=True,
        )
    if succeeded or interrupted:
        shutil.rmtree(directory, ignore_errors=True)
    else:
        console.print(f"Logs: {directory}", soft_wrap=True)
    return 0 if succeeded else 1


def _run_in(directory: Path, options: DemoOptions, console: Console) -> bool:
    deadline = time.monotonic() + options.timeout
    service = Service(directory, _port(options))
    try:
        service.start()
        with VirtualRack(count=options.servers, boot_url=service.url) as rack:
            console.print(f"Starting ironic_lite at {service.url} ...", highlight=False)
            try:
                service.wait_until_ready(deadline)
                enrolment = _enrol_all(service, rack, deadline, console)
            finally:
                _write_rack_log(rack, directory / "rack.log")
            _tell_result(enrolment, console)
            if not options.exit:
                for line in hints.lines(service, rack):
                    console.print(line, highlight=False, markup=False, soft_wrap=True)
                _stay(service)
            return enrolment.all_active
    finally:
        # An impatient second Ctrl-C must not leave the service behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        service.stop()


def _enrol_all(service: Service, rack: VirtualRack, deadline: float, console: Console) -> Enrolment:
    api = BaremetalApi(service.url)
    enrolment = Enrolment(api, rack)
    try:
        with view_for(console) as view:
            enrolment.enrol()
            while not enrolment.done:
                enrolment.advance()
                view.show(enrolment)
                service.check()
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
    for index in range(rack.options.count):
        lines += ["", f"console of server-{index}", *map(safe_text.one_line, rack.console(index))]
    path.write_text("\n".join(lines) + "\n")


def _late(enrolment: Enrolment) -> str:
    states = ", ".join(f"{s.name} is {s.provision_state}" for s in enrolment.servers if not s.done)
    return f"the time limit is over before all servers are active: {states}."


def _tell_result(enrolment: Enrolment, console: Console) -> None:
    for server in enrolment.servers:
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

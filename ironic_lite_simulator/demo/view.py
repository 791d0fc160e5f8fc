# SPDX-License-Identifier: Apache-2.0
"""The output of the demo: a live table on a terminal, else a line per change."""

import abc
import contextlib

from rich.console import Console
from rich.live import Live
from rich.table import Table

from ironic_lite_simulator.demo.enrolment import Enrolment, Progress
from ironic_lite_simulator.demo.servers import ACTIVE


class View(contextlib.AbstractContextManager["View"], abc.ABC):
    """Shows an enrolment each time ``show`` is called."""

    def __exit__(self, *_error: object) -> None:
        return None

    @abc.abstractmethod
    def show(self, enrolment: Enrolment) -> None:
        """Show where the servers are now."""


def view_for(console: Console) -> View:
    return LiveTable(console) if console.is_terminal else ChangeLines(console)


class LiveTable(View):
    """A table that is drawn again in place."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> View:
        self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave the last table on the screen."""
        self._live.stop()

    def show(self, enrolment: Enrolment) -> None:
        table = Table(title=f"ironic_lite demo, {enrolment.elapsed:.0f} s", title_justify="left")
        for heading in ("node", "provision state", "power", "step"):
            table.add_column(heading)
        table.add_column("elapsed", justify="right")
        table.add_column("the server itself", style="dim")
        for progress in enrolment.servers:
            seconds = enrolment.elapsed if progress.finished_at is None else progress.finished_at
            table.add_row(
                progress.name,
                f"[{_colour(progress)}]{progress.provision_state}[/]",
                progress.node.get("power_state") or "-",
                progress.step,
                f"{seconds:.1f} s",
                _server(progress),
            )
        self._live.update(table, refresh=True)


class ChangeLines(View):
    """Prints a plain line whenever the status of a server changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: dict[str, str] = {}

    def show(self, enrolment: Enrolment) -> None:
        for progress in enrolment.servers:
            power = progress.node.get("power_state") or "-"
            line = (
                f"{progress.name:<9} {progress.provision_state:<14} {power:<10} "
                f"{progress.step:<24} server: {_server(progress)}"
            )
            if self._last.get(progress.name) != line:
                self._last[progress.name] = line
                self._console.out(f"{enrolment.elapsed:6.1f} s  {line}", highlight=False)


def _server(progress: Progress) -> str:
    server = progress.server
    return f"{server['power']}, {server['phase']}" if server else "-"


def _colour(progress: Progress) -> str:
    if progress.error:
        return "bold red"
    return "bold green" if progress.provision_state == ACTIVE else "yellow"

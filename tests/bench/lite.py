# SPDX-License-Identifier: Apache-2.0
"""ironic_lite for the benchmark: all in one process, with SQLite."""

from __future__ import annotations

import pathlib
import subprocess
import sys

from tests.bench.server import HOST, Launch, ServerError

_CONF = """\
[DEFAULT]
host = bench
state_path = {home}
auth_strategy = noauth
enabled_hardware_types = fake-hardware
{interfaces}
[database]
connection = sqlite:///{home}/ironic-lite.sqlite

[api]
host_ip = {host}
port = {port}

[outbound]
allowed_networks = 127.0.0.0/8

[conductor]
sync_power_state_interval = {sync_power_state_interval}
"""

PROGRAM = pathlib.Path(sys.executable).parent / "ironic-lite"


def program_of(checkout: pathlib.Path) -> pathlib.Path:
    """Return the command `ironic-lite` of another checkout, which has its virtual environment in `.venv`.

    :raises ServerError: if it has none
    """
    program = (checkout / ".venv/bin/ironic-lite").absolute()
    if not program.exists():
        raise ServerError(
            f"{program} does not exist; `make demo ARGS=--exit` in {checkout} makes it"
        )
    return program


def prepare(
    home: pathlib.Path,
    port: int,
    interfaces: dict[str, str],
    sync_power_state_interval: int,
    program: pathlib.Path = PROGRAM,
) -> Launch:
    """Write the configuration, create the schema and return how to start ironic_lite.

    :param interfaces: the enabled interfaces by type, the same as upstream's
    :param program: the command `ironic-lite` to measure
    :raises ServerError: if the schema cannot be created
    """
    conf = home / "ironic-lite.conf"
    conf.write_text(
        _CONF.format(
            host=HOST,
            home=home,
            port=port,
            interfaces="".join(
                f"enabled_{kind}_interfaces = {names}\n" for kind, names in interfaces.items()
            ),
            sync_power_state_interval=sync_power_state_interval,
        )
    )
    argv = [str(program), "db", "upgrade", "--config-file", str(conf)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerError(f"ironic-lite db upgrade failed:\n{done.stderr}")
    argv = [str(program), "up", "--config-file", str(conf)]
    return Launch(
        "ironic_lite", argv, home, port, home / "ironic-lite.sqlite", has_api_workers=True
    )


def prepare_workers(service: Launch, port: int, workers: int) -> Launch:
    """Return how to start an API of several processes beside a running service, on its database.

    The benchmark only reads from it, so its RPC transport needs no conductor.
    """
    conf = service.home / f"api-{workers}.conf"
    text = (service.home / "ironic-lite.conf").read_text()
    text = text.replace("[DEFAULT]\n", f"[DEFAULT]\ntransport_url = rabbit://{HOST}:1\n")
    text = text.replace(f"port = {service.port}\n", f"port = {port}\nworkers = {workers}\n")
    conf.write_text(text)
    argv = [service.argv[0], "api", "--config-file", str(conf)]
    name = f"{service.name}, {workers} API workers"
    return Launch(name, argv, service.home, port, service.database)

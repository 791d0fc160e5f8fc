# SPDX-License-Identifier: Apache-2.0
"""The whole way: ironic_lite in one process, BMCs of ipmi_sim, and servers that run the real ironic-python-agent."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.functional.agent import images, machine
from tests.functional.deployment import Deployment
from tests.functional.servers import ipmi_sim

_numbers = itertools.count(1)

OPTIONS = {
    # Short enough for a test, long enough for an agent that starts on a busy machine.
    "conductor": {
        "deploy_callback_timeout": 60,
        "clean_callback_timeout": 60,
        "check_wait_states_interval": 1,
        "heartbeat_interval": 5,
        "heartbeat_timeout": 60,
    },
    # The agent powers the server off by itself, however busy this machine is.
    "agent": {
        "enable_bios_bootloader_install": True,
        "post_deploy_get_power_state_retries": 60,
        "post_deploy_get_power_state_retry_interval": 0.5,
    },
    "inspector": {"hooks": "$default_hooks,cpus,memory,boot-mode,root-device"},
    "pxe": {"kernel_append_params": "console=ttyS0"},
}


@dataclasses.dataclass
class Enrolled:
    """A server and its node."""

    node: str
    machine: machine.Machine
    bmc: ipmi_sim.BMC


@pytest.fixture
def images_served() -> Iterator[images.ImageServer]:
    """A web server for images."""
    with images.image_server() as server:
        yield server


@pytest.fixture
def service(
    request: pytest.FixtureRequest,
    make_deployment: Callable[..., Deployment],
    sqlite_url: str,
) -> Deployment:
    """ironic_lite, all in one process. A parameter is more options of its conductor."""
    more = getattr(request, "param", {})
    made = make_deployment(
        database=sqlite_url, options={**OPTIONS, "conductor": {**OPTIONS["conductor"], **more}}
    )
    made.start_all_in_one()
    return made


@pytest.fixture
def enrol(
    service: Deployment, start_bmc: Callable[..., ipmi_sim.BMC]
) -> Iterator[Callable[..., Enrolled]]:
    """``enrol(automated_clean=False)``: a server, and its node in ``enroll``."""
    with ExitStack() as running:
        ramdisks = running.enter_context(images.image_server())
        # The API checks that these files exist; these servers do not download them.
        ramdisks.files.update({"/kernel": b"", "/ramdisk": b""})

        def make(**fields: Any) -> Enrolled:
            number = next(_numbers)
            mac = f"52:54:00:00:00:{number:02x}"
            bmc = start_bmc(name=f"bmc-{number}")
            server = running.enter_context(machine.running(bmc, mac, service.api_url))
            node = service.create_node(
                driver="ipmi",
                driver_info={
                    **bmc.driver_info,
                    "deploy_kernel": f"{ramdisks.url}/kernel",
                    "deploy_ramdisk": f"{ramdisks.url}/ramdisk",
                },
                **{"properties": {"capabilities": "boot_mode:bios"}, **fields},
            )
            service.call("POST", "/v1/ports", {"node_uuid": node, "address": mac})
            return Enrolled(node, server, bmc)

        yield make

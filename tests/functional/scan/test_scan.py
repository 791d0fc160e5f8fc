# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite enrol --scan``: what it finds in a network, what it shows of it, and what it creates."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ironic_lite.scan import scanner, targets
from tests.functional.deployment import Deployment
from tests.functional.scan.command import enrol
from tests.functional.scan.conftest import Network
from tests.functional.servers import ipmi_sim

ROOT = {
    "RedfishVersion": "1.15.0",
    "Vendor": "Maker",
    "Product": "Box \x1b[31m9000",
    "UUID": "4c4c4544-0039-4d10-8052-b4c04f4b4e32",
}
UNREACHABLE_API = "http://127.0.0.1:9"


def _scan(network: Network, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    ports = ("--port", str(network.port), "--redfish-port", str(network.redfish_port))
    return enrol(*arguments, *ports, **more)


def test_a_network_with_all_kinds_of_bmcs(network: Network) -> None:
    network.add_ipmi("127.0.21.1")
    network.add_ipmi("127.0.21.2", answers_ping=False)
    network.add_ipmi("127.0.21.3", deaf=2)
    network.add_redfish("127.0.21.2", ROOT)
    network.add_redfish("127.0.21.4", {"error": {"code": "x"}}, status=401)
    network.add_redfish("127.0.21.5", "<html>not a BMC</html>")
    network.add_redfish("127.0.21.6", {"something": "else"})
    network.add_redfish("127.0.21.7", "[" * 100_000)
    network.add_silent("127.0.21.8")
    done = _scan(network, "--scan", "127.0.21.0/28", "--json", "--api", UNREACHABLE_API)
    assert done.returncode == 0, done.stderr
    assert "Which BMCs are enrolled is unknown" in done.stderr
    told = json.loads(done.stdout)
    assert told["asked"] == 14
    found = {bmc["address"]: bmc for bmc in told["bmcs"]}
    assert list(found) == [f"127.0.21.{number}" for number in (1, 2, 3, 4)]
    assert found["127.0.21.1"] == {
        "address": "127.0.21.1",
        "ipmi": {
            "versions": ["1.5", "2.0"],
            "auth_types": ["md2", "md5", "password"],
            "anonymous": True,
            "cipher_suites": [3, 17],
            "answers_ping": True,
        },
        "redfish": None,
        "enrolled": None,
    }
    assert found["127.0.21.2"]["ipmi"]["answers_ping"] is False
    assert found["127.0.21.3"]["ipmi"]["cipher_suites"] == [3, 17]
    assert found["127.0.21.2"]["redfish"] == {
        "version": "1.15.0",
        "vendor": "Maker",
        "product": "Box [31m9000",
        "uuid": ROOT["UUID"],
        "closed": False,
    }
    assert found["127.0.21.4"]["redfish"]["closed"] is True
    assert found["127.0.21.4"]["ipmi"] is None

    table = _scan(network, "--scan", "127.0.21.1-4", "--api", UNREACHABLE_API)
    lines = table.stdout.splitlines()
    assert lines[0].split() == ["ADDRESS", "IPMI", "REDFISH", "ENROLLED", "AS"]
    assert "1.5 and 2.0, suites 3,17, anonymous login" in lines[1]
    assert f"Maker Box [31m9000 1.15.0 {ROOT['UUID']}" in lines[2]
    assert "yes, after a login" in lines[4]
    assert "4 addresses asked" in table.stderr


def test_a_bmc_of_ipmi_sim(start_bmc: Callable[..., ipmi_sim.BMC], network: Network) -> None:
    bmc = start_bmc()
    options = scanner.Options(bmc.port, network.redfish_port)
    (found,) = scanner.run(targets.of(["127.0.0.1"]), options).bmcs
    assert found.as_dict()["ipmi"]["versions"] == ["1.5", "2.0"]


def test_ipv6(network: Network) -> None:
    network.add_ipmi("::1")
    network.add_redfish("::1", ROOT)
    done = _scan(network, "--scan", "::1", "127.0.21.9", "--json", "--api", UNREACHABLE_API)
    (found,) = json.loads(done.stdout)["bmcs"]
    assert (found["address"], found["redfish"]["vendor"]) == ("::1", "Maker")


def test_nodes_for_what_was_found(network: Network, all_in_one: Deployment, tmp_path: Path) -> None:
    for number in (1, 2):
        network.add_ipmi(f"127.0.22.{number}")
    network.add_redfish("127.0.22.3", ROOT)
    known = {"ipmi_address": "127.0.22.2"}
    all_in_one.create_node(driver="ipmi", name="rack1-u2", driver_info=known)
    password = tmp_path / "password"
    password.write_text("s3cret value\nsecond line\n")
    arguments = ("--scan", "127.0.22.0/29", "--json", "--create", "--username", "operator")
    arguments += ("--password-file", str(password), "--driver-info", "ipmi_priv_level=OPERATOR")
    done = _scan(network, *arguments, "--api", all_in_one.api_url)
    assert done.returncode == 0, done.stderr
    found = {bmc["address"]: bmc["enrolled"] for bmc in json.loads(done.stdout)["bmcs"]}
    assert found["127.0.22.2"] == "rack1-u2"
    assert found["127.0.22.3"] is None
    node = all_in_one.node(found["127.0.22.1"])
    assert (node["provision_state"], node["driver"]) == ("enroll", "ipmi")
    assert node["driver_info"] == {
        "ipmi_address": "127.0.22.1",
        "ipmi_port": network.port,
        "ipmi_username": "operator",
        "ipmi_password": "******",
        "ipmi_priv_level": "OPERATOR",
    }
    assert "s3cret" not in done.stdout + done.stderr
    # Once more: nothing is created twice.
    before = len(all_in_one.call("GET", "/v1/nodes")["nodes"])
    again = _scan(network, *arguments, "--api", all_in_one.api_url)
    assert again.returncode == 0
    assert len(all_in_one.call("GET", "/v1/nodes")["nodes"]) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scan", "10.0.0.0/8"], "more than 65536 addresses"),
        (["--scan"], "there is no address to ask"),
        (["--scan", "127.0.0.1", "--driver-info", "ipmi_password=x1y2z3"], "list of processes"),
        (["--scan", "127.0.0.1", "--driver-info", "nonsense"], "must be NAME=VALUE"),
        (["--scan", "127.0.0.1", "--password-file", "/nowhere/at/all"], "--password-file /nowhere"),
        (["--scan", "127.0.0.1", "--create", "--api", UNREACHABLE_API], "cannot be reached"),
        (["--accept", "x", "--api", UNREACHABLE_API], "--accept needs --username"),
    ],
)
def test_what_is_refused(arguments: list[str], message: str) -> None:
    done = enrol(*arguments)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert "x1y2z3" not in done.stderr

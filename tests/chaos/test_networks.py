# SPDX-License-Identifier: Apache-2.0
"""Neutron is away, slow and refuses, and the service is killed, while servers are deployed, undeployed and cleaned: in
the end exactly the ports exist that should."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.functional.network.plugged import Plugged, link, options, service_networks
from tests.functional.network.refusing import CHANGES, Refusing
from tests.functional.rack import cloud as racks
from tests.functional.rack.cloud import Cloud, Server
from tests.functional.servers import neutron as neutron_server
from tests.functional.servers import openstack_environment
from tests.waiting import wait_for

SERVERS = 3

GIVEN_UP = 5
"""Seconds after which the service gives a request up; a paused Neutron carries it out later."""

FAILED = ("deploy failed", "error", "clean failed", "inspect failed")


class Tenant:
    """Deploys and undeploys one server again and again, whatever happens, until the test names its last state.

    :ivar deployments: how often the server has become active.
    :ivar failures: how often an operation has failed, or a request was answered with a server error.
    """

    def __init__(self, site: Plugged, cloud: Cloud, server: Server, vif: str) -> None:
        self.server = server
        self.vif = vif
        self.deployments = 0
        self.failures = 0
        self.goal: str | None = None
        self._site = site
        self._cloud = cloud
        self._seen = ""
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self, goal: str) -> None:
        """Stop once the node is in this state, with its VIF attached if it is active."""
        self.goal = goal

    def has_finished(self) -> bool:
        """Whether it has stopped."""
        return not self._thread.is_alive()

    def _work(self) -> None:
        while True:
            try:
                if self._step():
                    return
            except requests.RequestException:
                pass  # The service was killed.
            time.sleep(0.1)

    def _step(self) -> bool:
        node = self._show()
        if node is None or node["reservation"]:
            return False
        state = node["provision_state"]
        if state != self._seen:
            self._seen = state
            self.deployments += state == "active"
            self.failures += state in FAILED
        if node["maintenance"]:
            self._ask("DELETE", "/maintenance")
        if state == self.goal:
            return state == "active" or self._has_no_vif()
        if state == "available":
            self._deploy()
        elif state == "manageable":
            self._provision("provide")
        elif state in ("clean failed", "inspect failed"):
            self._provision("manage")
        elif state in ("active", "deploy failed", "error"):
            self._provision("deleted")
        return False

    def _show(self) -> dict[str, Any] | None:
        answer = self._ask("GET", "")
        return answer.json() if answer.ok else None

    def _has_no_vif(self) -> bool:
        """Detach the VIF; 400: it is not attached, and no attachment of it is left to be undone."""
        return self._ask("DELETE", f"/vifs/{self.vif}").status_code in (204, 400)

    def _deploy(self) -> None:
        attached = self._ask("POST", "/vifs", {"id": self.vif})
        if attached.status_code in (204, 409):
            info = [{"op": "add", "path": "/instance_info", "value": self._cloud.disk_image()}]
            self._ask("PATCH", "", info)
            self._provision("active")

    def _provision(self, target: str) -> None:
        self._ask("PUT", "/states/provision", {"target": target})

    def _ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        answer = self._cloud.service.request(method, f"/v1/nodes/{self.server.node}{path}", body)
        self.failures += answer.status_code >= 500
        return answer


@pytest.fixture
def neutron(tmp_path_factory: pytest.TempPathFactory) -> Iterator[neutron_server.Neutron]:
    """A Neutron that the test can stop."""
    environment = openstack_environment.ready()
    with neutron_server.running(environment, tmp_path_factory.mktemp("neutron")) as made:
        yield made


@dataclass
class Scene:
    """Tenants at work, and what is between their service and Neutron."""

    site: Plugged
    cloud: Cloud
    proxy: Refusing
    tenants: list[Tenant]

    @property
    def process(self) -> Any:
        """Neutron's process."""
        return self.site.neutron.service.process

    def wait(self, check: Callable[[], object], what: str, timeout: float = 60) -> None:
        """Wait; what is last seen are the states of the servers."""
        wait_for(check, what, timeout=timeout, describe=self._states)

    def _states(self) -> list[tuple[str, str]]:
        nodes = [self.cloud.show(each.server) for each in self.tenants]
        return [(node["provision_state"], node["last_error"]) for node in nodes]

    def until_one_fails(self, what: str) -> None:
        """Wait until an operation has failed."""
        before = self._failures()
        self.wait(lambda: self._failures() > before, f"an operation to fail: {what}")

    def _failures(self) -> int:
        return sum(each.failures for each in self.tenants)

    def until_one_is_changing_ports(self) -> None:
        """Wait until the service has sent a request that changes something."""
        before = self.proxy.arrived
        self.wait(lambda: self.proxy.arrived > before, "a request that changes something")

    def until_neutron_works(self) -> None:
        """Wait until Neutron has changed something for the service."""
        before = self.proxy.changed
        self.wait(lambda: self.proxy.changed > before, "a request that Neutron carries out")

    # -- faults --------------------------------------------------------------------------------------------------

    def refused(self, status: int) -> None:
        """Neutron refuses all changes."""
        self.proxy.refuse.update(dict.fromkeys(CHANGES, status))
        self.until_one_fails(f"Neutron answers {status}")
        self.proxy.refuse.clear()

    def answers_lost(self) -> None:
        """Neutron carries changes out, and its answers are lost."""
        self.proxy.lose.update(CHANGES)
        self.until_one_fails("answers are lost")
        self.proxy.lose.clear()

    def slow(self) -> None:
        """Neutron is paused while ports are changed, and carries out later what the service has given up."""
        self.until_one_is_changing_ports()
        self.process.pause()
        self.until_one_fails("Neutron is slow")
        self.process.resume()

    def away(self) -> None:
        """Neutron is killed, and started again."""
        self.process.kill()
        self.until_one_fails("Neutron is away")
        self.process.start()
        self.site.neutron.service.wait_until_it_answers()

    def killed(self) -> None:
        """The service is killed while it changes ports."""
        self.until_one_is_changing_ports()
        self._restart()

    def killed_while_slow(self) -> None:
        """The service is killed while it waits for Neutron, which carries the requests out later."""
        self.until_one_is_changing_ports()
        self.process.pause()
        self._restart()
        self.process.resume()

    def _restart(self) -> None:
        self.site.service.api.kill()
        self.site.service.start_all_in_one()

    def delivered_late(self) -> Callable[[], list[int]]:
        """A request for a port of each server is given up; return what carries them out."""
        names = {f"cleaning {self._port(each)}" for each in self.tenants}
        self.proxy.hold.add("POST")
        self.wait(
            lambda: names <= {each.port_name for each in list(self.proxy.held)},
            "a request for a port of each server",
            timeout=120,
        )
        self.proxy.hold.clear()
        return self.proxy.deliver

    def _port(self, tenant: Tenant) -> str:
        (port,) = self.site.service.call("GET", f"/v1/ports?node={tenant.server.node}")["ports"]
        return str(port["uuid"])

    def rest(self) -> None:
        """Wait until each server is where its tenant leaves it: active, or available."""
        for number, each in enumerate(self.tenants):
            each.finish("active" if number % 2 else "available")
        self.wait(
            lambda: all(each.has_finished() for each in self.tenants),
            "all servers to be where they should be",
            timeout=240,
        )

    def check_ports(self) -> None:
        """Wait until exactly the ports exist that should, and are noted as they are."""
        for each in self.tenants:
            wait_for(
                lambda each=each: not _wrong(self.site, each),
                f"the ports of node {each.server.node} to be right",
                describe=lambda each=each: _wrong(self.site, each),
            )


@pytest.fixture
def scene(tmp_path: Path, neutron: neutron_server.Neutron) -> Iterator[Scene]:
    """Tenants at work: each has deployed its server once."""
    networks = service_networks(neutron)
    tenant = neutron.create_network(cidr="10.97.0.0/16")
    with Refusing(neutron) as proxy:
        more = {
            "neutron": {
                "endpoint_override": proxy.url,
                "request_timeout": GIVEN_UP,
                "retries": 0,
                "port_binding_timeout": 4 * GIVEN_UP,
            },
            "conductor": {"stray_ports_interval": 2, "clean_callback_timeout": 60},
        }
        with racks.running(tmp_path, **options(neutron, networks, more)) as cloud:
            site = Plugged(cloud.service, neutron, networks, tenant)
            made = Scene(site, cloud, proxy, [_tenant(site, cloud) for _ in range(SERVERS)])
            for each in made.tenants:
                each.start()
            made.wait(
                lambda: all(each.deployments for each in made.tenants),
                "a deployment of each",
                timeout=120,
            )
            yield made


@pytest.mark.timeout(1800)
def test_exactly_the_ports_that_should_exist(scene: Scene, request: pytest.FixtureRequest) -> None:
    full = request.config.getoption("--chaos-full")
    faults: list[Callable[[], None]] = [
        *(lambda s=s: scene.refused(s) for s in ((503, 403, 409, 500) if full else (503,))),
        scene.answers_lost,
        scene.slow,
        scene.killed,
        scene.killed_while_slow,
        scene.away,
    ]
    for fault in faults * (4 if full else 1):
        fault()
        scene.until_neutron_works()
    deliver = scene.delivered_late()
    scene.rest()
    scene.check_ports()
    assert deliver().count(requests.codes.created) >= SERVERS
    scene.check_ports()


def _tenant(site: Plugged, cloud: Cloud) -> Tenant:
    server = cloud.enrol(network_interface="neutron", automated_clean=True)
    listed = cloud.service.call("GET", f"/v1/ports/detail?node={server.node}")["ports"]
    cable = [{"op": "add", "path": "/local_link_connection", "value": link(f"Eth3/{server.index}")}]
    cloud.service.call("PATCH", f"/v1/ports/{listed[0]['uuid']}", cable)
    cloud.manage(server)
    return Tenant(site, cloud, server, site.vif()["id"])


def _wrong(site: Plugged, tenant: Tenant) -> list[str]:
    """Return what is wrong about the ports of a server, in Neutron and on record."""
    service, server = site.service, tenant.server
    (port,) = service.call("GET", f"/v1/ports/detail?node={server.node}")["ports"]
    seen = site.neutron.port(tenant.vif)
    others = [each for each in site.ports_of(server.node) if each["id"] != tenant.vif]
    wrong = [f"{each['name']}: {each['id']}" for each in others]
    if tenant.goal == "active":
        expected: tuple[Any, ...] = (server.node, port["address"], "ACTIVE")
        noted = {"tenant_vif_port_id": tenant.vif}
    else:
        expected, noted = ("", seen["mac_address"], seen["status"]), {}
        if seen["mac_address"] == port["address"]:
            wrong.append(f"VIF {tenant.vif} still has the MAC address of the server")
    found = (seen["binding:host_id"], seen["mac_address"], seen["status"])
    if found != expected:
        wrong.append(f"VIF {tenant.vif}: {found}, not {expected}")
    if port["internal_info"] != noted:
        wrong.append(f"on record: {port['internal_info']}")
    return wrong

# SPDX-License-Identifier: Apache-2.0
"""Faults of the cluster and of the servers, one function each. Each function repairs its fault before it returns."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from ironic_lite.common.operations import provision_states
from tests.chaos.cluster import HEARTBEAT_TIMEOUT
from tests.chaos.scene import Scene, point_of

Fault = Callable[[Scene], None]


def conductor_paused(scene: Scene) -> None:
    """SIGSTOP a conductor past the heartbeat timeout, until others have taken over its nodes; then SIGCONT."""
    host = scene.busiest()
    held = scene.held_by(host)
    scene.cluster.pause_conductor(host)
    scene.injected("conductor paused past its timeout, then woken", held)
    try:
        scene.wait(lambda: not scene.held_by(host), f"the locks of {host} to be released")
        time.sleep(HEARTBEAT_TIMEOUT / 2)
    finally:
        scene.cluster.resume_conductor(host)
    scene.all_alive()


def broker_gone(scene: Scene) -> None:
    """Stop the broker for longer than any timeout of the cluster."""
    scene.injected("broker gone")
    with scene.load.clock.outage():
        scene.broker.stop()
        time.sleep(scene.scale.outage)
        scene.broker.start()
    scene.works()


def broker_frozen(scene: Scene) -> None:
    """Freeze the broker: it accepts connections, and does not answer."""
    scene.injected("broker frozen")
    with scene.load.clock.outage():
        scene.broker.process.pause()
        time.sleep(scene.scale.outage)
        scene.broker.process.resume()
    scene.works()


def database_gone(scene: Scene) -> None:
    """Stop the database for longer than any timeout of the cluster."""
    scene.injected("database gone")
    with scene.load.clock.outage():
        scene.database.stop()
        time.sleep(scene.scale.outage)
        scene.database.start()
        scene.all_alive()
    scene.works()


def database_slow(scene: Scene) -> None:
    """Delay every answer of the database."""
    scene.injected("database slow (0.2 s per answer)")
    scene.cluster.road.delay = 0.2
    try:
        time.sleep(scene.scale.outage)
    finally:
        scene.cluster.road.delay = 0.0
    scene.works()


def two_of_one_name(scene: Scene) -> None:
    """Start a second conductor with the name of another: it must exit, and the first one must continue."""
    host = scene.busiest()
    scene.injected("a second conductor of the same name")
    rival = scene.cluster.launch(host)
    status = rival.wait(scene.scale.patience)
    assert status != 0, "the second process should have failed"
    assert host in rival.log_tail(), "it says which name is taken"
    assert scene.cluster.conductors[host].alive


def api_killed(scene: Scene) -> None:
    """SIGKILL an API in the middle of requests."""
    for name in list(scene.cluster.apis):
        # The load always has several requests under way.
        scene.injected("SIGKILL: API in the middle of requests")
        scene.cluster.apis[name].kill()
        scene.cluster.start_api_process(name)
        scene.cluster.wait_for_apis()


def ring_grows_and_shrinks(scene: Scene) -> None:
    """Start a fourth conductor, let it work, and stop it."""
    scene.injected("a conductor joins the ring")
    scene.cluster.start_conductors("c4")
    scene.wait(lambda: scene.held_by("c4"), "the new conductor to be at work")
    scene.injected("a conductor leaves the ring (SIGTERM)", scene.held_by("c4"))
    scene.cluster.stop_conductor("c4", grace=scene.scale.patience)
    scene.cluster.forget_conductor("c4")
    scene.all_alive()


def rolling_restart(scene: Scene) -> None:
    """SIGTERM and restart the conductors one after the other."""
    for host in list(scene.cluster.running()):
        scene.injected("rolling restart (SIGTERM)", scene.held_by(host))
        scene.cluster.stop_conductor(host, grace=scene.scale.patience)
        scene.cluster.start_conductors(host)


@contextlib.contextmanager
def _broken(
    scene: Scene, fault: str, kind: str | None, count: int, **faults: Any
) -> Iterator[set[str]]:
    """Give some servers a fault meanwhile; yields their nodes."""
    nodes = sorted(scene.load.index_of)[:: max(1, len(scene.load.index_of) // count)][:count]
    with contextlib.ExitStack() as stack:
        for node in nodes:
            index = stack.enter_context(scene.load.unhealthy(node, kind))
            scene.rack.set_faults(index, **faults)
        scene.injected(fault, set(nodes))
        yield set(nodes)


def _met(scene: Scene, nodes: set[str], since: float) -> bool:
    """Whether an operation on one of these nodes has ended since then."""
    return any(
        o.node in nodes and o.ended is not None and o.ended > since
        for o in list(scene.ledger.all)[-300:]
    )


def bmc_silent(scene: Scene) -> None:
    """Silence some BMCs for longer than the timeout of a command."""
    since = time.time()
    with _broken(scene, "BMCs silent", "bmc", 4, bmc_silent=True) as nodes:
        scene.wait(lambda: _met(scene, nodes, since), "an operation to meet a silent BMC")


def bmc_flapping(scene: Scene) -> None:
    """Let some BMCs lose every third datagram."""
    since = time.time()
    with _broken(scene, "BMCs flapping", "bmc", 6, bmc_answers="2/3") as nodes:
        scene.wait(lambda: _met(scene, nodes, since), "an operation to meet a flapping BMC")


def bmc_wrong_password(scene: Scene) -> None:
    """Change the passwords of some BMCs."""
    since = time.time()
    with _broken(scene, "BMCs with another password", "bmc", 4, bmc_wrong_password=True) as nodes:
        scene.wait(lambda: _met(scene, nodes, since), "an operation to meet a changed password")


def agent_late(scene: Scene) -> None:
    """Slow some agents down; no operation may fail because of it."""
    since = time.time()
    with _broken(scene, "agents late", None, 6, agent_command_delay=2.0) as nodes:
        scene.wait(lambda: _met(scene, nodes, since), "an operation to meet a late agent")


def agent_duplicated(scene: Scene) -> None:
    """Let some agents send each request twice at the same time."""
    since = time.time()
    with _broken(scene, "agents duplicated", None, 6, agent_calls_twice=True) as nodes:
        scene.wait(lambda: _met(scene, nodes, since), "an operation to meet a duplicated agent")


def agent_of_an_old_boot(scene: Scene) -> None:
    """Let some agents send heartbeats after their servers are off; conductors must ignore them."""
    since = time.time()
    with _broken(scene, "agents of an old boot", None, 6, stale_agent=True) as nodes:
        scene.wait(lambda: _met(scene, nodes, since), "an operation to meet a stale agent")


def agent_dead(scene: Scene) -> None:
    """Let some agents die in the middle of a step."""
    since = time.time()
    with _broken(
        scene, "agents dead in a step", "agent", 3, agent_dies_on="erase_devices_metadata"
    ) as nodes:
        scene.wait(lambda: _met(scene, nodes, since), "an operation to meet a dead agent")


def conductor_killed_at_a_first_call(scene: Scene) -> None:
    """SIGKILL a conductor that handles the first heartbeat of an agent, which sends no other.

    The conductors that take over poll the agents of waiting nodes. Otherwise these nodes would wait until their
    timeout.
    """
    with _broken(
        scene, "agents that call once", None, 10, agent_calls_once=True, agent_command_delay=1.0
    ) as nodes:
        victim = scene.wait(
            lambda: next(iter(_first_calls(scene, nodes).values()), None),
            "a conductor to handle the first call of an agent",
        )
        handled = {uuid for uuid, host in _first_calls(scene, nodes).items() if host == victim}
        scene.cluster.kill_conductor(victim)
        scene.injected("SIGKILL: first call of an agent", handled)
        left = {row["uuid"]: point_of(row) for row in scene.records() if row["uuid"] in handled}

        def others_go_on() -> bool:
            now = {row["uuid"]: point_of(row) for row in scene.records()}
            return all(now[uuid] != point for uuid, point in left.items())

        scene.wait(others_go_on, f"others to go on with {left}")
    scene.cluster.start_conductors(victim)
    scene.all_alive()


def _first_calls(scene: Scene, nodes: set[str]) -> dict[str, str]:
    """Return the nodes whose agents sent their first heartbeat without a command before it, and their conductors."""
    held = {
        row["uuid"]: str(row["reservation"])
        for row in scene.records()
        if row["uuid"] in nodes
        and provision_states.is_waiting(row["provision_state"])
        and row["reservation"] in scene.cluster.running()
    }
    return {uuid: host for uuid, host in held.items() if _asked_once(scene, uuid)}


def _asked_once(scene: Scene, node: str) -> bool:
    """Whether a command runs on the agent of a node, and is the first one since the agent's lookup."""
    name = next(name for name, uuid in scene.load.node_of.items() if uuid == node)
    commands: list[str] = []
    for entry in scene.rack.journal(server=name):
        if entry.action == "lookup-done":
            commands.clear()
        elif entry.action.startswith("command-"):
            commands.append(entry.action)
    return commands == ["command-started"]


ALL: tuple[Fault, ...] = (
    conductor_paused,
    conductor_killed_at_a_first_call,
    bmc_flapping,
    bmc_silent,
    bmc_wrong_password,
    agent_late,
    agent_duplicated,
    agent_of_an_old_boot,
    agent_dead,
    two_of_one_name,
    api_killed,
    ring_grows_and_shrinks,
    rolling_restart,
    database_slow,
    broker_gone,
    broker_frozen,
    database_gone,
)

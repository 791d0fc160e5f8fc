# SPDX-License-Identifier: Apache-2.0
"""SIGKILLs conductors in every transient state, and at every step of every flow."""

import time
from collections.abc import Iterator

from tests.chaos.scene import Scene, point_of

# Seconds by which the answers of the database are late during the search, so that even short states can be seen.
SLOW_MOTION = 0.02

POINTS = (
    "verifying",
    "inspecting",
    "inspect wait",
    "adopting",
    "deleting",
    "cleaning",
    "cleaning, erase_devices_metadata",
    "cleaning, erase_devices",
    "clean wait",
    "clean wait, erase_devices_metadata",
    "clean wait, erase_devices",
    "deploying",
    "deploying, deploy",
    "wait call-back, deploy",
    "deploying, write_image",
    "wait call-back, write_image",
    "deploying, prepare_instance_boot",
    "wait call-back, prepare_instance_boot",
    "deploying, tear_down_agent",
    "deploying, switch_to_tenant_network",
    "deploying, boot_instance",
    "servicing",
    "servicing, burnin_cpu",
    "service wait",
    "service wait, burnin_cpu",
    "rescuing",
    "rescue wait",
    "unrescuing",
    "power change",
    "allocating",
)


def hunt(scene: Scene) -> set[str]:
    """Kill a conductor at each of the ``POINTS``; return the points that were not met within ``scale.kills`` kills."""
    missing = set(POINTS)
    scene.cluster.road.delay = SLOW_MOTION
    try:
        for number in range(scene.scale.kills):
            if not missing:
                break
            victim = _find(scene, missing)
            if victim is None:
                break
            missing -= _kill(scene, victim)
            _revive(scene, victim, at_once=number % 2 == 0)
    finally:
        scene.cluster.road.delay = 0.0
    return missing


def _at_work(scene: Scene) -> Iterator[tuple[str, str, str | None]]:
    """Yield the points that are reached now, each with its node or allocation, and the conductor."""
    for row in scene.records():
        point = point_of(row)
        if point:
            owner = row["reservation"] or scene.load.nodes.get(row["uuid"], {}).get("conductor")
            yield point, row["uuid"], owner
    for search in scene.searches():
        yield "allocating", search["name"], search["conductor"]


def _find(scene: Scene, missing: set[str]) -> str | None:
    """Wait for a conductor at a missing point, and return it; None if there is none within ``scale.search``."""
    running = scene.cluster.running()
    deadline = time.monotonic() + scene.scale.search * scene.scale.slowness
    while time.monotonic() < deadline:
        for point, _, owner in _at_work(scene):
            if point in missing and owner in running:
                return str(owner)
        time.sleep(0.005)
    return None


def _kill(scene: Scene, victim: str) -> set[str]:
    """Kill a conductor, and return the points at which it was, according to the database."""
    scene.cluster.kill_conductor(victim)
    points: dict[str, set[str]] = {}
    for point, subject, owner in _at_work(scene):
        if owner == victim:
            points.setdefault(point, set()).add(subject)
    for point, subjects in sorted(points.items()):
        scene.injected(f"SIGKILL: {point}", subjects)
    return set(points)


def _revive(scene: Scene, victim: str, at_once: bool) -> None:
    """Restart a conductor: at once, so that it resumes its own work, or after the others have taken over."""
    if not at_once:
        scene.wait(lambda: not scene.held_by(victim), f"the locks of {victim} to be released")
    scene.cluster.start_conductors(victim)

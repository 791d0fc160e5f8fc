# SPDX-License-Identifier: Apache-2.0
"""The operations around deployments, taken through the whole service, and seen on the virtual server."""

from typing import Any

from ironic_lite_simulator import images
from tests.functional.rack.cloud import Cloud, Server

METADATA = {"interface": "deploy", "step": "erase_devices_metadata"}
BURN_IN = {"interface": "deploy", "step": "burnin_cpu"}
HOLD = {"step": "hold"}
OS = images.catalog()[images.DISK_IMAGE].sha256


def test_a_server_through_its_whole_life(cloud: Cloud) -> None:
    """The server is verified, cleaned, deployed, rebuilt, serviced and undeployed."""
    server = cloud.enrol()
    cloud.manage(server)
    assert cloud.show(server)["power_state"] == "power off"
    cloud.provision(server, "provide", "available")
    # Metadata by itself, erase_pstore by clean_step_priority_override, and the whole disk not at all.
    assert server.steps() == ["erase_devices_metadata", "erase_pstore"]
    node = cloud.deploy(server, cloud.disk_image(), configdrive={"user_data": "#!/bin/sh"})
    assert (node["power_state"], node["last_error"]) == ("power on", None)
    assert server.wait_booted()["booted_image"] == OS
    first = server.status["config_drive_sha256"]

    cloud.provision(server, "rebuild", "active", configdrive={"user_data": "#!/bin/bash"})
    assert server.wait_booted()["config_drive_sha256"] not in (None, first)

    moment = server.now()
    cloud.provision(server, "service", "active", service_steps=[BURN_IN])
    assert server.steps(moment) == ["burnin_cpu"]
    assert server.wait_booted()["booted_image"] == OS

    moment = server.now()
    node = cloud.provision(server, "deleted", "available")
    assert server.steps(moment) == ["erase_devices_metadata", "erase_pstore"]
    assert (node["instance_info"], node["power_state"]) == ({}, "power off")
    assert server.status["disk_sha256"] is None


def test_a_server_that_runs_already_is_adopted(cloud: Cloud) -> None:
    server = cloud.enrol(instance_info=cloud.disk_image())
    cloud.manage(server)
    node = cloud.provision(server, "adopt", "active")
    assert node["last_error"] is None
    # Nothing was booted, written or powered.
    assert server.phases() == []


def _hold(cloud: Cloud, *steps: dict[str, Any]) -> Server:
    server = cloud.enrol()
    cloud.manage(server)
    cloud.provision(server, "clean", "clean hold", clean_steps=list(steps))
    return server


def test_manual_cleaning_that_holds_and_goes_on(cloud: Cloud) -> None:
    server = _hold(cloud, BURN_IN, HOLD, METADATA)
    assert server.steps() == ["burnin_cpu"]
    cloud.provision(server, "unhold", "manageable")
    assert server.steps() == ["burnin_cpu", "erase_devices_metadata"]
    assert server.status["power"] == "off"


def test_manual_cleaning_that_holds_and_is_aborted(cloud: Cloud) -> None:
    server = _hold(cloud, BURN_IN, HOLD, METADATA)
    node = cloud.provision(server, "abort", "clean failed")
    assert node["last_error"] == "The cleaning was aborted by request at step hold."
    assert (server.steps(), server.status["power"]) == (["burnin_cpu"], "off")


def test_a_runbook_for_its_traits(cloud: Cloud) -> None:
    step = {**METADATA, "args": {}, "order": 1}
    cloud.service.call("POST", "/v1/runbooks", {"name": "CUSTOM_WIPE", "steps": [step]})
    traits = {"traits": ["CUSTOM_WIPE"]}
    cloud.service.call("PUT", "/v1/runbooks/CUSTOM_WIPE/traits", traits)
    server = cloud.enrol()
    cloud.service.call("PUT", f"/v1/nodes/{server.node}/traits", traits)
    cloud.manage(server)
    cloud.provision(server, "clean", "manageable", runbook="CUSTOM_WIPE")
    assert server.steps() == ["erase_devices_metadata"]


def test_a_deployment_that_is_aborted_while_it_waits(cloud: Cloud) -> None:
    server = cloud.enrol_available(instance_info=cloud.disk_image())
    cloud.rack.set_faults(server.index, agent_never_boots=True)
    cloud.provision(server, "active", "wait call-back")
    node = cloud.provision(server, "abort", "deploy failed")
    assert "aborted by request" in node["last_error"]
    assert server.status["power"] == "off"
    cloud.rack.clear_faults(server.index)
    cloud.provision(server, "active", "active")
    assert server.wait_booted()["booted_image"] == OS


def test_a_server_with_an_agent_is_not_booted_again(cloud: Cloud) -> None:
    """Fast-track: inspected, cleaned twice and deployed with one boot of the ramdisk."""
    server = cloud.enrol(driver_info={"fast_track": True}, inspect_interface="agent")
    cloud.manage(server)
    cloud.provision(server, "inspect", "manageable")
    # Whether it has called yet or not.
    cloud.provision(server, "clean", "manageable", clean_steps=[BURN_IN])
    assert (server.status["power"], server.status["phase"]) == ("on", "agent")
    cloud.provision(server, "provide", "available")
    cloud.deploy(server, cloud.disk_image())
    assert server.wait_booted()["booted_image"] == OS
    assert server.phases().count("agent") == 1
    assert server.steps() == [
        "burnin_cpu",
        "erase_devices_metadata",
        "erase_pstore",
        "write_image",
    ]


def test_a_server_that_is_never_powered_off(cloud: Cloud) -> None:
    server = cloud.enrol(disable_power_off=True)
    cloud.manage(server)
    cloud.service.set_power_state(server.node, "power on")
    moment = server.now()
    cloud.provision(server, "provide", "available")
    cloud.deploy(server, cloud.disk_image())
    assert server.wait_booted()["booted_image"] == OS
    cloud.provision(server, "deleted", "available")
    assert cloud.show(server)["power_state"] == "power on"
    assert [e for e in server.journal("machine", moment) if e.action == "power-is"] == []


def test_a_card_and_its_server(cloud: Cloud) -> None:
    """Steps of the parent power the card; with the parent it loses its power."""
    server = cloud.enrol()
    card = cloud.enrol(parent_node=server.node)
    for each in (server, card):
        cloud.manage(each)
    steps = [{"step": "power_on"}, {"step": "power_on", "execute_on_child_nodes": True}]
    cloud.provision(server, "clean", "manageable", clean_steps=steps, disable_ramdisk=True)
    assert (server.status["power"], card.status["power"]) == ("on", "on")
    cloud.service.set_power_state(server.node, "power off")
    assert (server.status["power"], card.status["power"]) == ("off", "off")
    cloud.service.set_power_state(card.node, "power on")
    assert (server.status["power"], card.status["power"]) == ("on", "on")


def test_a_retired_server_is_not_offered_again(cloud: Cloud) -> None:
    """A retired node keeps its instance, and is cleaned but not offered again when it is given back."""
    server = cloud.enrol_available(instance_info=cloud.disk_image())
    cloud.provision(server, "active", "active")
    cloud.set(server, retired=True, retired_reason="old")
    cloud.set(server, automated_clean=True)
    node = cloud.provision(server, "deleted", "manageable")
    assert (node["retired"], node["instance_info"]) == (True, {})
    assert server.steps()[-2:] == ["erase_devices_metadata", "erase_pstore"]

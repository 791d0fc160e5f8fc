# SPDX-License-Identifier: Apache-2.0
"""The factory selects, checks and combines a node's interfaces."""

import types

import pytest

from ironic_lite.common import exception
from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.drivers import factory as driver_factory


@pytest.fixture
def factory(set_option):
    return driver_factory.DriverFactory()


def make_node(driver, **interfaces):
    fields = {f"{kind}_interface": None for kind in INTERFACE_TYPES}
    return types.SimpleNamespace(driver=driver, **{**fields, **interfaces})


def test_everything_enabled_by_default_loads(factory):
    factory.load()
    assert set(factory.hardware_types) == {"ipmi", "fake-hardware", "manual-management"}


def test_a_node_gets_the_best_enabled_interface_of_each_type(factory):
    node = make_node("ipmi")
    factory.check_node(node)
    chosen = {kind: getattr(node, f"{kind}_interface") for kind in INTERFACE_TYPES}
    assert chosen == {
        "bios": "no-bios",
        "boot": "ipxe",
        "console": "no-console",
        "deploy": "direct",
        "firmware": "no-firmware",
        "inspect": "agent",
        "management": "pyghmi",
        "network": "noop",
        "power": "pyghmi",
        "raid": "no-raid",
        "rescue": "no-rescue",
        "storage": "noop",
        "vendor": "no-vendor",
    }


def test_a_configured_default_wins_where_it_fits(factory, set_option):
    set_option("default_power_interface", "fake")
    assert factory.default_interface("fake-hardware", "power") == "fake"
    assert factory.default_interface("ipmi", "power") == "pyghmi"


def test_an_interface_that_does_not_fit_is_refused(factory):
    with pytest.raises(exception.IncompatibleInterface, match=r"'fake' is not supported by.* ipmi"):
        factory.check_node(make_node("ipmi", power_interface="fake"))


def test_an_interface_that_is_not_enabled_is_refused(factory, set_option):
    set_option("enabled_power_interfaces", ["fake"])
    with pytest.raises(exception.InterfaceNotFoundInEntrypoint, match=r"pyghmi.*\['fake'\]"):
        factory.check_node(make_node("fake-hardware", power_interface="pyghmi"))


def test_reset_replaces_only_what_does_not_fit(factory):
    node = make_node("ipmi", power_interface="fake", management_interface="noop")
    factory.check_node(node, reset=True)
    assert (node.power_interface, node.management_interface) == ("pyghmi", "noop")


def test_the_driver_of_a_node_has_one_interface_of_each_type(factory):
    node = make_node("fake-hardware")
    factory.check_node(node)
    driver = factory.driver_for(node)
    assert {k: i.interface_type for k, i in driver.interfaces().items()} == {
        kind: kind for kind in INTERFACE_TYPES
    }


def test_an_unknown_hardware_type_is_named(factory):
    with pytest.raises(exception.DriverNotFound, match="no-such-type"):
        factory.check_node(make_node("no-such-type"))


def test_an_unknown_entry_point_names_the_option(factory, set_option):
    set_option("enabled_hardware_types", ["ipmi", "ipmy"])
    with pytest.raises(exception.DriverNotFoundInEntrypoint, match=r"ipmy.*enabled_hardware_types"):
        factory.load()


def test_a_type_without_a_fitting_interface_stops_the_start(factory, set_option):
    set_option("enabled_power_interfaces", ["fake"])
    with pytest.raises(exception.NoValidDefaultForInterface, match=r"power.*ipmi"):
        factory.load()


def test_a_default_that_is_not_enabled_stops_the_start(factory, set_option):
    set_option("default_deploy_interface", "anaconda")
    with pytest.raises(exception.ConfigInvalid, match="default_deploy_interface is 'anaconda'"):
        factory.load()


def test_steps_know_their_arguments(factory):
    node = make_node("fake-hardware")
    factory.check_node(node)
    firmware = factory.driver_for(node).firmware
    task = types.SimpleNamespace(node=node)
    step = {"interface": "firmware", "step": "update", "args": {"colour": "red"}}
    with pytest.raises(exception.InvalidParameterValue, match="colour"):
        firmware.execute_step(task, "clean", step)
    with pytest.raises(exception.MissingParameterValue, match="settings"):
        firmware.execute_step(task, "clean", {**step, "args": {}})
    assert firmware.execute_step(task, "clean", {**step, "args": {"settings": []}}) is None


def test_a_driver_that_may_take_longer_than_a_request_waits_is_a_problem(set_option):
    set_option("command_retry_timeout", 100, group="ipmi")
    set_option("hardware_call_timeout", 129)
    (problem,) = driver_factory.problems()
    assert "hardware_call_timeout is 129. Set it to 130 or more" in problem
    assert "'pyghmi'" in problem or "'ipmitool'" in problem
    set_option("hardware_call_timeout", 130)
    assert list(driver_factory.problems()) == []

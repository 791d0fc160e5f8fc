# SPDX-License-Identifier: Apache-2.0
"""What rules make of the data that a ramdisk sends."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import exception, states
from ironic_lite.conductor.inspection_rules import built_in
from tests.functional.flows.inspection import Inspection

Option = Callable[..., None]


_numbers = itertools.count(1)


@pytest.fixture
def rule(inspection: Inspection) -> Any:
    """``rule(action, ..., conditions=[...])``: an inspection rule for this node; returns its UUID."""
    made = []

    def make(*actions: dict[str, Any], conditions: Any = (), **fields: Any) -> str:
        mine = {"op": "eq", "args": {"values": ["{node.uuid}", inspection.node.uuid]}}
        created = objects.InspectionRule(
            inspection.core.context,
            uuid=f"00000000-0000-4000-8000-{next(_numbers):012}",
            conditions=[mine, *conditions],
            actions=list(actions),
            **fields,
        )
        created.create()
        made.append(created)
        return str(created.uuid)

    yield make
    for each in made:
        each.destroy()


def setting(path: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"op": "set-attribute", "args": {"path": path, "value": value}, **more}


HIT = setting("/extra/hit", "yes")


@pytest.mark.parametrize(
    ("op", "args", "held"),
    [
        ("eq", {"values": ["{inventory[cpu][count]}", 4]}, False),
        ("eq", {"values": ["{inventory[cpu][count]}", 4], "force_strings": True}, True),
        ("eq", {"values": ["{inventory[cpu][count]}", "4", "4"]}, True),
        ("eq", [["a", "a"]], True),
        ("eq", ["{inventory[cpu][count]}", 4], False),
        ("eq", ["a", "a"], True),
        ("lt", {"values": [1, 2, 3]}, True),
        ("lt", {"values": [1, 3, 3]}, False),
        ("gt", {"values": [5, 4, 3]}, True),
        ("!gt", {"values": [5, 4, 3]}, False),
        ("is-empty", {"value": "{plugin_data[nosuch]}"}, True),
        ("is-empty", {"value": "{inventory[disks]}"}, False),
        ("is-none", {"value": "{plugin_data[nosuch]}"}, True),
        ("!is-none", {"value": "{inventory[hostname]}"}, True),
        ("is-true", {"value": "{inventory[cpu][count]}"}, True),
        ("is-true", {"value": "Yes"}, True),
        ("is-true", {"value": "{plugin_data[nosuch]}"}, False),
        ("is-false", {"value": "{inventory[disks][1][rotational]}"}, True),
        ("is-false", {"value": "yes"}, False),
        ("in-net", {"address": "192.0.2.5", "subnet": "192.0.2.0/24"}, True),
        ("in-net", {"address": "2001:db8::1", "subnet": "192.0.2.0/24"}, False),
        ("matches", {"value": "{inventory[cpu][architecture]}", "regex": "x86"}, False),
        ("matches", {"value": "{inventory[cpu][architecture]}", "regex": "x86_[0-9]{2}"}, True),
        ("contains", {"value": "{inventory[cpu][architecture]}", "regex": "(?i)X86"}, True),
        ("one-of", {"value": "{inventory[cpu][count]}", "values": [2, 4]}, True),
        ("one-of", {"value": "vmx", "values": "{inventory[cpu][flags]}"}, True),
        ("!one-of", {"value": "svm", "values": "{inventory[cpu][flags]}"}, True),
    ],
)
def test_conditions(inspection: Inspection, rule: Any, op: str, args: Any, held: bool) -> None:
    rule(HIT, conditions=[{"op": op, "args": args}])
    done = inspection.run()
    assert done.last_error is None
    assert ("hit" in done.extra) is held


@pytest.mark.parametrize(
    ("op", "multiple", "loop", "held"),
    [
        ("eq", "any", ["x", "h"], True),
        ("eq", "all", ["x", "h"], False),
        ("!eq", "any", ["h", "x"], True),
        ("!eq", "all", ["x", "h"], False),
        ("eq", "first", ["x", "h"], True),
        ("eq", "last", ["h", "x"], False),
        ("eq", "last", ["{inventory[hostname]}"], True),
        ("eq", "any", [], False),
        ("eq", "last", [], False),
    ],
)
def test_loops_of_conditions(
    inspection: Inspection, rule: Any, op: str, multiple: str, loop: list[str], held: bool
) -> None:
    args = {"values": ["{item}", "{inventory[hostname]}"]}
    rule(HIT, conditions=[{"op": op, "args": args, "loop": loop, "multiple": multiple}])
    assert ("hit" in inspection.run().extra) is held


def test_references(inspection: Inspection, rule: Any) -> None:
    """References lead to data, never to Python attributes; a reference without a target leaves its text unchanged."""
    texts = {
        "count": "{inventory[cpu][count]}",
        "both": "{inventory[hostname]} has {inventory[cpu][count]}",
        "missing": "{inventory[hostname]} {inventory[nosuch]}",
        "index": "{inventory[disks][1][serial]}",
        "beyond": "{inventory[disks][9]}",
        "class": "{node.__class__}",
        "globals": "{inventory.__class__.__init__.__globals__}",
        "wide": "{inventory[cpu][count]:>200000}",
        "wrong": "{node[driver]}{inventory.hostname}",
        "driver": "{node.driver}",
        "password": "{node.driver_info[ipmi_password]}",
        "token": "{node.agent_secret_token}",
        "braces": "{} {0} {{x}}",
    }
    rule(*(setting(f"/extra/{name}", text) for name, text in texts.items()), setting("extra.n", 5))
    extra = inspection.run().extra
    changed = {
        "count": "4",
        "both": "h has 4",
        "index": "B",
        "driver": "fake-hardware",
        "password": "******",
        "n": 5,
    }
    assert extra == {**texts, **changed}


def test_all_actions(inspection: Inspection, rule: Any, hooks: Callable[..., None]) -> None:
    hooks(add_ports="all")
    inspection.plugin_data["old"] = 1
    port = {"port_id": "{plugin_data[macs][1]}"}
    with inspection.core.task(inspection.node) as task:
        task.node.description = "to go"
        task.node.extra = {"l": ["a"], "gone": {"x": 1, "y": 2}}
        task.node.properties = {"capabilities": "one:1,two:2"}
        task.node.save()
        task.node.set_traits(["CUSTOM_OLD"])
    rule(
        {"op": "log", "args": ["{inventory[hostname]}", "warning"]},
        {"op": "extend-attribute", "args": {"path": "/extra/l", "value": "b"}},
        {"op": "extend-attribute", "args": {"path": "/extra/l", "value": "b", "unique": True}},
        {
            "op": "extend-attribute",
            "args": {"path": "/extra/new", "value": "{item}"},
            "loop": [1, 2],
        },
        {"op": "del-attribute", "args": {"path": "/extra/gone/x"}},
        {"op": "del-attribute", "args": {"path": "/extra/nosuch/x"}},
        {"op": "del-attribute", "args": {"path": "/description"}},
        {"op": "set-capability", "args": {"name": "three", "value": 3}},
        {"op": "unset-capability", "args": {"name": "one"}},
        {"op": "add-trait", "args": {"name": "CUSTOM_NEW"}},
        {"op": "remove-trait", "args": {"name": "CUSTOM_OLD"}},
        {"op": "remove-trait", "args": {"name": "CUSTOM_NEVER"}},
        {"op": "set-plugin-data", "args": {"path": "/a/b", "value": {"c": ["{node.driver}"]}}},
        {"op": "extend-plugin-data", "args": {"path": "/l", "value": 1}},
        {"op": "unset-plugin-data", "args": {"path": "/old"}},
        {"op": "set-port-attribute", "args": {**port, "path": "/physical_network", "value": "p"}},
        {"op": "extend-port-attribute", "args": {**port, "path": "/extra/l", "value": 1}},
        {"op": "del-port-attribute", "args": {**port, "path": "/extra/nosuch"}},
        setting("{item[path]}", "{item[value]}", loop=[{"path": "/name", "value": "n-{node.id}"}]),
    )
    done = inspection.run()
    assert done.last_error is None
    assert done.extra == {"l": ["a", "b"], "new": ["1", "2"], "gone": {"y": 2}}
    assert (done.description, done.name) == (None, f"n-{done.id}")
    assert done.properties["capabilities"] == "two:2,three:3"
    assert done.traits == ["CUSTOM_NEW"]
    plugin_data = inspection.found.plugin_data
    assert (plugin_data["a"], plugin_data["l"]) == ({"b": {"c": ["fake-hardware"]}}, [1])
    assert "old" not in plugin_data
    changed = inspection.ports[inspection.second]
    assert (changed.physical_network, changed.extra) == ("p", {"l": [1]})


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ({"op": "fail", "args": {"msg": "{inventory[hostname]}!"}}, "h!"),
        (setting("{inventory[hostname]}", 1), "rules cannot change the attribute 'h'"),
        (setting("/extra", "text"), "'extra' cannot be a str"),
        (setting("/name", "not a name"), "is not a valid name of a node"),
        (
            setting("/driver", "nosuch"),
            "Could not find the following driver(s) or hardware type(s)",
        ),
        (setting("/deploy_interface", "nosuch"), "nosuch"),
        (setting("/resource_class", "x" * 300), "longer than 255"),
        (
            {"op": "add-trait", "args": {"name": "{inventory[hostname]}"}},
            "'h' is not a valid trait",
        ),
        ({"op": "extend-attribute", "args": {"path": "/extra/t", "value": 1}}, "not a list"),
        (
            {"op": "set-port-attribute", "args": {"port_id": "x", "path": "/name", "value": "y"}},
            "the node has no port 'x'",
        ),
        (
            {"op": "api-call", "args": {"url": "http://169.254.169.254/", "retries": 0}},
            "is refused",
        ),
        (
            {"op": "api-call", "args": {"url": "http://127.0.0.1:1/", "retries": 0}},
            "cannot be fetched",
        ),
        (
            {"op": "log", "args": {"msg": "x", "level": "{inventory[hostname]}"}},
            "'h' is not one of debug",
        ),
    ],
)
def test_actions_that_cannot_be_done(
    inspection: Inspection, rule: Any, action: dict[str, Any], told: str
) -> None:
    with inspection.core.task(inspection.node) as task:
        task.node.extra = {"t": "text"}
        task.node.save()
    uuid = rule(setting("/extra/t2", 1), action, description="mine")
    failed = inspection.run()
    assert failed.provision_state == states.INSPECTFAIL
    assert told in failed.last_error
    assert f"inspection rule {uuid} (mine), action 1 ({action['op']})" in failed.last_error
    # None of the changes stays.
    assert (failed.extra, failed.properties) == ({"t": "text"}, {})


def test_conditions_that_cannot_be_judged(inspection: Inspection, rule: Any) -> None:
    address = {"address": "{inventory[hostname]}", "subnet": "192.0.2.0/24"}
    uuid = rule(HIT, conditions=[{"op": "in-net", "args": address}])
    failed = inspection.run()
    assert f"inspection rule {uuid}, condition 1 (in-net): 'h' does not appear" in failed.last_error


@pytest.mark.parametrize("op", ["matches", "!contains"])
def test_an_expression_that_takes_too_long(inspection: Inspection, rule: Any, op: str) -> None:
    """An unauthenticated ramdisk may choose the text."""
    inspection.plugin_data["z"] = "a" * 80 + "!"
    args = {"value": "{plugin_data[z]}", "regex": "(a|aa)+$"}
    uuid = rule(HIT, conditions=[{"op": op, "args": args}])
    failed = inspection.run()
    assert failed.provision_state == states.INSPECTFAIL
    told = f"inspection rule {uuid}, condition 1 ({op}): the regular expression takes too long"
    assert told in failed.last_error


def test_an_expression_that_is_none_once_it_is_filled_in(inspection: Inspection, rule: Any) -> None:
    inspection.plugin_data["z"] = "("
    rule(HIT, conditions=[{"op": "contains", "args": ["x", "{plugin_data[z]}"]}])
    assert "(contains): 'regex' is not a regular expression" in inspection.run().last_error


def test_what_cannot_be_saved_is_told_with_its_rules(inspection: Inspection, rule: Any) -> None:
    core = inspection.core
    name = core.create_node(states.MANAGEABLE, name=f"taken-{inspection.node.id}").name
    first = rule(setting("/extra/a", 1), setting("/name", name), priority=2)
    second = rule(setting("/extra/b", 1), priority=1)
    before = (inspection.node.name, inspection.node.extra)
    failed = inspection.run()
    assert (
        "the changes of the rules cannot be saved ("
        f"extra by inspection rule {first}, action 0 (set-attribute) "
        f"and inspection rule {second}, action 0 (set-attribute); "
        f"name by inspection rule {first}, action 1 (set-attribute); properties by hooks): "
        f"A node with name {name} already exists."
    ) in failed.last_error
    assert (failed.name, failed.extra) == before


def test_what_a_sensitive_rule_cannot_save_is_not_told(inspection: Inspection, rule: Any) -> None:
    core = inspection.core
    name = core.create_node(states.MANAGEABLE, name=f"taken-{inspection.node.id}").name
    uuid = rule(setting("/name", name), sensitive=True)
    failed = inspection.run()
    assert f"inspection rule {uuid}, action 0 (set-attribute)" in failed.last_error
    assert name not in failed.last_error


def test_a_port_that_cannot_be_saved_is_told_with_its_rules(
    inspection: Inspection, rule: Any, hooks: Callable[..., None]
) -> None:
    hooks(add_ports="all")
    name = f"port-{inspection.node.id}"
    naming = {
        "op": "set-port-attribute",
        "loop": ["{plugin_data[macs][0]}", "{plugin_data[macs][1]}"],
    }
    uuid = rule({**naming, "args": {"port_id": "{item}", "path": "/name", "value": name}})
    failed = inspection.run()
    assert (
        f"name by inspection rule {uuid}, action 0 (set-port-attribute)): A port with name {name}"
    ) in failed.last_error


def test_another_driver_brings_its_interfaces(inspection: Inspection, rule: Any) -> None:
    rule(setting("/driver", "ipmi"), setting("/driver_info/ipmi_address", "192.0.2.1"))
    done = inspection.run()
    assert (done.provision_state, done.driver) == (states.MANAGEABLE, "ipmi")
    assert (done.power_interface, done.inspect_interface) == ("pyghmi", "agent")


@pytest.mark.parametrize(
    ("wanted", "sensitive", "seen"),
    [
        ("always", True, "******"),
        ("sensitive", False, "******"),
        ("sensitive", True, "hunter2"),
        ("never", False, "hunter2"),
    ],
)
def test_passwords_in_references(
    inspection: Inspection, rule: Any, option: Option, wanted: str, sensitive: bool, seen: str
) -> None:
    option("mask_secrets", wanted, group="inspection_rules")
    rule(setting("/extra/p", "{node.driver_info[ipmi_password]}"), sensitive=sensitive)
    assert inspection.run().extra == {"p": seen}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "expected"),
        ("a: 1", "not a list of rules"),
        ("- 5", "rule 0 is not an object"),
        ("- {actions: []}", "rule 0 actions must not be empty"),
        ("- {actions: [{op: nosuch, args: {}}]}", "'nosuch' is not one of"),
        ("- {actions: [{op: log, args: [x]}], scope: x}", "unknown keys scope"),
        ("- {actions: [{op: log, args: [x]}], phase: early}", "phase"),
        ("- {actions: [{op: log, args: [x]}], priority: high}", "priority"),
        (
            "- {actions: [{op: log, args: [x]}], conditions: [{op: eq, args: [a]}]}",
            "'values' is not",
        ),
    ],
)
def test_built_in_rules_that_are_wrong(
    option: Option, tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    option("built_in_rules", str(path), group="inspection_rules")
    with pytest.raises(exception.ConfigInvalid, match=told):
        built_in.load()

# SPDX-License-Identifier: Apache-2.0
"""baremetal deploy template ..., runbook ..., inspection rule ...: stored steps and rules for nodes."""

import json

from tests.functional.cli.conftest import Baremetal, wait_for_state

STEP = {
    "interface": "bios",
    "step": "apply_configuration",
    "args": {"settings": [{"name": "Turbo", "value": "on"}]},
}
TEMPLATE_STEPS = json.dumps([{**STEP, "priority": 150}])
RUNBOOK_STEPS = json.dumps([{**STEP, "order": 1}])


def test_deploy_template(baremetal: Baremetal) -> None:
    made = baremetal.json(
        "deploy", "template", "create", "CUSTOM_CLI_TURBO", "--steps", TEMPLATE_STEPS,
        "--extra", "why=speed",
    )  # fmt: skip
    assert [step["priority"] for step in made["steps"]] == [150]
    baremetal(
        "deploy", "template", "set", "CUSTOM_CLI_TURBO", "--name", "CUSTOM_CLI_FAST",
        "--steps", json.dumps([{**STEP, "priority": 90}]),
    )  # fmt: skip
    baremetal("deploy", "template", "unset", "CUSTOM_CLI_FAST", "--extra", "why")
    shown = baremetal.json("deploy", "template", "show", "CUSTOM_CLI_FAST")
    assert (shown["uuid"], shown["extra"]) == (made["uuid"], {})
    assert shown["steps"][0]["priority"] == 90
    listed = {row["uuid"]: row["name"] for row in baremetal.json("deploy", "template", "list")}
    assert listed[made["uuid"]] == "CUSTOM_CLI_FAST"
    refused = baremetal.run("deploy", "template", "create", "nosuch", "--steps", TEMPLATE_STEPS)
    assert refused.status != 0
    assert "nosuch" in refused.errors
    baremetal("deploy", "template", "delete", "CUSTOM_CLI_FAST")
    assert baremetal.run("deploy", "template", "show", made["uuid"]).status != 0


def test_runbook(baremetal: Baremetal) -> None:
    """Its traits too, and a node cleaned by it."""
    made = baremetal.json(
        "runbook", "create", "--name", "CUSTOM_CLI_BOOK", "--steps", RUNBOOK_STEPS,
        "--description", "turbo", "--extra", "why=speed",
    )  # fmt: skip
    baremetal(
        "runbook", "set", "CUSTOM_CLI_BOOK", "--disable-ramdisk", "true", "--description", "more"
    )
    baremetal("runbook", "unset", "CUSTOM_CLI_BOOK", "--extra", "why")
    shown = baremetal.json("runbook", "show", made["uuid"])
    assert (shown["disable_ramdisk"], shown["description"], shown["extra"]) == (True, "more", {})
    listed = {row["uuid"]: row["name"] for row in baremetal.json("runbook", "list")}
    assert listed[made["uuid"]] == "CUSTOM_CLI_BOOK"

    baremetal("runbook", "trait", "add", made["uuid"], "CUSTOM_CLI_A", "CUSTOM_CLI_B")
    baremetal("runbook", "trait", "remove", made["uuid"], "CUSTOM_CLI_B")
    traits = baremetal.json("runbook", "trait", "list", made["uuid"])
    assert [row["traits"] for row in traits] == ["CUSTOM_CLI_A"]

    node = baremetal.json("node", "create", "--driver", "fake-hardware", "--name", "booked")
    baremetal("node", "manage", "booked")
    wait_for_state(baremetal, "booked", "manageable")
    refused = baremetal.run("node", "clean", "booked", "--runbook", "CUSTOM_CLI_BOOK")
    assert refused.status != 0
    baremetal("node", "add", "trait", "booked", "CUSTOM_CLI_A")
    baremetal("node", "clean", "booked", "--runbook", "CUSTOM_CLI_BOOK")
    wait_for_state(baremetal, "booked", "manageable")
    settings = baremetal.json("node", "bios", "setting", "list", node["uuid"])
    assert [row["name"] for row in settings] == ["Turbo"]
    baremetal("node", "delete", "booked")
    baremetal("runbook", "delete", made["uuid"])
    assert made["uuid"] not in baremetal("runbook", "list")


def test_inspection_rule(baremetal: Baremetal) -> None:
    action = '[{"op": "set-attribute", "args": {"path": "/extra/rack", "value": "r1"}}]'
    made = baremetal.json(
        "inspection", "rule", "create", "--description", "where it stands", "--phase", "main",
        "--conditions", '[{"op": "is-true", "args": {"value": "{inventory.cpu.count}"}}]',
        "--actions", action,
    )  # fmt: skip
    rule = made["uuid"]
    assert (made["priority"], made["phase"], made["sensitive"]) == (0, "main", False)
    baremetal("inspection", "rule", "set", rule, "--priority", "20")
    baremetal("inspection", "rule", "unset", rule, "--description")
    shown = baremetal.json("inspection", "rule", "show", rule)
    assert (shown["priority"], shown["description"]) == (20, None)
    assert shown["actions"][0]["op"] == "set-attribute"
    assert rule in baremetal("inspection", "rule", "list")
    refused = baremetal.run(
        "inspection", "rule", "create", "--actions", '[{"op": "nosuch", "args": {}}]'
    )
    assert refused.status != 0
    assert "nosuch" in refused.errors
    baremetal("inspection", "rule", "delete", rule)
    assert rule not in baremetal("inspection", "rule", "list")

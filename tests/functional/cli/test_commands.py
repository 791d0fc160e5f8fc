# SPDX-License-Identifier: Apache-2.0
"""Every command of the client has a test here; a new command of a later release fails this test."""

import ast
from importlib.metadata import entry_points
from pathlib import Path

PREFIX = "baremetal "
# The same commands by a second name.
ALIASES = {"node trait add": "node add trait", "node trait remove": "node remove trait"}


def _words(call: ast.Call) -> str:
    """The literal words that a call begins with, as typed."""
    words = []
    for argument in call.args:
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            break
        words.append(argument.value)
    return " ".join(words) + " "


def test_every_command_is_tried() -> None:
    calls = [
        _words(node)
        for path in Path(__file__).parent.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]
    commands = {
        entry.name.replace("_", " ").removeprefix(PREFIX)
        for entry in entry_points(group="openstack.baremetal.v1")
    }
    assert len(commands) > 100
    untried = {
        command
        for command in commands
        if not any(call.startswith(f"{ALIASES.get(command, command)} ") for call in calls)
    }
    assert not untried

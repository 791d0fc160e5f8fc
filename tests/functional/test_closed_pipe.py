# SPDX-License-Identifier: Apache-2.0
"""Commands whose reader has closed the pipe."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ironic_lite.cmd import main
from tests.waiting import PATIENCE


def _unread(*command: str) -> tuple[int, str]:
    """Exit status and messages of a command whose reader has left."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False
        )
    finally:
        os.close(writer)
    return done.returncode, done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_a_command_ends_quietly(arguments: list[str]) -> None:
    script = Path(sys.executable).with_name("ironic-lite")
    assert _unread(str(script), *arguments) == (141, "")


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_however_much_it_prints(size: int) -> None:
    program = (
        "import sys; from ironic_lite.cmd import main; "
        f"main.load = lambda name: lambda arguments: print('x' * {size}) or 0; "
        "sys.exit(main.main(['explain']))"
    )
    assert _unread(sys.executable, "-W", "ignore", "-c", program) == (141, "")


def test_other_pipes_that_break_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_arguments: list[str]) -> int:
        raise BrokenPipeError("a socket")

    monkeypatch.setattr(main, "load", lambda _name: broken)
    with pytest.raises(BrokenPipeError, match="a socket"):
        main.main(["explain"])

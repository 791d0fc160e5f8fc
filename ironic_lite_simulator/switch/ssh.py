# SPDX-License-Identifier: Apache-2.0
"""The SSH server of the switch: password login, a shell with the switch's command line, and single commands."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable

import asyncssh

from ironic_lite_simulator.switch.command_line import CommandLine
from ironic_lite_simulator.switch.switch import Switch

_MAX_LINE = 4096
_LOGIN_TIMEOUT = 30.0
_INTERRUPT = "\x03"
_END_OF_INPUT = "\x04"
_ERASE = "\b\x7f"

# Called after each command with the line and its output; returns when the command has taken effect on the cables.
AfterCommand = Callable[[str, str], Awaitable[None]]


async def listen(
    switch: Switch, address: str, port: int, username: str, password: str, after: AfterCommand
) -> asyncssh.SSHAcceptor:
    """Listen for logins; port 0 means any free port. The host key is a new one.

    :raises OSError: the port is taken.
    """

    async def serve(process: "asyncssh.SSHServerProcess[str]") -> None:
        await _serve(process, CommandLine(switch), after)

    return await asyncssh.listen(
        address,
        port,
        server_factory=lambda: _Login(username, password),
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        process_factory=serve,
        line_editor=False,
        login_timeout=_LOGIN_TIMEOUT,
        allow_scp=False,
    )


class _Login(asyncssh.SSHServer):
    """One user with one password."""

    def __init__(self, username: str, password: str) -> None:
        self._account = f"{username}\0{password}".encode()

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return hmac.compare_digest(f"{username}\0{password}".encode(), self._account)


async def _serve(
    process: "asyncssh.SSHServerProcess[str]", commands: CommandLine, after: AfterCommand
) -> None:
    """Serve one session until the user leaves."""
    try:
        if process.command is not None:
            for line in process.command.splitlines():
                process.stdout.write(await _run(commands, line, after))
        else:
            await _shell(process, commands, after)
    except (asyncssh.Error, OSError):
        pass  # the user has gone
    process.exit(0)


async def _shell(
    process: "asyncssh.SSHServerProcess[str]", commands: CommandLine, after: AfterCommand
) -> None:
    process.stdout.write(f"\r\n{commands.prompt}")
    line = ""
    while not commands.closed:
        try:
            text = await process.stdin.read(_MAX_LINE)
        except (asyncssh.TerminalSizeChanged, asyncssh.SignalReceived, asyncssh.BreakReceived):
            continue
        if not text:
            return
        for character in text.replace("\r\n", "\n").replace("\r", "\n"):
            if character == _END_OF_INPUT and not line:
                return
            if character == "\n":
                process.stdout.write("\r\n" + await _run(commands, line, after))
                line = ""
                if commands.closed:
                    return
                process.stdout.write(commands.prompt)
            elif character == _INTERRUPT:
                line = ""
                process.stdout.write(f"^C\r\n{commands.prompt}")
            elif character in _ERASE:
                if line:
                    line = line[:-1]
                    process.stdout.write("\b \b")
            elif character.isprintable() and len(line) < _MAX_LINE:
                line += character
                process.stdout.write(character)


async def _run(commands: CommandLine, line: str, after: AfterCommand) -> str:
    output = commands.run(line)
    await asyncio.shield(asyncio.ensure_future(after(line, output)))
    return output.replace("\n", "\r\n") + "\r\n" if output else ""

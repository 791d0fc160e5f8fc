# SPDX-License-Identifier: Apache-2.0
"""Consoles over SSH: ``ssh -p 2222 NODE@CONDUCTOR``. The node is the user's name; the key says who it is.

There are no passwords, no forwarding and no commands.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh
import yaml
from oslo_log import log as logging

from ironic_lite.common import console_escapes as escapes
from ironic_lite.common import exception, safe_text
from ironic_lite.conductor.consoles.console import Console, Watcher
from ironic_lite.conductor.consoles.entrance import screen_at
from ironic_lite.conf import CONF

LOG = logging.getLogger(__name__)

READER, MEMBER, MANAGER = "reader", "member", "manager"
_ROLES = (READER, MEMBER, MANAGER)
_MOST = 200
"""Connections at the same time."""
_LOGIN_TIMEOUT = 30
_CHUNK = 4096
_USER = "console_user"

Open = Callable[[str, str | None], Awaitable[Console]]
"""Returns the console of a node (name or UUID) that belongs to a project; None: to any.

Raises IronicLiteError, with a message for the user, when there is none."""


@dataclasses.dataclass(frozen=True)
class User:
    """:param role: ``reader`` watches, ``member`` types too, ``manager`` also takes the right to type from others.

    :param project: whose nodes they see; None: all.
    """

    name: str
    role: str
    project: str | None
    keys: tuple[str, ...]


def users(path: Path) -> list[User]:
    """Read the file of ``[console] ssh_users``.

    :raises ConfigInvalid: naming what is wrong with it.
    """
    try:
        listed = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as exc:
        raise _invalid(f"{path} cannot be read: {type(exc).__name__}") from None
    if not isinstance(listed, list):
        raise _invalid(f"{path} must be a list of users, each with name, role and keys")
    return [_user(one, path) for one in listed]


def _user(one: Any, path: Path) -> User:
    if not isinstance(one, dict) or not isinstance(one.get("name"), str):
        raise _invalid(f"{path}: each user needs a name")
    name, role, keys = one["name"], one.get("role"), one.get("keys")
    if role not in _ROLES:
        raise _invalid(f"{path}: the role of {name} must be one of {', '.join(_ROLES)}")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise _invalid(f"{path}: keys of {name} must be a list of public keys")
    project = one.get("project")
    if project is not None and not isinstance(project, str):
        raise _invalid(f"{path}: the project of {name} must be a project's ID")
    for key in keys:
        try:
            asyncssh.import_public_key(key)
        except (asyncssh.KeyImportError, ValueError):
            raise _invalid(f"{path}: a key of {name} is no public key of SSH") from None
    return User(name, role, project, tuple(keys))


def _invalid(reason: str) -> exception.ConfigInvalid:
    return exception.ConfigInvalid(error_msg=f"[console] ssh_users: {reason}.")


class SSH:
    """The SSH server of a conductor."""

    def __init__(self, open_console: Open):
        self._open = open_console
        self._acceptor: Any = None
        self._processes: set[Any] = set()

    async def start(self) -> None:
        """Listen on ``[console] ssh_address`` and ``ssh_port``.

        :raises ConfigInvalid: naming the option that is wrong.
        """
        path = Path(CONF.console.ssh_users).expanduser()
        users(path)
        try:
            self._acceptor = await asyncssh.create_server(
                lambda: _Server(path),
                CONF.console.ssh_address,
                CONF.console.ssh_port,
                server_host_keys=[_host_key()],
                process_factory=self._serve,
                encoding=None,
                line_editor=False,
                allow_scp=False,
                agent_forwarding=False,
                x11_forwarding=False,
                login_timeout=_LOGIN_TIMEOUT,
                keepalive_interval=30,
            )
        except OSError as exc:
            raise exception.ConfigInvalid(
                error_msg=f"[console] ssh_address and ssh_port: {exc.strerror or exc}."
            ) from None

    def close(self) -> None:
        """Stop listening, and let everybody go."""
        if self._acceptor is not None:
            self._acceptor.close()
        for process in list(self._processes):
            process.close()

    async def _serve(self, process: Any) -> None:
        if len(self._processes) >= _MOST:
            process.stdout.write(b"Too many users; try again.\r\n")
            process.exit(1)
            return
        self._processes.add(process)
        try:
            user: User = process.channel.get_connection().get_extra_info(_USER)
            node = process.get_extra_info("username")
            LOG.info("SSH: %s opens the console of %s", user.name, safe_text.one_line(node))
            try:
                console = await self._open(node, user.project)
            except exception.IronicLiteError as exc:
                process.stdout.write(f"{safe_text.one_line(exc.message)}\r\n".encode())
                process.exit(1)
                return
            await _Visit(process, console, user).run()
            process.exit(0)
        except (OSError, asyncssh.Error):
            process.close()
        finally:
            self._processes.discard(process)


class _Server(asyncssh.SSHServer):
    """One connection, up to its login."""

    def __init__(self, path: Path):
        self._path = path
        self._connection: Any = None

    def connection_made(self, conn: Any) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: Any) -> bool:
        """Tell whether the key is that of a user; asyncssh then checks that the client has its private part."""
        try:
            known = users(self._path)
        except exception.ConfigInvalid as exc:
            LOG.error("%s", exc.message)
            return False
        shown = key.public_data
        for user in known:
            if any(asyncssh.import_public_key(text).public_data == shown for text in user.keys):
                self._connection.set_extra_info(**{_USER: user})
                return True
        return False


class _Visit:
    """One user at one console."""

    def __init__(self, process: Any, console: Console, user: User):
        self._process, self._console, self._user = process, console, user
        self._watcher: Watcher = console.join(user.name, self._told, self._asked)
        self._complained = False

    async def run(self) -> None:
        """Serve until the user leaves or the console ends."""
        working = [asyncio.ensure_future(self._show()), asyncio.ensure_future(self._type())]
        try:
            await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in working:
                each.cancel()
            await asyncio.wait(working)
            self._console.leave(self._watcher)

    async def _show(self) -> None:
        out = self._process.stdout
        shown = await asyncio.to_thread(screen_at, self._console.directory, self._watcher.joined)
        out.write(shown)
        if self._console.state != "connected":
            self._remark(f"{self._console.state}: {self._console.detail}")
        while (data := await self._watcher.next()) is not None:
            out.write(data)
            await out.drain()
        self._remark("the console has ended, or you were too far behind")

    async def _type(self) -> None:
        found = escapes.Escapes()
        with contextlib.suppress(asyncssh.BreakReceived):
            while typed := await self._process.stdin.read(_CHUNK):
                for key, data in found.feed(typed):
                    if key == escapes.LEAVE:
                        return
                    if key == escapes.HELP:
                        self._process.stdout.write(b"\r\n" + escapes.TEXT.encode())
                    else:
                        await self._do(key, data)

    async def _do(self, key: bytes | None, data: bytes) -> None:
        if self._user.role == READER:
            self._complain("you may only watch")
        elif key is None:
            if not await self._console.type(self._watcher, data):
                writer = self._console.writer
                self._complain(f"{writer.name} types; ~t asks them" if writer else "no connection")
        elif key == escapes.BREAK:
            await self._console.send_break(self._watcher)
        elif key == escapes.TAKE:
            self._console.ask(self._watcher)
        elif key == escapes.FORCE and self._user.role == MANAGER:
            self._console.take(self._watcher, forced=True)
        elif key == escapes.GIVE:
            self._console.give(self._watcher, None)
        else:
            self._complain("only managers may do this")

    def _told(self) -> None:
        self._complained = False
        writer = self._console.writer
        if writer is not None and writer is not self._watcher:
            self._remark(f"{writer.name} types; you watch")

    def _asked(self, name: str) -> None:
        self._remark(f"{name} asks to type: ~g lets them")

    def _complain(self, text: str) -> None:
        if not self._complained:
            self._complained = True
            self._remark(text)

    def _remark(self, text: str) -> None:
        self._process.stdout.write(f"\r\n--- {safe_text.one_line(text)} ---\r\n".encode())


def _host_key() -> Any:
    """Return the host key of this conductor; it is made once."""
    path = Path(CONF.state_path).expanduser() / "console-ssh-host-key"
    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_bytes(key.export_private_key())
        part.rename(path)
    return asyncssh.read_private_key(path)

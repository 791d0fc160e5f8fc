# SPDX-License-Identifier: Apache-2.0
"""Root gives up everything but two capabilities, and becomes another user, before it reads the first packet."""

import ctypes
import os
import pwd
import struct
from collections.abc import Callable
from pathlib import Path

from ironic_lite.common import exception, sudo

_NET_BIND_SERVICE, _NET_RAW = 10, 13
NEEDED = {_NET_BIND_SERVICE: "CAP_NET_BIND_SERVICE", _NET_RAW: "CAP_NET_RAW"}
_KEEP_CAPABILITIES, _NO_NEW_PRIVILEGES, _DROP_BOUNDING = 8, 38, 24
_CAPABILITY_VERSION = 0x20080522
_LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")


def drop(user: str | None, hand_over: Callable[[int, int], None]) -> None:
    """Become ``user``, with the two capabilities alone, if this process is root; else check that it has them.

    Call it before any thread is started: capabilities are those of threads.

    :param user: name; None: who called sudo, else ``nobody``.
    :param hand_over: gives files to a user and group, while this process may still do that.
    :raises ConfigInvalid: there is no such user, or a capability is missing.
    """
    if os.geteuid() == 0:
        identity = _user(user)
        hand_over(identity.pw_uid, identity.pw_gid)
        _become(identity)
    missing = [name for number, name in NEEDED.items() if not _has(number)]
    if missing:
        raise exception.ConfigInvalid(
            error_msg=f"The boot service needs {' and '.join(missing)}. Start it as root (it drops all other "
            "privileges), or by its systemd unit, which gives it these capabilities alone."
        )


def _user(name: str | None) -> pwd.struct_passwd:
    try:
        if name is not None:
            return pwd.getpwnam(name)
        return sudo.caller() or pwd.getpwnam("nobody")
    except KeyError:
        raise exception.ConfigInvalid(
            error_msg=f"There is no user {name or 'nobody'}; set [netboot] user to one that exists."
        ) from None


def _become(user: pwd.struct_passwd) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.prctl(_KEEP_CAPABILITIES, 1, 0, 0, 0))
    for number in range(_last_capability() + 1):
        if number not in NEEDED:
            libc.prctl(_DROP_BOUNDING, number, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    wanted = sum(1 << number for number in NEEDED)
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    # Effective, permitted and inheritable; the second three are those above 31.
    values = struct.pack("=6I", wanted, wanted, 0, 0, 0, 0)
    _check(libc.capset(header, values))
    _check(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def _last_capability() -> int:
    try:
        return int(_LAST_CAPABILITY.read_text())
    except (OSError, ValueError):
        return 40


def _has(capability: int) -> bool:
    for line in Path("/proc/thread-self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> capability & 1)
    return False


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise exception.ConfigInvalid(
            error_msg=f"The boot service cannot drop its privileges: {os.strerror(number)}."
        )

# SPDX-License-Identifier: Apache-2.0
"""Faults that can be set on a virtual server at run time."""

import dataclasses
import random
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints


class InvalidFault(ValueError):
    """A fault setting is unknown or has a wrong value; the message lists the accepted ones."""


@dataclasses.dataclass(slots=True)
class Faults:
    """What is wrong with a server now. A fault stays until it is cleared.

    ``bmc_silent``: the BMC answers nothing. ``bmc_answers``: ``"k/n"``, the BMC hears k of every n
    datagrams, irregularly. ``bmc_wrong_password``: the BMC's password has changed.
    ``bmc_sessions_taken``: ``"k/n"``, k of every n logins find all session slots taken.
    ``bmc_late_rakp``: seconds that the BMC computes for each RAKP answer; it computes one at a time.
    ``bmc_codes_before`` and ``bmc_codes_after``: completion codes (``"0xc0,0xc3"``) that take turns as the answer to
    half of all commands, irregularly; the BMC does not execute these commands (before), or does (after).
    ``bmc_refuses_boot_timeout``: the completion code with which the BMC refuses boot option parameter 3.
    ``bmc_one_time_boot``: a persistent boot device is ``refused``, or ``silently`` made one for the next boot.
    ``bmc_vendor``: ``supermicro`` boots from the disk in UEFI mode for selector 0x24 only.
    ``bmc_loses``: power requests (``"on,off,soft"``); the BMC ignores the first after each change of power.
    ``bmc_loses_power_on``: seconds after a power off in which the BMC accepts a power on and ignores it.
    ``bmc_reports_late``: seconds until the BMC shows a change of power.
    ``bmc_restarts``: seconds for which the BMC closes its port after each power request; it also forgets its
    sessions.
    ``ignore_power_off``: power off and soft off are accepted and ignored.
    ``firmware_hangs``: the server boots nothing after it was powered on.
    ``agent_never_boots``: the ramdisk hangs before its agent starts.
    ``agent_command_delay``: seconds added to each agent command.
    ``agent_calls_twice``: every heartbeat arrives twice, at the same time.
    ``agent_calls_once``: an agent that has called does not call again.
    ``agent_dies_on``: the agent dies at this command (``standby.prepare_image`` or ``prepare_image``) or step
    (``erase_devices``); ``agent_dies_when`` says whether in the middle of it or after it.
    ``image_write_fails``: the disk reports an error in the middle of an image.
    ``inspection_error``: the error that the ramdisk reports for an inspection.
    ``stale_agent``: the agent survives its server's power off and keeps sending heartbeats.
    """

    bmc_silent: bool = False
    bmc_answers: str | None = None
    bmc_wrong_password: bool = False
    bmc_sessions_taken: str | None = None
    bmc_late_rakp: float = 0.0
    bmc_codes_before: str | None = None
    bmc_codes_after: str | None = None
    bmc_refuses_boot_timeout: str | None = None
    bmc_one_time_boot: Literal["refused", "silently"] | None = None
    bmc_vendor: Literal["supermicro"] | None = None
    bmc_loses: str | None = None
    bmc_loses_power_on: float = 0.0
    bmc_reports_late: float = 0.0
    bmc_restarts: float = 0.0
    ignore_power_off: bool = False
    firmware_hangs: bool = False
    agent_never_boots: bool = False
    agent_command_delay: float = 0.0
    agent_calls_twice: bool = False
    agent_calls_once: bool = False
    agent_dies_on: str | None = None
    agent_dies_when: Literal["middle", "after"] = "middle"
    image_write_fails: bool = False
    inspection_error: str | None = None
    stale_agent: bool = False

    def update(self, changes: dict[str, Any]) -> None:
        """Set the given faults and keep the others. If one is invalid, none is set.

        :raises InvalidFault: a name is unknown or a value does not fit.
        """
        known = get_type_hints(Faults)
        for name, value in changes.items():
            if name not in known:
                raise InvalidFault(
                    f"Unknown fault {name!r}. Known faults: {', '.join(sorted(known))}."
                )
            _check(name, value, known[name])
        for name, value in changes.items():
            setattr(self, name, value)

    def clear(self) -> None:
        """Make the server healthy."""
        for field in dataclasses.fields(self):
            setattr(self, field.name, field.default)

    def active(self) -> dict[str, Any]:
        """Return the faults that differ from a healthy server."""
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if getattr(self, f.name) != f.default
        }

    def hears_datagram(self, count: int) -> bool:
        """Tell whether the BMC hears its ``count``-th datagram (from 0)."""
        if self.bmc_silent:
            return False
        return self.bmc_answers is None or falls_to(self.bmc_answers, count)

    def sessions_taken(self, count: int) -> bool:
        """Tell whether the ``count``-th login (from 0) finds no free session."""
        return self.bmc_sessions_taken is not None and falls_to(self.bmc_sessions_taken, count)

    def agent_dies(self, when: str, *names: str) -> bool:
        """Tell whether the agent dies at this point of the command or step known by ``names``."""
        return self.agent_dies_on in names and self.agent_dies_when == when


def falls_to(ratio: str, count: int) -> bool:
    """Tell whether the ``count``-th event (from 0) is one of the k in each n of ``"k/n"``."""
    heard, of = parse_ratio(ratio)
    # Each group of n picks its k at random: a fixed pattern could coincide with a client's retries.
    # The same count always gives the same answer.
    window = random.Random(count // of)  # noqa: S311 - a dice, not a secret
    return count % of in window.sample(range(of), heard)


def parse_ratio(text: str) -> tuple[int, int]:
    """Read ``"k/n"`` as (k, n).

    :raises InvalidFault: it is not a ratio between 0/n and n/n.
    """
    answered, slash, of = text.partition("/")
    if slash and answered.isdigit() and of.isdigit() and 0 <= int(answered) <= int(of) > 0:
        return int(answered), int(of)
    raise InvalidFault(f"A ratio must be 'k/n' with 0 <= k <= n and n > 0, not {text!r}.")


def parse_codes(text: str) -> list[int]:
    """Read ``"0xc0,0xc3"`` as completion codes.

    :raises InvalidFault: one is not between 0x01 and 0xff.
    """
    try:
        codes = [int(each, 16) for each in text.split(",")]
    except ValueError:
        codes = []
    if not codes or not all(0x01 <= code <= 0xFF for code in codes):
        raise InvalidFault(f"Completion codes must be like '0xc0,0xc3', not {text!r}.")
    return codes


def parse_requests(text: str) -> list[str]:
    """Read ``"on,off"`` as requests about power.

    :raises InvalidFault: one is not on, off or soft.
    """
    requests = text.split(",")
    if not set(requests) <= {"on", "off", "soft"}:
        raise InvalidFault(f"Requests must be like 'on,off,soft', not {text!r}.")
    return requests


_FORMS: dict[str, Callable[[str], Any]] = {
    "bmc_answers": parse_ratio,
    "bmc_sessions_taken": parse_ratio,
    "bmc_codes_before": parse_codes,
    "bmc_codes_after": parse_codes,
    "bmc_refuses_boot_timeout": parse_codes,
    "bmc_loses": parse_requests,
}


def _check(name: str, value: Any, hint: Any) -> None:
    choices = _choices(hint)
    if choices:
        if value not in choices:
            raise InvalidFault(f"{name} must be one of {choices}, not {value!r}.")
        return
    wanted = get_args(hint) or (hint,)
    if bool in wanted:
        fits = isinstance(value, bool)
    elif float in wanted:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
    else:
        fits = value is None or isinstance(value, str)
    if not fits:
        names = " or ".join(getattr(t, "__name__", str(t)) for t in wanted)
        raise InvalidFault(f"{name} must be {names}, not {value!r}.")
    if name in _FORMS and value is not None:
        _FORMS[name](value)


def _choices(hint: Any) -> tuple[Any, ...]:
    """Return the values of a ``Literal``, and None if the hint allows it."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    literals = [each for each in get_args(hint) if get_origin(each) is Literal]
    return tuple(value for each in literals for value in (*get_args(each), None))

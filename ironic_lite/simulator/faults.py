# SPDX-License-Identifier: Apache-2.0
"""Faults that a virtual server can be told to have, at run time."""

import dataclasses
import random
from typing import Any, Literal, get_args, get_type_hints


class InvalidFault(ValueError):
    """A fault setting is unknown or has a wrong value; the message says which are accepted."""


@dataclasses.dataclass(slots=True)
class Faults:
    """What is wrong with a server now. A fault stays until it is cleared.

    ``bmc_silent``: the BMC answers nothing. ``bmc_answers``: ``"k/n"``, the BMC hears k of every n
    datagrams, irregularly. ``bmc_wrong_password``: the BMC has another password than it had.
    ``ignore_power_off``: power off and soft off are accepted and not done.
    ``agent_never_boots``: the ramdisk hangs before its agent starts.
    ``agent_command_delay``: seconds added to each agent command.
    ``agent_calls_twice``: every heartbeat arrives twice, at the same time.
    ``agent_dies_on``: a command (``standby.prepare_image`` or ``prepare_image``) or step
    (``erase_devices``) at which the agent dies; ``agent_dies_when`` says where in it.
    ``image_write_fails``: the disk reports an error in the middle of an image.
    ``inspection_error``: what the ramdisk reports to have gone wrong in an inspection.
    ``stale_agent``: an agent survives its server's power off as a ghost that goes on with heartbeats.
    """

    bmc_silent: bool = False
    bmc_answers: str | None = None
    bmc_wrong_password: bool = False
    ignore_power_off: bool = False
    agent_never_boots: bool = False
    agent_command_delay: float = 0.0
    agent_calls_twice: bool = False
    agent_dies_on: str | None = None
    agent_dies_when: Literal["middle", "after"] = "middle"
    image_write_fails: bool = False
    inspection_error: str | None = None
    stale_agent: bool = False

    def update(self, changes: dict[str, Any]) -> None:
        """Set the given faults and leave the others; nothing changes if one is invalid.

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
        if self.bmc_answers is None:
            return True
        heard, of = parse_ratio(self.bmc_answers)
        # Which ones of each n differs from one n to the next: a fixed pattern could fall into step
        # with a client's retries. The same count always gives the same answer.
        window = random.Random(count // of)  # noqa: S311 - a dice, not a secret
        return count % of in window.sample(range(of), heard)

    def agent_dies(self, when: str, *names: str) -> bool:
        """Tell whether the agent dies at this point of the command or step known by ``names``."""
        return self.agent_dies_on in names and self.agent_dies_when == when


def parse_ratio(text: str) -> tuple[int, int]:
    """Read ``"k/n"`` as (k, n).

    :raises InvalidFault: it is not a ratio between 0/n and n/n.
    """
    answered, slash, of = text.partition("/")
    if slash and answered.isdigit() and of.isdigit() and 0 <= int(answered) <= int(of) > 0:
        return int(answered), int(of)
    raise InvalidFault(f"bmc_answers must be 'k/n' with 0 <= k <= n and n > 0, not {text!r}.")


def _check(name: str, value: Any, hint: Any) -> None:
    if name == "agent_dies_when":
        if value not in get_args(hint):
            raise InvalidFault(f"agent_dies_when must be one of {get_args(hint)}, not {value!r}.")
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
    if name == "bmc_answers" and value is not None:
        parse_ratio(value)

# SPDX-License-Identifier: Apache-2.0
"""The stages of a network boot, from power on to the first heartbeat of the agent: declared once, for the entries in a
node's journal, for the explanation, for the timeouts and for ``last_error``.

A journal entry of kind ``boot`` has the stage as its subject. Some stages are seen only if the service serves the file
itself, or if the boot service reports them: a later stage implies the earlier ones.
"""

import dataclasses
import enum

from ironic_lite.common import journal as terms


@dataclasses.dataclass(frozen=True)
class Stage:
    """A stage of a boot.

    :param name: the subject of its journal entries.
    :param last: what is said of a server that came no further, after "the server"; ``{times}``: how often.
    :param failed: what is said instead if the stage failed; the problem follows.
    :param advice: what to check then.
    :param timeout: the option of ``[pxe]`` with the seconds that a server may stay at this stage.
    """

    name: str
    last: str
    failed: str
    advice: str
    timeout: str


POWER = Stage(
    name="power on",
    last="was powered on, and nothing has been heard from it since",
    failed="was not powered on",
    advice="Look at its console. Is the network its first boot device? Is the MAC address of the NIC that boots a "
    "port of the node? Is that NIC connected to the provisioning network? Does a DHCP server answer there? (Requests "
    "for addresses are seen only if the DHCP server reports them to the API.)",
    timeout="boot_start_timeout",
)

ADDRESS = Stage(
    name="address",
    last="asked for an address{times}, never for its boot script",
    failed="asked for an address{times}, and has none",
    advice="Is option 67, the name of the boot file, reaching it? Does the TFTP or HTTP server with the boot file "
    "answer? Does iPXE (option 175) get the URL of the API's /boot.ipxe? A second DHCP server on the network may "
    "answer first.",
    timeout="boot_address_timeout",
)

BOOT_FILE = Stage(
    name="boot file",
    last="fetched its boot file{times}, but never asked for its boot script",
    failed="did not get its boot file{times}",
    advice="Look at its console for an error of iPXE or of the firmware. Is the boot file one for its architecture, "
    "and signed if secure boot is on? Does iPXE (option 175) get the URL of the API's /boot.ipxe? Does the server "
    "reach the API at [api] public_endpoint?",
    timeout="boot_address_timeout",
)

_FROM_ELSEWHERE = (
    "Do kernel and ramdisk come from servers that it reaches? Does the kernel start, and has it a driver for the NIC? "
    "Has the server enough memory? Does the ramdisk get an address, and does it reach the API at its ipa-api-url "
    "(route, name, certificate, clock)?"
)

SCRIPT = Stage(
    name="script",
    last="asked for its boot script{times}, and no agent has called since",
    failed="asked for its boot script{times}, and got none",
    advice=f"Look at its console. {_FROM_ELSEWHERE}",
    timeout="boot_ramdisk_timeout",
)

KERNEL = Stage(
    name="kernel",
    last="asked for its kernel{times}, and no agent has called since",
    failed="could not load its kernel{times}",
    advice="Can the server reach the address of the kernel? Is the file a kernel for its architecture, and signed if "
    "secure boot is on? Look at the server's console.",
    timeout="boot_ramdisk_timeout",
)

RAMDISK = Stage(
    name="ramdisk",
    last="asked for its ramdisk{times}, and no agent has called since",
    failed="could not load its ramdisk{times}",
    advice=f"Look at its console. {_FROM_ELSEWHERE}",
    timeout="boot_ramdisk_timeout",
)

LOOKUP = Stage(
    name="lookup",
    last="has an agent, which asked for its node but sent no heartbeat",
    failed="has an agent, which did not get its token",
    advice="Look at the agent's log on its console. Does the agent still reach the API? Is its address one that the "
    "service connects to, and does it use TLS if [agent] require_tls is set?",
    timeout="boot_agent_timeout",
)

HEARTBEAT = Stage(
    name="heartbeat",
    last="has an agent, which has called",
    failed="has an agent, whose heartbeat was refused",
    advice="Look at the agent's log: has it crashed, does it still reach the API?",
    timeout="boot_agent_timeout",
)

STAGES = (POWER, ADDRESS, BOOT_FILE, SCRIPT, KERNEL, RAMDISK, LOOKUP, HEARTBEAT)
"""In the order of a boot."""

BY_NAME = {stage.name: stage for stage in STAGES}

ISO_IMAGE = "ISO image"
VOLUME = "volume"
"""Subjects of what an instance boots over the network; they are no stages on the way to an agent."""

SERVED = {
    "deploy_kernel": KERNEL.name,
    "rescue_kernel": KERNEL.name,
    "kernel": KERNEL.name,
    "deploy_ramdisk": RAMDISK.name,
    "rescue_ramdisk": RAMDISK.name,
    "ramdisk": RAMDISK.name,
    "boot_iso": ISO_IMAGE,
}
"""The subject for each field of a node whose image the API serves to a server that boots."""

REPORTED = {"kernel": KERNEL.name, "ramdisk": RAMDISK.name, "iso": ISO_IMAGE, "volume": VOLUME}
"""The subject for each word with which a boot script says what it could not load."""


class BootEvent(enum.StrEnum):
    """What the boot service saw of a server."""

    OFFERED = "dhcp-offered"
    """The server asked for an address, and got an offer."""
    ACKNOWLEDGED = "dhcp-acknowledged"
    """The server has an address."""
    BOOT_FILE_NAMED = "boot-file-named"
    """Another DHCP server gives the address; this service told what to boot."""
    NOT_ANSWERED = "dhcp-not-answered"
    """The service gave no answer; the detail says why."""
    REFUSED = "dhcp-refused"
    """The service told the client that it cannot have the address that it wants."""
    WENT_ELSEWHERE = "dhcp-went-elsewhere"
    """The server took the offer of another DHCP server."""
    ADDRESS_IN_USE = "address-in-use"
    """The server found its address used by another one."""
    FILE_SENT = "boot-file-sent"
    """The server fetched a boot file to its end."""
    FILE_FAILED = "boot-file-failed"
    """The server did not get a boot file, or not all of it."""


@dataclasses.dataclass(frozen=True)
class Event:
    """What a boot service reports.

    :param meaning: the text of the journal entry.
    """

    stage: Stage
    outcome: str
    meaning: str


EVENTS = {
    BootEvent.OFFERED: Event(ADDRESS, terms.STARTED, "an address was offered"),
    BootEvent.ACKNOWLEDGED: Event(ADDRESS, terms.DONE, "the server has its address"),
    BootEvent.BOOT_FILE_NAMED: Event(
        ADDRESS, terms.DONE, "another DHCP server gives the address; the boot file was named"
    ),
    BootEvent.NOT_ANSWERED: Event(ADDRESS, terms.FAILED, "the request was not answered"),
    BootEvent.REFUSED: Event(
        ADDRESS, terms.FAILED, "the server wanted an address that it cannot have"
    ),
    BootEvent.WENT_ELSEWHERE: Event(
        ADDRESS, terms.FAILED, "the server took the offer of another DHCP server"
    ),
    BootEvent.ADDRESS_IN_USE: Event(
        ADDRESS, terms.FAILED, "the server found its address used by another"
    ),
    BootEvent.FILE_SENT: Event(BOOT_FILE, terms.DONE, "the boot file was sent"),
    BootEvent.FILE_FAILED: Event(BOOT_FILE, terms.FAILED, "the boot file was not sent to its end"),
}
"""The events that ``POST /v1/boot_events`` takes, by kind."""

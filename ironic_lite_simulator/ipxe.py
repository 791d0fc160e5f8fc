# SPDX-License-Identifier: Apache-2.0
"""The part of iPXE's script language that provisioning services use (https://ipxe.org/scripting).

Functions passed in fetch the files; the outcome says what the firmware does next.
"""

import asyncio
import dataclasses
import itertools
import re
import urllib.parse
from collections.abc import Awaitable, Callable
from typing import Literal

MAX_LINES_RUN = 1000
MAX_CHAINS = 8
MAX_SLEEP = 10.0

_BLANKS = re.compile(r"[ \t\v\f\r]+")
_ISCSI = "iscsi:"
# RFC 4173: host, protocol, port, LUN and target.
_PATH = re.compile(r"iscsi:(\[[0-9a-fA-F:.]+\]|[^:\[]*):\d*:\d*:[0-9a-fA-F-]*:(?P<target>.+)")
_FIRST_DRIVE = "0x80"
RunIf = Literal["always", "failed", "succeeded"]
_OPERATORS: dict[str, RunIf] = {"||": "failed", "&&": "succeeded", ";": "always"}

NOT_FOUND = "2d0c613b"
NO_CONNECTION = "0f0a6039"
_BAD_SCRIPT = "2e008001"

FetchScript = Callable[[str], Awaitable[bytes]]
# Downloads a file and returns its size in bytes: nobody reads a virtual kernel.
Download = Callable[[str], Awaitable[int]]


class ScriptError(Exception):
    """A script cannot be run; the message holds the line and what is wrong with it."""


class FetchError(Exception):
    """A file could not be fetched.

    :param number: iPXE's error number.
    """

    def __init__(self, message: str, number: str = NO_CONNECTION):
        super().__init__(message)
        self.number = number


@dataclasses.dataclass(slots=True)
class BootFile:
    """A kernel or initrd: where it came from, its arguments and its size in bytes."""

    url: str
    arguments: str
    size: int


@dataclasses.dataclass(frozen=True, slots=True)
class Volume:
    """An iSCSI volume that a script connects: its paths, the initiator's name, and the CHAP user if there is one."""

    urls: tuple[str, ...]
    initiator: str
    user: str

    @property
    def target(self) -> str:
        """The name of the iSCSI target."""
        path = _PATH.fullmatch(self.urls[0])
        return path["target"] if path else ""


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """``boot`` with a kernel, ``exit`` to the next boot device, ``disk``, ``iso`` or ``volume`` (sanboot), ``reboot``.

    Of an ISO image, ``kernel`` holds the image. ``volumes`` are all connected volumes, the one to boot first.
    """

    action: Literal["boot", "exit", "disk", "iso", "volume", "reboot"]
    kernel: BootFile | None = None
    initrds: tuple[BootFile, ...] = ()
    volumes: tuple[Volume, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Statement:
    """One command of a line; ``run_if`` says how it depends on the previous one."""

    words: tuple[str, ...]
    run_if: RunIf


@dataclasses.dataclass(frozen=True, slots=True)
class Script:
    """A parsed script: its lines, and the line that follows each label."""

    lines: tuple[tuple[Statement, ...], ...]
    labels: dict[str, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """A script as it was fetched, and from where."""

    url: str
    text: str


def parse(text: str) -> Script:
    """Read a script.

    :raises ScriptError: it does not start with ``#!ipxe``.
    """
    raw = [line.removesuffix("\r") for line in text.split("\n")]
    if not raw or raw[0].strip() != "#!ipxe":
        raise ScriptError("Not an iPXE script: the first line must be '#!ipxe'.")
    lines: list[tuple[Statement, ...]] = []
    labels: dict[str, int] = {}
    for line in _joined(raw[1:]):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped.startswith(":"):
            labels[stripped[1:].split()[0]] = len(lines)
            continue
        lines.append(_statements(stripped))
    return Script(tuple(lines), labels)


def _joined(lines: list[str]) -> list[str]:
    joined: list[str] = []
    pending = ""
    for line in lines:
        if line.endswith("\\"):
            pending += line[:-1]
            continue
        joined.append(pending + line)
        pending = ""
    return [*joined, pending] if pending else joined


def _statements(line: str) -> tuple[Statement, ...]:
    statements: list[Statement] = []
    words: list[str] = []
    run_if: RunIf = "always"
    for word in _BLANKS.split(line):
        if word.startswith("#"):
            break
        if word not in _OPERATORS:
            words.append(word)
            continue
        statements.append(Statement(tuple(words), run_if))
        words = []
        run_if = _OPERATORS[word]
    statements.append(Statement(tuple(words), run_if))
    return tuple(statements)


class Firmware:
    """An iPXE that runs scripts for one network card.

    ``settings`` are the variables known before a script starts, such as ``mac`` and ``uuid``.
    """

    def __init__(
        self, settings: dict[str, str], fetch_script: FetchScript, download: Download
    ) -> None:
        self._variables = dict(settings)
        self._fetch_script = fetch_script
        self._download = download
        self._kernel: BootFile | None = None
        self._initrds: list[BootFile] = []
        self._volumes: dict[str, Volume] = {}
        self._lines_run = 0

    async def run(self, url: str) -> Outcome:
        """Fetch a script and run it, and the scripts that it chains to.

        :raises FetchError: a file that the script needs could not be fetched.
        :raises ScriptError: the script is wrong or does not end.
        """
        source = await self._fetch(url)
        for _ in range(MAX_CHAINS):
            outcome = await self._run_script(parse(source.text), source.url)
            if isinstance(outcome, Outcome):
                return outcome
            source = outcome
        raise ScriptError(f"More than {MAX_CHAINS} scripts chained; the last was {source.url}.")

    async def _fetch(self, url: str) -> Source:
        return Source(url, (await self._fetch_script(url)).decode("utf-8", "replace"))

    def expand(self, text: str) -> str:
        """Replace ``${...}`` by the variable's value; an unknown variable becomes an empty string."""
        return re.sub(r"\$\{([^}]*)\}", lambda m: self._value(m.group(1)), text)

    def _value(self, name: str) -> str:
        name, _, kind = name.partition(":")
        if name not in self._variables:
            name = re.sub(r"^net\d+/", "", name)
        value = self._variables.get(name, "")
        match kind:
            case "hexhyp":
                return value.replace(":", "-")
            case "hexraw":
                return value.replace(":", "")
            case "uristring":
                return urllib.parse.quote(value, safe="")
        return value

    async def _run_script(self, script: Script, base: str) -> Outcome | Source:
        """Run the script; return its outcome, or the script that it chains to."""
        position = 0
        while position < len(script.lines):
            self._lines_run += 1
            if self._lines_run > MAX_LINES_RUN:
                raise ScriptError(f"The script did not end within {MAX_LINES_RUN} lines: {base}")
            line = script.lines[position]
            position += 1
            error: Exception | None = None
            for statement in line:
                if statement.run_if == "failed" and error is None:
                    continue
                if statement.run_if == "succeeded" and error is not None:
                    continue
                words = [w for w in map(self.expand, statement.words) if w]
                if not words:
                    error = None
                    continue
                if words[0] == "goto":
                    position = _label(script, words)
                    error = None
                    break
                try:
                    result = await self._command(words, base)
                except (FetchError, ScriptError, ValueError) as exc:
                    error = exc
                    self._variables["errno"] = getattr(exc, "number", _BAD_SCRIPT)
                    continue
                error = None
                if result is not None:
                    return result
            if isinstance(error, ValueError):
                raise ScriptError(f"Wrong number in a line of {base}: {error}") from error
            if error is not None:
                raise error
        return self._boot() if self._kernel else Outcome("exit")

    async def _command(self, words: list[str], base: str) -> Outcome | Source | None:
        name, *rest = words
        rest = _without_options(rest)
        match name:
            case "kernel" | "imgselect" | "imgload":
                self._kernel = await self._load(rest, base)
            case "initrd" | "module" | "imgfetch":
                fetched = await self._load(rest, base)
                # Scripts use imgfetch for requests whose answer is not booted.
                self._initrds += [fetched] if name != "imgfetch" else []
            case "boot":
                if rest:
                    self._kernel = await self._load(rest, base)
                return self._boot()
            case "chain" if rest:
                return await self._fetch(urllib.parse.urljoin(base, rest[0]))
            case "sanhook":
                self._volumes[_drive(words)] = self._connect(rest)
            case "sanboot":
                return await self._boot_san(_drive(words), rest, base)
            case "exit":
                return Outcome("exit")
            case "reboot":
                return Outcome("reboot")
            case "sleep" if rest:
                await asyncio.sleep(min(float(rest[0]), MAX_SLEEP))
            case "chain" | "shell" | "poweroff":
                raise ScriptError(
                    f"The virtual firmware does not know the command: {' '.join(words)}"
                )
            case _:
                self._set_or_test(name, rest)
        return None

    def _set_or_test(self, name: str, rest: list[str]) -> None:
        """Run a command that needs no network; echo, dhcp, console and the like do nothing here."""
        match name:
            case "imgargs" if self._kernel:
                self._kernel.arguments = " ".join(rest[1:])
            case "imgfree":
                self._kernel, self._initrds = None, []
            case "set" if rest:
                self._variables[rest[0].partition(":")[0]] = " ".join(rest[1:])
            case "inc" if rest:
                step = int(rest[1]) if len(rest) > 1 else 1
                self._variables[rest[0]] = str(int(self._value(rest[0]) or 0) + step)
            case "clear" if rest:
                self._variables.pop(rest[0], None)
            case "isset" if not rest:
                raise ScriptError("isset: not set.")
            case "iseq" if len(rest) != 2 or rest[0] != rest[1]:
                raise ScriptError(f"iseq: {' '.join(rest)} differ.")

    async def _boot_san(self, drive: str, urls: list[str], base: str) -> Outcome:
        if urls and not urls[0].startswith(_ISCSI):
            return Outcome("iso", await self._load(urls, base))
        first = self._connect(urls) if urls else self._volumes.pop(drive, None)
        if first is None:
            return Outcome("disk")
        return Outcome("volume", volumes=(first, *self._volumes.values()))

    def _connect(self, urls: list[str]) -> Volume:
        """Connect a volume; no target is contacted."""
        if not urls or not all(_PATH.fullmatch(url) for url in urls):
            raise ScriptError(f"Not addresses of an iSCSI volume: {' '.join(urls)}")
        initiator = self._value("initiator-iqn")
        if not initiator:
            raise ScriptError("initiator-iqn is not set.")
        user, password = self._value("username"), self._value("password")
        if bool(user) is not bool(password):
            raise ScriptError("Only one of username and password is set.")
        return Volume(tuple(urls), initiator, user)

    async def _load(self, words: list[str], base: str) -> BootFile:
        if not words:
            raise ScriptError("A file name is missing.")
        url = urllib.parse.urljoin(base, words[0])
        size = await self._download(url)
        if not size:
            raise FetchError(f"{url} is empty.")
        return BootFile(url, " ".join(words[1:]), size)

    def _boot(self) -> Outcome:
        if self._kernel is None:
            raise ScriptError("boot without a kernel.")
        return Outcome("boot", self._kernel, tuple(self._initrds))


def _label(script: Script, words: list[str]) -> int:
    if len(words) != 2 or words[1] not in script.labels:
        raise ScriptError(f"No such label: {' '.join(words[1:])}")
    return script.labels[words[1]]


def _drive(words: list[str]) -> str:
    """Return the drive that the options of a command name, or the first one."""
    for option, value in itertools.pairwise(words):
        if option in ("--drive", "-d"):
            return value
    return _FIRST_DRIVE


def _without_options(words: list[str]) -> list[str]:
    """Drop leading options; an option that takes a value is dropped with its value."""
    with_value = {"--name", "-n", "--timeout", "-t", "--cmdline", "-c", "--drive", "-d"}
    rest = list(words)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in with_value and rest:
            rest.pop(0)
    return rest


def kernel_parameters(arguments: str) -> dict[str, str]:
    """Read kernel arguments as ``name=value``; a bare word has an empty value."""
    pairs = (word.partition("=") for word in arguments.split())
    return {name: value for name, _, value in pairs}

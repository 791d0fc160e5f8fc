# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite``: one command, with sub-commands that are imported when they run."""

import argparse
import gc
import importlib
import os
import select
import sys
from collections.abc import Callable, Sequence

from ironic_lite.common import concurrency, safe_text

PROG = "ironic-lite"

COMMANDS = {
    "up": "API and conductor in this one process, with the embedded database",
    "api": "an API process of a cluster",
    "conductor": "a conductor of a cluster",
    "netboot": "DHCP, TFTP and HTTP for servers that boot over the network",
    "db": "create or upgrade the database's tables; show their version",
    "ramdisk": "build a kernel and an initramfs with the agent; look into others",
    "rack": "a virtual rack of servers with BMCs, for trying things out",
    "demo": "a virtual rack, enrolled, cleaned and deployed while you watch",
    "explain": "why a node is in its state, and what you can do next",
    "enrol": "search networks for BMCs; list and accept discovered servers",
    "console": "the serial console of a node in this terminal; its log",
    "logs": "the logs of a node's ramdisk, collected when its operation failed",
    "trace": "where the time of an operation went, as a waterfall",
    "plan": "what an operation would do to a node, step by step, without doing it",
    "image": "images in the store of the service: add, list, show, remove",
    "status": "check configuration, database, broker, conductors and API",
}

_STANDALONE = frozenset(
    {"console", "rack", "demo", "enrol", "explain", "logs", "plan", "image", "trace"}
)
"""Commands that need no configuration file."""

_EXTRAS = {"rack": "rack", "demo": "rack", "console": "console"}
"""Commands whose dependencies are in an extra of the package."""

_GC_THRESHOLD = 1_000_000
"""Objects that may come into being before the collector looks at them, until the services run. What they import stays;
with Python's own default, to look at it again and again is an eighth of a start."""

_USAGE_ERROR = 2

_READER_LEFT = 141
"""The exit status that shells give a program that SIGPIPE has ended."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command.

    :returns: the exit status: 0; 1 when the command failed; 2 for mistakes in the command line or the configuration;
        141 when the reader of its output has closed the pipe, as in ``| head -1``.
    """
    try:
        try:
            return _main(argv)
        finally:
            _flush()
    except BrokenPipeError:
        if not _reader_has_left():
            raise
        return _READER_LEFT


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _reader_has_left() -> bool:
    """Tell whether the output pipe is broken; if so, drop the rest of the output to exit without a message."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    if not any(event & select.POLLERR for _, event in poll.poll(0)):
        return False
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return True


def _main(argv: Sequence[str] | None) -> int:
    given, rest = global_options().parse_known_args(sys.argv[1:] if argv is None else argv)
    if not rest or rest[0] in ("-h", "--help"):
        print(_help())
        return 0 if rest else _USAGE_ERROR
    if rest[0] == "--version":
        from ironic_lite.version import __version__

        print(__version__)
        return 0
    name, arguments = rest[0], list(rest[1:])
    if name not in COMMANDS:
        print(
            f"{PROG}: there is no command '{safe_text.one_line(name)}'. Try '{PROG} --help'.",
            file=sys.stderr,
        )
        return _USAGE_ERROR
    if name not in _STANDALONE:
        gc.set_threshold(_GC_THRESHOLD)
    concurrency.setup()
    return _run(name, arguments, given)


def _run(name: str, arguments: list[str], given: argparse.Namespace) -> int:
    from ironic_lite.cmd import preflight, roles
    from ironic_lite.common import exception

    command = load(name)
    try:
        if name not in _STANDALONE and not {"-h", "--help"} & set(arguments):
            preflight.configure(
                given.config_file,
                given.config_dir,
                given.debug or None,
                roles.ROLES.get(name),
            )
        return command(arguments)
    except (
        exception.ConfigInvalid,
        exception.EncryptionKeyMissing,
        exception.DriverNotFoundInEntrypoint,
        exception.DriverLoadError,
        exception.NoValidDefaultForInterface,
    ) as exc:
        for line in exc.message.splitlines():
            print(f"{PROG} {name}: {safe_text.one_line(line)}", file=sys.stderr)
        return _USAGE_ERROR
    except exception.IronicLiteError as exc:
        print(f"{PROG} {name}: {safe_text.lines(exc.message)}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as exc:
        if name not in _EXTRAS:
            raise
        print(
            f"{PROG} {name}: the Python module '{exc.name}' is not installed. Install it with: "
            f"pip install 'ironic-lite[{_EXTRAS[name]}]'",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 130


def load(name: str) -> Callable[[list[str]], int]:
    """Return the function that runs a command."""
    command: Callable[[list[str]], int] = importlib.import_module(f"ironic_lite.cmd.{name}").main
    return command


def global_options() -> argparse.ArgumentParser:
    """Return the parser of the options before the command."""
    parser = argparse.ArgumentParser(prog=PROG, add_help=False, allow_abbrev=False)
    parser.add_argument("--config-file", action="append", default=[])
    parser.add_argument("--config-dir", action="append", default=[])
    parser.add_argument("--debug", action="store_true")
    return parser


def _help() -> str:
    listed = "\n".join(f"  {name:<11}{what}" for name, what in COMMANDS.items())
    return f"""\
Usage: {PROG} [--config-file FILE] [--config-dir DIRECTORY] [--debug] COMMAND ...
       {PROG} --help | --version

Bare-metal provisioning with Ironic's API.

Commands:
{listed}

Options:
  --config-file FILE      read this file; may be given several times. Without it {PROG}.conf is looked for in
                          ~/.{PROG} and /etc/{PROG}, and need not exist
  --config-dir DIRECTORY  read all *.conf of this directory too
  --debug                 log more

Run '{PROG} COMMAND --help' for the options of a command.
IRONIC_LITE_THREADS=green in the environment chooses green threads."""


if __name__ == "__main__":
    sys.exit(main())

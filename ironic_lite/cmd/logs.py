# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite logs NODE``: the logs of the node's ramdisk, which were collected when its operation failed."""

import argparse
import io
import json
import sys
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ironic_lite.cmd import arguments, rest
from ironic_lite.common import exception, safe_text

Row = dict[str, Any]

_MOST_SHOWN = 256 * 1024 * 1024
"""Bytes of unpacked logs that are printed; an archive may hold far more than its size."""


def main(argv: list[str]) -> int:
    """Print logs, list them, or store their archive.

    :returns: the exit status: 0.
    :raises Refused: when there are none, or the API refuses or cannot be reached.
    """
    parser = argparse.ArgumentParser(prog="ironic-lite logs", description=__doc__)
    parser.add_argument("node", type=arguments.node, help="UUID or name")
    parser.add_argument("--list", action="store_true", help="only list what was collected")
    parser.add_argument("--id", type=int, help="logs with this number in the list; the newest ones")
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="store the archive (tar.gz) instead of printing it",
    )
    rest.add_options(parser)
    given = parser.parse_args(argv)
    read = rest.reader(given.api)
    path = f"{rest.record('nodes', given.node)}/logs"
    answer = read(path, {})
    if given.list:
        lines = map(safe_text.one_line, _lines(answer["logs"]))
        print(json.dumps(answer, indent=2) if given.json else "\n".join(lines))
        return 0
    content = read(f"{path}/{given.id or _newest(answer['logs'])}", {})
    if given.output is not None:
        _store(content, given.output)
        return 0
    for line in _unpacked(content):
        sys.stdout.write(line)
    return 0


def _lines(collected: list[Row]) -> Iterator[str]:
    if not collected:
        yield "No logs of this node's ramdisk were collected."
    for one in collected:
        what = one["name"] or "not collected"
        number = one["id"] if one["id"] is not None else "-"
        yield (
            f"{number:>6}  {one['created_at'][:19]}  {one['conductor'] or '-'}  {one['state'] or '-'}  {what}: "
            f"{one['detail'] or ''}"
        )


def _newest(collected: list[Row]) -> int:
    for one in collected:
        if one["id"] is not None:
            number: int = one["id"]
            return number
    why = f" The last attempt: {collected[0]['detail']}" if collected else ""
    raise rest.Refused(reason=f"no logs of this node's ramdisk were collected.{why}")


def _store(content: bytes, path: Path) -> None:
    try:
        path.touch(mode=0o600)
        path.write_bytes(content)
    except OSError as exc:
        raise exception.ConfigInvalid(error_msg=f"--output {path}: {exc.strerror}") from None


def _unpacked(content: bytes) -> Iterator[str]:
    """Yield the texts of an archive, safe for a terminal. Nothing is written to a disk."""
    left = _MOST_SHOWN
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|gz") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file is None:
                    continue
                yield f"==> {safe_text.one_line(member.name)} <==\n"
                for line in file:
                    left -= len(line)
                    if left < 0:
                        yield "The rest is not shown: --output stores the archive.\n"
                        return
                    yield safe_text.one_line(line.decode(errors="replace").rstrip("\r\n")) + "\n"
    except (tarfile.TarError, OSError, EOFError, zlib.error) as exc:
        raise rest.Refused(
            reason=f"the archive cannot be read ({exc}); --output stores it as it is"
        ) from None

# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite image add|list|show|remove``: the images in the store of the service."""

import argparse
import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ironic_lite.cmd import arguments, decompression, rest, sending
from ironic_lite.common import safe_text

Row = dict[str, Any]

_KERNEL, _RAMDISK = "kernel", "ramdisk"
_GONE = 404
_LISTED = ("name", "status", "disk_format", "image_type", "size", "cpu_arch", "owner", "uuid")


def main(argv: list[str]) -> int:
    """Add, list, show or remove images; returns the exit status.

    :raises Refused: when the API refuses it, or cannot be reached.
    """
    given = _parser().parse_args(argv)
    done: int = given.run(given, rest.requester(given.api))
    return done


def _parser() -> argparse.ArgumentParser:
    parser = arguments.parser("image", __doc__)
    commands = parser.add_subparsers(required=True, metavar="add|list|show|remove")
    add = commands.add_parser(
        "add",
        help="send an image of this machine or of a web server to the store; again after an interruption to go on with "
        "it",
    )
    add.set_defaults(run=_add)
    add.add_argument(
        "what",
        metavar="FILE",
        help="file or URL, perhaps compressed (gzip, xz, zstd, bzip2); or the name of a kernel with its ramdisk",
    )
    add.add_argument("--name", help="its name; default is that of the file without its ending")
    add.add_argument("--kernel", type=Path, help="file of a kernel, to add it with its ramdisk")
    add.add_argument("--ramdisk", type=Path, help="file of its ramdisk")
    add.add_argument(
        "--default",
        action="append",
        choices=["deploy", "rescue"],
        default=[],
        help="nodes without a ramdisk of their own boot this kernel and ramdisk; may be given twice",
    )
    add.add_argument("--arch", help="architecture, such as x86_64 (properties/cpu_arch of nodes)")
    add.add_argument(
        "--type", choices=["whole-disk", "partition"], help="default is what the image looks like"
    )
    add.add_argument("--format", choices=["raw", "qcow2", "iso"], help="refuse other formats")
    add.add_argument(
        "--sha256", help="refuse the image if neither it nor its compressed file has this checksum"
    )
    add.add_argument("--public", action="store_true", help="all projects may use it")
    add.add_argument(
        "--boots-with",
        metavar="NAME",
        help="name of a stored kernel with its ramdisk that a partition image boots with",
    )
    add.add_argument(
        "--property", action="append", default=[], metavar="NAME=VALUE", type=_property
    )
    listing = commands.add_parser("list", help="all images that you may use")
    listing.set_defaults(run=_list)
    show = commands.add_parser("show", help="one image, and who has its bytes")
    show.set_defaults(run=_show)
    remove = commands.add_parser("remove", help="remove images")
    remove.set_defaults(run=_remove)
    show.add_argument("image", help="name or UUID")
    remove.add_argument("image", nargs="+", help="name or UUID")
    for command in (add, listing, show, remove):
        rest.add_options(command)
    return parser


def _property(text: str) -> tuple[str, str]:
    name, is_one, value = text.partition("=")
    if not name or not is_one:
        raise argparse.ArgumentTypeError(f"must be NAME=VALUE, not {text!r}")
    return name, value


def _add(given: argparse.Namespace, send: rest.Requester) -> int:
    if (given.kernel is None) != (given.ramdisk is None):
        raise rest.Refused(reason="give both --kernel and --ramdisk, or neither")
    if given.default and given.kernel is None:
        raise rest.Refused(reason="--default needs --kernel and --ramdisk")
    if given.kernel is not None:
        return _add_pair(given, send)
    is_url = given.what.startswith(("http://", "https://"))
    file = Path(urllib.parse.urlsplit(given.what).path if is_url else given.what)
    fields = {
        "name": given.name or _name_of(file),
        "source": given.what if is_url else None,
        "disk_format": given.format,
        "image_type": given.type,
        "sha256": given.sha256,
        **_common(given),
    }
    if given.boots_with:
        for part in (_KERNEL, _RAMDISK):
            fields[part] = _get(send, f"{given.boots_with}.{part}")["uuid"]
    _report(given, sending.image(send, given.what if is_url else file, fields))
    return 0


def _name_of(file: Path) -> str:
    """Return the name of a file without its ending, and without that of its compression."""
    if file.suffix in decompression.ENDINGS:
        file = file.with_suffix("")
    return file.name.removesuffix(file.suffix)


def _add_pair(given: argparse.Namespace, send: rest.Requester) -> int:
    name = given.name or given.what
    common = _common(given)
    ramdisk = sending.image(
        send, given.ramdisk, {"name": f"{name}.{_RAMDISK}", "disk_format": _RAMDISK, **common}
    )
    fields = {"name": f"{name}.{_KERNEL}", "disk_format": _KERNEL, "ramdisk": ramdisk["uuid"]}
    kernel = sending.image(send, given.kernel, {**fields, **common})
    if given.default:
        patch = [{"op": "add", "path": "/default_for", "value": sorted(set(given.default))}]
        kernel = rest.document(send("PATCH", f"images/{kernel['uuid']}", json=patch))
    _report(given, kernel, ramdisk)
    return 0


def _common(given: argparse.Namespace) -> Row:
    return {
        "cpu_arch": given.arch,
        "public": given.public,
        "properties": dict(given.property),
    }


def _report(given: argparse.Namespace, *images: Row) -> None:
    if given.json:
        print(json.dumps(images[0] if len(images) == 1 else images, indent=2))
        return
    for image in images:
        print(
            safe_text.one_line(
                f"Image {image['name']} is stored: {sending.size(image['size'])}, {image['disk_format']}, SHA-256 "
                f"{image['sha256']}"
            )
        )


def _list(given: argparse.Namespace, send: rest.Requester) -> int:
    rows: list[Row] = []
    query: Row = {"detail": "true"}
    while True:
        page = rest.document(send("GET", "images", params=query))
        rows += page["images"]
        if "next" not in page:
            break
        query["marker"] = rows[-1]["uuid"]
    if given.json:
        print(json.dumps(rows, indent=2))
        return 0
    table = [
        _LISTED,
        *(
            [sending.size(row[f]) if f == "size" else str(row[f] or "") for f in _LISTED]
            for row in rows
        ),
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        print(safe_text.one_line(line.rstrip()))
    return 0


def _show(given: argparse.Namespace, send: rest.Requester) -> int:
    image = _get(send, given.image)
    places = rest.document(send("GET", f"images/{image['uuid']}/locations"))["locations"]
    image.pop("links")
    if given.json:
        print(json.dumps({**image, "locations": places}, indent=2))
        return 0
    for name, value in image.items():
        if value not in (None, "", [], {}):
            shown = json.dumps(value) if isinstance(value, list | dict) else value
            print(safe_text.one_line(f"{name}: {shown}"))
    for place in places:
        state = "" if place["alive"] else f", not seen since {place['seen_at']}"
        print(safe_text.one_line(f"on {place['host']} ({place['url']}{state})"))
    return 0


def _remove(given: argparse.Namespace, send: rest.Requester) -> int:
    for ident in given.image:
        for name in _meant(send, ident):
            rest.document(send("DELETE", rest.record("images", name)))
            print(safe_text.one_line(f"Image {name} is removed"))
    return 0


def _meant(send: rest.Requester, ident: str) -> Iterator[str]:
    """Yield the image of this name; or, if there is none, the kernel and the ramdisk of this name."""
    pair = [f"{ident}.{part}" for part in (_KERNEL, _RAMDISK)]
    if send("GET", rest.record("images", ident)).status_code != _GONE:
        yield ident
    elif all(send("GET", rest.record("images", name)).ok for name in pair):
        yield from pair
    else:
        yield ident


def _get(send: rest.Requester, ident: str) -> Row:
    found: Row = rest.document(send("GET", rest.record("images", ident)))
    return found

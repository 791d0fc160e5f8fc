# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite console NODE``: the server's serial console in this terminal, or its log."""

import argparse
import base64
import contextlib
import json
import os
import select
import sys
import termios
import threading
import time
import tty
from collections.abc import Iterator, Mapping
from typing import Any

from ironic_lite.cmd import arguments, rest
from ironic_lite.common import console_escapes as escapes
from ironic_lite.common import json_reading, safe_text

_PAUSE = 1.0
"""Seconds between two looks at a log that is followed."""
_CHUNK = 4096
_REQUESTS = {
    escapes.BREAK: {"do": "break"},
    escapes.TAKE: {"do": "take"},
    escapes.FORCE: {"do": "take", "force": True},
    escapes.GIVE: {"do": "give"},
}


def main(argv: list[str]) -> int:
    """Attach this terminal to a console, or print the console's log.

    :returns: the exit status: 0.
    :raises Refused: when the API refuses or cannot be reached, or the console ends.
    """
    parser = argparse.ArgumentParser(prog="ironic-lite console", description=__doc__)
    parser.add_argument("node", type=arguments.node, help="UUID or name")
    parser.add_argument("--log", action="store_true", help="print the console's log instead")
    parser.add_argument("--follow", action="store_true", help="with --log: go on printing")
    parser.add_argument("--since", metavar="TIME", help="with --log: from this time on")
    parser.add_argument("--until", metavar="TIME", help="with --log: up to this time")
    parser.add_argument(
        "--times", action="store_true", help="with --log: each part with its time and operation"
    )
    rest.add_address(parser)
    given = parser.parse_args(argv)
    path = f"{rest.record('nodes', given.node)}/console"
    if given.log:
        limits = {"since": given.since, "until": given.until}
        query = {name: value for name, value in limits.items() if value is not None}
        for record in _records(rest.reader(given.api), f"{path}/log", query, given.follow):
            _print(record, given.times)
        return 0
    return _attach(rest.sender(given.api)(f"{path}/token", {}))


def _records(
    read: rest.Reader, path: str, query: Mapping[str, Any], follow: bool
) -> Iterator[dict[str, Any]]:
    position = 0
    while True:
        page = read(path, {**query, "position": position})
        yield from page["records"]
        position = page["position"]
        if page["complete"]:
            if not follow:
                return
            time.sleep(_PAUSE)


def _print(record: Mapping[str, Any], times: bool) -> None:
    out = sys.stdout.buffer
    if record["kind"] == "output":
        data = base64.b64decode(record["data"])
        if times:
            head = f"{record['time']}  {record['operation'] or '-'}  "
            lines = data.decode(errors="replace").splitlines()
            data = "".join(f"{head}{safe_text.one_line(line)}\n" for line in lines).encode()
        out.write(data)
    elif record["kind"] == "gap":
        begun = record["from"] or "the beginning"
        out.write(_remark(f"no console from {begun} to {record['time']}: {record['text']}"))
    else:
        out.write(_remark(f"{record['time']}: {record['text']}"))
    out.flush()


def _remark(text: str) -> bytes:
    return f"\r\n--- {safe_text.one_line(text)} ---\r\n".encode()


# -- attached --------------------------------------------------------------------------------------------------------


def _attach(token: Mapping[str, Any]) -> int:
    # Imported here because only this needs the library.
    from websockets.exceptions import ConnectionClosed, WebSocketException
    from websockets.sync.client import connect

    try:
        client = connect(f"{token['url']}?token={token['token']}")
    except (OSError, WebSocketException) as exc:
        raise rest.Refused(reason=f"no WebSocket of the API: {exc}") from None
    ended: list[str] = []

    def show() -> None:
        with contextlib.suppress(ConnectionClosed):
            for message in client:
                if isinstance(message, bytes):
                    sys.stdout.buffer.write(message)
                else:
                    sys.stdout.buffer.write(_told(json_reading.read(message), ended))
                sys.stdout.buffer.flush()
        client.close()

    with client, _raw():
        sys.stdout.buffer.write(_remark("~. leaves, ~? helps"))
        sys.stdout.buffer.flush()
        showing = threading.Thread(target=show, daemon=True)
        showing.start()
        with contextlib.suppress(ConnectionClosed):
            _type(client, showing)
    if ended:
        raise rest.Refused(reason=ended[0])
    return 0


def _type(client: Any, showing: threading.Thread) -> None:
    """Send what is typed until somebody leaves, or the console ends."""
    found = escapes.Escapes()
    source = sys.stdin.fileno()
    while showing.is_alive():
        if not select.select([source], [], [], 0.2)[0]:
            continue
        typed = os.read(source, _CHUNK)
        if not typed:
            return
        for key, data in found.feed(typed):
            if key is None:
                client.send(data)
            elif key == escapes.LEAVE:
                return
            elif key == escapes.HELP:
                sys.stdout.buffer.write(b"\r\n" + escapes.TEXT.encode())
                sys.stdout.buffer.flush()
            else:
                client.send(json.dumps(_REQUESTS[key]))


def _told(message: Mapping[str, Any], ended: list[str]) -> bytes:
    """Return what to print for a message about the console."""
    if "refused" in message or "ended" in message:
        text = str(message.get("refused") or message.get("ended"))
        if "ended" in message or "token" in text:
            ended.append(text)
        return _remark(text)
    if "asks" in message:
        return _remark(f"{message['asks']} asks to type: ~g lets them")
    if message.get("state") != "connected":
        return _remark(f"{message.get('state')}: {message.get('detail')}")
    writer = message.get("writer")
    if writer and not message.get("writing"):
        return _remark(f"{writer} types; you watch")
    return b""


@contextlib.contextmanager
def _raw() -> Iterator[None]:
    """Context manager: each key is sent as it is typed."""
    source = sys.stdin.fileno()
    if not os.isatty(source):
        yield
        return
    before = termios.tcgetattr(source)
    tty.setraw(source)
    try:
        yield
    finally:
        termios.tcsetattr(source, termios.TCSADRAIN, before)
        sys.stdout.write("\r\n")

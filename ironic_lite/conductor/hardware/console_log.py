# SPDX-License-Identifier: Apache-2.0
"""What clients get of a console's log, and what lets them watch it."""

import base64
import datetime
import math
import shutil
from typing import Any

from ironic_lite.common import exception
from ironic_lite.conductor.cluster.identity import current
from ironic_lite.conductor.consoles import log, tokens
from ironic_lite.conductor.consoles.engine import logs_directory
from ironic_lite.conductor.consoles.records import Kind, Record
from ironic_lite.conductor.hardware import console
from ironic_lite.conductor.task_manager import TaskManager

Row = dict[str, Any]

_MOST = 256 * 1024
"""Bytes of output in one answer."""
_MOST_RECORDS = 2000


def read(task: TaskManager, position: int, since: float | None, until: float | None) -> Row:
    """See ``HardwareCalls.read_console_log``."""
    directory = logs_directory(current().host) / task.node.uuid
    records: list[Row] = []
    size, is_whole = 0, True
    for record, after in log.read(directory, position, since or 0.0):
        # As answers show it, so that a time of an answer finds its record.
        at = math.floor(record.at * 1000) / 1000
        if until is not None and at > until:
            break
        if since is None or at >= since:
            if size + len(record.data) > _MOST or len(records) >= _MOST_RECORDS:
                is_whole = False
                break
            size += len(record.data)
            records.append(_shown(record))
        position = after
    return {"records": records, "position": position, "complete": is_whole}


def issue_token(task: TaskManager, user: str, writes: bool, forces: bool) -> Row:
    """See ``HardwareCalls.issue_console_token``."""
    if not task.driver.console.has_stream:
        raise exception.UnsupportedDriverExtension(
            driver=task.node.driver, extension="console that can be watched"
        )
    console.information(task)
    token = console.engine().tokens.issue(task.node.uuid, user, writes, forces)
    return {"token": token, "expires_in": int(tokens.LIFE)}


def entrance(task: TaskManager) -> Row:
    """See ``HardwareCalls.get_console_entrance``."""
    if not task.node.console_enabled:
        raise exception.NodeConsoleNotEnabled(node=task.node.uuid)
    host, port = console.engine().entrance()
    return {"host": host, "port": port}


def remove(node_uuid: str) -> None:
    """Remove the log of a node that is deleted. Idempotent; what cannot be removed stays."""
    shutil.rmtree(logs_directory(current().host) / node_uuid, ignore_errors=True)


def _shown(record: Record) -> Row:
    row: Row = {
        "time": _moment(record.at),
        "kind": record.kind.name.lower(),
        "operation": record.operation or None,
    }
    if record.kind is Kind.OUTPUT:
        return {**row, "data": base64.b64encode(record.data).decode()}
    text = record.data.decode(errors="replace")
    if record.kind is Kind.GAP:
        begun, _, text = text.partition(" ")
        row["from"] = None if begun == "-" else _moment(float(begun))
    return {**row, "text": text}


def _moment(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="milliseconds")

# SPDX-License-Identifier: Apache-2.0
"""The minimum time of a list of nodes: that of reading its rows with the plain database driver, and encoding them."""

from __future__ import annotations

import contextlib
import json
import pathlib
import sqlite3
import time

import orjson

from tests.bench.client import Client

_JSON = frozenset(
    {
        "clean_step",
        "deploy_step",
        "driver_info",
        "driver_internal_info",
        "extra",
        "instance_info",
        "network_data",
        "properties",
        "raid_config",
        "service_step",
        "target_raid_config",
    }
)
"""Columns that are kept as JSON text, and are values in the reply."""


class Floor:
    """Reads the content of `GET /v1/nodes/detail` of a running service from its SQLite file.

    :param port: the port of the service
    """

    def __init__(self, file: pathlib.Path, port: int) -> None:
        self._file = file
        with Client(port) as client:
            shown = client.call("GET", "/v1/nodes/detail?limit=1")["nodes"][0]
        with self._connect() as database:
            present = [row[1] for row in database.execute("PRAGMA table_info(nodes)")]
        self._columns = [name for name in present if name in shown]

    def _connect(self) -> contextlib.closing[sqlite3.Connection]:
        return contextlib.closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True))

    def measure(self, limit: int, rounds: int) -> list[float]:
        """Read and encode a page; return the milliseconds of each round."""
        query = f"SELECT {', '.join(self._columns)} FROM nodes ORDER BY id LIMIT {limit}"
        samples = []
        with self._connect() as database:
            for _ in range(rounds):
                begun = time.perf_counter()
                rows = [self._decoded(row) for row in database.execute(query)]
                body = orjson.dumps({"nodes": rows})
                samples.append((time.perf_counter() - begun) * 1000)
                assert len(json.loads(body)["nodes"]) == len(rows)
        return samples

    def _decoded(self, row: tuple[object, ...]) -> dict[str, object]:
        record = dict(zip(self._columns, row, strict=True))
        for name in _JSON & record.keys():
            text = record[name]
            record[name] = orjson.loads(text) if isinstance(text, str) else {}
        return record

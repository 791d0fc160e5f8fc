# SPDX-License-Identifier: Apache-2.0
"""The vocabulary that API and conductor share: versioned objects, and the only door to the database."""

import importlib


def register_all() -> None:
    """Make every object known to the serializer. Each process calls it once, before RPC starts."""
    for name in ("node", "port", "conductor"):
        importlib.import_module(f"{__name__}.{name}")

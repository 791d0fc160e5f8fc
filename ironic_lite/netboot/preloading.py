# SPDX-License-Identifier: Apache-2.0
"""Imports what libraries would import at their first use: the user that the process becomes may not read the files."""

import importlib

_LATE = (
    "concurrent.futures.thread",
    "email.utils",
    "encodings.idna",
    "encodings.unicode_escape",
    "requests",
    "stringprep",
    "traceback",
    "urllib3.util.wait",
    "uvicorn.lifespan.off",
    "uvicorn.protocols.http.httptools_impl",
)


def preload() -> None:
    """Import it all."""
    for name in _LATE:
        importlib.import_module(name)

# SPDX-License-Identifier: Apache-2.0
"""The REST API."""

import sys

_UNUSED = ("jinja2", "pygments")


def _import_pecan() -> None:
    """Import pecan without what it only needs for HTML pages, and takes in wherever it is installed.

    That costs start-up time and memory.
    """
    absent = {name: None for name in _UNUSED if name not in sys.modules}
    sys.modules.update(absent)  # type: ignore[arg-type]
    try:
        import pecan  # noqa: F401 - for what the import does
    finally:
        for name in absent:
            del sys.modules[name]


_import_pecan()

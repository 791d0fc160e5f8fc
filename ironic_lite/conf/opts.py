# SPDX-License-Identifier: Apache-2.0
"""What oslo-config-generator reads to write the sample configuration."""

from typing import Any

from ironic_lite import conf


def list_opts() -> list[tuple[str, list[Any]]]:
    """All options, group by group."""
    grouped: dict[str, list[Any]] = {}
    for module in conf.GROUPS:
        grouped.setdefault(module.GROUP or "DEFAULT", []).extend(module.OPTS)
    return list(grouped.items())

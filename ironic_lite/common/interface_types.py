# SPDX-License-Identifier: Apache-2.0
"""The kinds of work that hardware interfaces do, by their names in the field."""

INTERFACE_TYPES = (
    "bios",
    "boot",
    "console",
    "deploy",
    "firmware",
    "inspect",
    "management",
    "network",
    "power",
    "raid",
    "rescue",
    "storage",
    "vendor",
)

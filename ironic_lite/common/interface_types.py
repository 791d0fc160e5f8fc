# SPDX-License-Identifier: Apache-2.0
"""The types of hardware interfaces."""

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

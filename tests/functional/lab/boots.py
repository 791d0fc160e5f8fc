# SPDX-License-Identifier: Apache-2.0
"""How long machines take to boot."""

from ironic_lite_simulator.virtual_machine import firmware

BOOT = 180.0 if firmware.accelerated() else 600.0
"""Seconds within which a machine boots a ramdisk or a disk, on an idle computer."""

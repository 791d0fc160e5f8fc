# SPDX-License-Identifier: Apache-2.0
"""Servers of the rack that are virtual machines of QEMU."""

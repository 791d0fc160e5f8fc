# SPDX-License-Identifier: Apache-2.0
"""Whole-disk images that boot on virtual machines, made of Debian's packages."""

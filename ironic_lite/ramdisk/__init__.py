# SPDX-License-Identifier: Apache-2.0
"""Builds ramdisks with the agent from Debian's packages, and looks into those of others.

``builder`` makes one from a ``recipe``; what goes into it is below ``data``.
"""

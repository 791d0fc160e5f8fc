# SPDX-License-Identifier: Apache-2.0
"""Agents in ramdisks: lookup, heartbeats, and what happens when one is lost."""

# SPDX-License-Identifier: Apache-2.0
"""Looks into ramdisks without running or unpacking them.

Files come from anywhere, so everything is read in pieces, within limits, and nothing is written.
"""

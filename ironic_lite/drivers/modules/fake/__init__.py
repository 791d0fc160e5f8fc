# SPDX-License-Identifier: Apache-2.0
"""Interfaces that succeed at once and touch nothing."""

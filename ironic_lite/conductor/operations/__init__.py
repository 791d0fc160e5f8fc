# SPDX-License-Identifier: Apache-2.0
"""Running an operation on a node: the engine, steps, journal, plans, and recovery after a crash."""

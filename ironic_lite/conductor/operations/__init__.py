# SPDX-License-Identifier: Apache-2.0
"""Running an operation on a node: the engine, its steps and journal, plans, and what goes on after a crash."""

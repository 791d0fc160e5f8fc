# SPDX-License-Identifier: Apache-2.0
"""What a cluster does when its parts die: faults injected under load, invariants checked from outside."""

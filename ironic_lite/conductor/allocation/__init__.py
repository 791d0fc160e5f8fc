# SPDX-License-Identifier: Apache-2.0
"""Finding nodes for allocations."""

# SPDX-License-Identifier: Apache-2.0
"""Discovery: servers that no node is known for become nodes, and known servers are recognised."""

# SPDX-License-Identifier: Apache-2.0
"""A conductor in the cluster: its identity, keepalives, hash ring and worker pool."""

# SPDX-License-Identifier: Apache-2.0
"""Alembic's environment; see ``ironic_lite.db.migration``."""

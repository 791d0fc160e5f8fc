# SPDX-License-Identifier: Apache-2.0
"""Runs the migrations on the connection from ``ironic_lite.db.migration``."""

from alembic import context

from ironic_lite.db import models

context.configure(
    connection=context.config.attributes["connection"], target_metadata=models.METADATA
)
with context.begin_transaction():
    context.run_migrations()

# SPDX-License-Identifier: Apache-2.0
"""Nodes and ports have a revision, which each change of them renews."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("nodes", "ports"):
        op.add_column(table, sa.Column("revision", sa.String(16)))

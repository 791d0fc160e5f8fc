# SPDX-License-Identifier: Apache-2.0
"""How often a server did what an entry of its node's journal says."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("node_journal", sa.Column("times", sa.Integer))

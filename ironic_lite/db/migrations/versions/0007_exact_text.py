# SPDX-License-Identifier: Apache-2.0
"""Text that differs in blanks at its end is different text on MariaDB too."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NOT_OURS = "alembic_version"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name not in ("mysql", "mariadb"):
        return
    # The names of MariaDB's and MySQL's collations that compare all bytes, those of blanks among them.
    mariadb = getattr(connection.dialect, "is_mariadb", False)
    collation = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"
    for table in sa.inspect(connection).get_table_names():
        if table != _NOT_OURS:
            op.execute(f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4 COLLATE {collation}")

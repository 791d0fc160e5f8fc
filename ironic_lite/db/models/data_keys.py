# SPDX-License-Identifier: Apache-2.0
"""What secrets in the other tables are encrypted with."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, UUID, table

DATA_KEYS = table(
    "data_keys",
    sa.Column("uuid", UUID, nullable=False),
    sa.Column("wrapped_by", NAME, nullable=False),
    sa.Column("wrapped", sa.Text, nullable=False),
    sa.Column("in_rekey", sa.Boolean, nullable=False),
    sa.UniqueConstraint("uuid", name="uniq_data_keys_uuid"),
)
"""A data key, itself encrypted by the wrapping key that ``wrapped_by`` names. The newest is written with; none is ever
deleted. ``in_rekey``: older keys, and plain values, are being replaced by it."""

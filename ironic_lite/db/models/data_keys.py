# SPDX-License-Identifier: Apache-2.0
"""What secrets in the other tables are encrypted with."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, column, identity, table

DATA_KEYS = table(
    "data_keys",
    identity(),
    column("wrapped_by", NAME, nullable=False),
    column("wrapped", sa.Text, nullable=False),
    column("in_rekey", sa.Boolean, nullable=False),
    sa.UniqueConstraint("uuid", name="uniq_data_keys_uuid"),
)
"""A data key, itself encrypted by the wrapping key that ``wrapped_by`` names. The newest is written with; none is ever
deleted. ``in_rekey``: older keys, and plain values, are being replaced by it."""

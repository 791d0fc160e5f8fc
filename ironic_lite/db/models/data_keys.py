# SPDX-License-Identifier: Apache-2.0
"""The data keys for the secrets in the other tables."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, column, identity, table

DATA_KEYS = table(
    "data_keys",
    identity(),
    column("wrapped_by", NAME, nullable=False),
    column("wrapped", sa.Text, nullable=False),
    column("in_rekey", sa.Boolean, nullable=False),
)
"""A data key, encrypted by the wrapping key that ``wrapped_by`` names. Writes use the newest; none is ever deleted.
``in_rekey``: a rekeying that encrypts all secrets with this key has not ended."""

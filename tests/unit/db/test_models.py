# SPDX-License-Identifier: Apache-2.0
"""The declarations of columns."""

import pytest
import sqlalchemy as sa

from ironic_lite.common import redaction
from ironic_lite.db import models, types
from ironic_lite.db.models.base import column, facts_of, guards_of

COLUMNS = [column for table in models.METADATA.sorted_tables for column in table.c]
JSON = [column for column in COLUMNS if isinstance(column.type, types.JSONDict | types.JSONList)]
TEXT = [column for column in COLUMNS if isinstance(column.type, sa.String | types.FailureText)]

WORDS = {
    "allocations.candidate_nodes",
    "allocations.traits",
    "bios_settings.allowable_values",
    "conductors.drivers",
    "images.default_for",
    "images.firmware",
}
"""Lists of words that are no secrets."""


@pytest.mark.parametrize("column", JSON, ids=str)
def test_json_is_searched_for_secrets(column: sa.Column[object]) -> None:
    assert (facts_of(column).secret is None) == (str(column) in WORDS)


@pytest.mark.parametrize("column", TEXT, ids=str)
def test_text_that_is_secret_by_name_is_encrypted_or_stays_here(column: sa.Column[object]) -> None:
    if redaction.is_secret_key(column.name):
        secret = facts_of(column).secret
        assert facts_of(column).internal or (secret is not None and secret.whole)


def test_the_agents_token_is_one_of_them() -> None:
    assert redaction.is_secret_key("agent_secret_token")
    assert guards_of(models.NODES)["agent_secret_token"].whole


def test_new_json_is_searched_without_being_asked_to() -> None:
    assert facts_of(column("facts", types.JSONDict)).secret is not None
    assert facts_of(column("steps", types.LongJSONList)).secret is not None
    assert facts_of(column("words", types.JSONList, secret=None)).secret is None


@pytest.mark.parametrize("table", models.METADATA.sorted_tables, ids=str)
def test_secrets_are_bound_to_a_column_that_names_the_record(table: sa.Table) -> None:
    if guards_of(table):
        assert table.info["record"] in table.c

# SPDX-License-Identifier: Apache-2.0
"""The release after this one: a copy of the code in which nodes have one more field."""

import shutil
from pathlib import Path

import ironic_lite

NAME = "0.2"
FIELD = "asset_tag"

_MIGRATION = '''
"""Nodes have the label that an asset register knows them by."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("nodes", sa.Column("asset_tag", sa.String(255)))
'''

EDITS = {
    "db/models/nodes.py": (
        '    column("shard", NAME',
        '    column("asset_tag", NAME, since="0.2", notified=True),\n    column("shard", NAME',
    ),
    "api/resources/node.py": (
        '        Field(name="description"',
        '        Field(name="asset_tag", since=51, filter=types.TEXT, **BOTH),\n'
        '        Field(name="description"',
    ),
}
"""File -> what stands there, and what stands there with the field: its column and its declaration in the API."""

_RELEASE = (
    "RELEASES: dict[str, Release] = {\n",
    '    "0.1": Release(rpc="1.3"),\n',
    '    "0.2": Release(rpc="1.3"),\n',
)


def make(directory: Path) -> Path:
    """Write the next release there; returns what has to be on the path of Python to run it."""
    package = directory / "ironic_lite"
    source = Path(ironic_lite.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (before, after) in EDITS.items():
        _replace(package / name, before, after)
    (package / "db" / "migrations" / "versions" / "0009_asset_tags.py").write_text(_MIGRATION)
    heading, this, following = _RELEASE
    _replace(package / "common" / "release_mappings.py", heading + this, heading + this + following)
    return directory


def _replace(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert text.count(before) == 1, f"{path} has {before!r} {text.count(before)} times"
    path.write_text(text.replace(before, after))

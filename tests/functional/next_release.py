# SPDX-License-Identifier: Apache-2.0
"""The release after this one: a copy of the code in which nodes have one more field."""

import shutil
from pathlib import Path

import ironic_lite
from ironic_lite.common.release_mappings import RELEASES

NAME = "0.2"
FIELD = "asset_tag"

_VERSIONS = Path(ironic_lite.__file__).parent / "db" / "migrations" / "versions"
_HEAD = int(max(_VERSIONS.glob("[0-9]*.py")).name[:4])

_MIGRATION = f'''
"""Nodes have the label that an asset register knows them by."""

import sqlalchemy as sa
from alembic import op

revision = "{_HEAD + 1:04}"
down_revision = "{_HEAD:04}"
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

_RPC = RELEASES["0.1"].rpc
_RELEASE = (
    "RELEASES: dict[str, Release] = {\n",
    f'    "0.1": Release(rpc="{_RPC}"),\n',
    f'    "0.2": Release(rpc="{_RPC}"),\n',
)


def make(directory: Path) -> Path:
    """Write the next release there; returns what has to be on the path of Python to run it."""
    package = directory / "ironic_lite"
    source = Path(ironic_lite.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (before, after) in EDITS.items():
        _replace(package / name, before, after)
    migration = package / "db" / "migrations" / "versions" / f"{_HEAD + 1:04}_asset_tags.py"
    migration.write_text(_MIGRATION)
    heading, this, following = _RELEASE
    _replace(package / "common" / "release_mappings.py", heading + this, heading + this + following)
    return directory


def _replace(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert text.count(before) == 1, f"{path} has {before!r} {text.count(before)} times"
    path.write_text(text.replace(before, after))

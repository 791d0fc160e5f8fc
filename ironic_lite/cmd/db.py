# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite db``: the database's tables."""

from ironic_lite.cmd import arguments, database
from ironic_lite.db import migration


def main(argv: list[str]) -> int:
    """Run ``upgrade`` or ``version``; the configuration has been read already.

    :returns: the exit status: 0, or 1 when ``version`` finds tables that this release cannot use.
    :raises IronicLiteError: with the one line to show.
    """
    parser = arguments.parser("db", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("upgrade", help="create the tables, or bring them up to this release")
    commands.add_parser("version", help="show the revision of the tables")
    if parser.parse_args(argv).command == "upgrade":
        print(f"The database is at revision {migration.upgrade()}.")
        return 0
    current, head = database.revision(), migration.head()
    migration.refuse_newer(current)
    if current == head:
        print(f"{current} (up to date)")
        return 0
    print(f"{current or 'no tables'} (this release needs {head}; run 'ironic-lite db upgrade')")
    return 1

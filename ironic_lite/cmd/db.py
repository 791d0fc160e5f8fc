# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite db``: the database's tables, and the keys of the secrets in them."""

from ironic_lite.cmd import arguments, database
from ironic_lite.db import migration


def main(argv: list[str]) -> int:
    """Run one of the commands; the configuration has been read already.

    :returns: the exit status: 0, or 1 when ``version`` finds tables that this release cannot use, when ``keys`` finds
        values that are not encrypted or cannot be decrypted, or when ``rekey`` could not encrypt all values anew.
    :raises IronicLiteError: with a message of one line for the user.
    """
    parser = arguments.parser("db", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("upgrade", help="create the tables, or upgrade them to this release")
    commands.add_parser("version", help="show the revision of the tables")
    commands.add_parser("rekey", help="encrypt all secrets with a new key, while the service runs")
    commands.add_parser("keys", help="show which keys encrypt the secrets")
    key = commands.add_parser("key", help="create the key file")
    key.add_argument(
        "--add",
        action="store_true",
        help="put a new key in front of the existing keys, which still decrypt old secrets",
    )
    given = parser.parse_args(argv)
    match given.command:
        case "upgrade":
            print(f"The database is at revision {database.upgrade()}.")
            return 0
        case "version":
            return _version()
        case "rekey":
            return _rekey()
        case "keys":
            return _keys()
        case _:
            return _key(given.add)


def _version() -> int:
    current, head = database.revision(), migration.head()
    migration.check_known(current)
    if current == head:
        print(f"{current} (up to date)")
        return 0
    print(f"{current or 'no tables'} (this release needs {head}; run 'ironic-lite db upgrade')")
    return 1


def _rekey() -> int:
    from ironic_lite.db.encryption import rekey

    database.require()
    tally = rekey.run(lambda line: print(line, flush=True))
    _print_unreadable(tally.unreadable)
    if tally.left or tally.written:
        print(
            f"{tally.left or tally.written} rows changed in the meantime; run this command again."
        )
        return 1
    print(f"All {tally.by_key.total()} secrets are encrypted.")
    return 1 if tally.unreadable else 0


def _keys() -> int:
    from ironic_lite.db.encryption import data_keys, rekey

    database.require()
    tally = rekey.look()
    for row in data_keys.all_rows():
        made = row["created_at"].isoformat(sep=" ", timespec="seconds")
        number = row["id"]
        print(
            f"data key {number}: {tally.by_key[number]} secrets, made {made}, wrapped by {row['wrapped_by']}"
        )
    print(
        f"not encrypted: {tally.plain} secrets"
        + (" (run 'ironic-lite db rekey')" if tally.plain else "")
    )
    _print_unreadable(tally.unreadable)
    return 1 if tally.plain or tally.unreadable else 0


def _print_unreadable(places: list[str]) -> None:
    for place in places:
        print(f"cannot be decrypted; set a new value: {place}")


def _key(add: bool) -> int:
    from ironic_lite.common import exception
    from ironic_lite.db.encryption.wrapping import local

    file = local.path()
    if add:
        print(
            f"{local.add(file)} is the first key in {file}. Copy the file to all processes, then run "
            "'ironic-lite db rekey'."
        )
        return 0
    if file.exists():
        raise exception.ConfigInvalid(
            error_msg=f"The key file {file} exists already. Run 'ironic-lite db key --add' to add a new key to it."
        )
    local.make_if_missing()
    print(
        f"Created {file}. Copy it to all hosts that use this database, and keep a backup apart from the database's "
        "backup."
    )
    return 0

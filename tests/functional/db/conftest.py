# SPDX-License-Identifier: Apache-2.0
"""A migrated, empty database of each kind, and the configuration that names it."""

from collections.abc import Callable, Iterator

import pytest

from ironic_lite.common import context
from ironic_lite.conf import CONF
from ironic_lite.db import engine, migration, models

KINDS = ("sqlite", "mariadb", "postgresql")


@pytest.fixture(scope="session", autouse=True)
def configuration() -> None:
    """The defaults; no file is read."""
    CONF([], project="ironic-lite", default_config_files=[])


@pytest.fixture
def use_database() -> Iterator[Callable[[str], None]]:
    """``use_database(url)``: sets the database of this process for one test."""

    def use(url: str) -> None:
        engine.dispose()
        CONF.set_override("connection", url, group="database")

    yield use
    engine.dispose()
    CONF.clear_override("connection", group="database")


@pytest.fixture
def empty_database(use_database: Callable[[str], None], database_url: str) -> str:
    """A database without tables."""
    use_database(database_url)
    return database_url


def _new_url(kind: str, request: pytest.FixtureRequest) -> str:
    if kind == "sqlite":
        directory = request.getfixturevalue("tmp_path_factory").mktemp("db")
        return f"sqlite:///{directory}/ironic-lite.sqlite"
    url: str = request.getfixturevalue(f"{kind}_server").create_database()
    return url


@pytest.fixture(scope="session")
def migrated_url(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """``migrated_url(kind)``: one database with tables per kind and test process."""
    made: dict[str, str] = {}

    def get(kind: str) -> str:
        if kind not in made:
            made[kind] = _new_url(kind, request)
            CONF.set_override("connection", made[kind], group="database")
            migration.upgrade()
        return made[kind]

    return get


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which database: the test runs once on each."""
    value: str = request.param
    return value


@pytest.fixture
def database(
    kind: str, migrated_url: Callable[[str], str], use_database: Callable[[str], None]
) -> str:
    """A database with empty tables."""
    url = migrated_url(kind)
    use_database(url)
    with engine.writer() as connection:
        for table in reversed(models.METADATA.sorted_tables):
            if table is models.MUTEXES:
                # Its rows are part of the tables' making.
                connection.execute(table.update().values(holder=None, held_at=None))
            elif table is not models.DATA_KEYS:
                connection.execute(table.delete())
    return url


@pytest.fixture
def admin() -> context.RequestContext:
    return context.admin_context()

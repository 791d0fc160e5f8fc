# SPDX-License-Identifier: Apache-2.0
"""The services for the stories: real processes, one of each kind per test process."""

from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from tests.functional.deployment import Deployment
from tests.stories import access_service as access


def _all_in_one(
    directory: Path,
    options: dict[str, dict[str, object]],
    credentials: tuple[str, str] | None = None,
) -> Deployment:
    deployment = Deployment(
        directory,
        database=f"sqlite:///{directory}/ironic-lite.sqlite",
        options=options,
        credentials=credentials,
    )
    deployment.start_all_in_one()
    return deployment


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """API and conductor with the fake hardware, without authentication."""
    with _all_in_one(tmp_path_factory.mktemp("stories"), {}) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def guarded_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The same with http_basic; its users are ``ada`` (``lovelace``) and ``grace`` (``hopper: navy``)."""
    directory = tmp_path_factory.mktemp("guarded-stories")
    entries = {"ada": b"lovelace", "grace": b"hopper: navy"}
    users = directory / "htpasswd"
    users.write_text(
        "".join(
            f"{user}:{bcrypt.hashpw(password, bcrypt.gensalt(rounds=4)).decode()}\n"
            for user, password in entries.items()
        )
    )
    options: dict[str, dict[str, object]] = {
        "DEFAULT": {"auth_strategy": "http_basic", "http_basic_auth_user_file": users}
    }
    with _all_in_one(directory, options, credentials=("ada", "lovelace")) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def access_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[access.Service]:
    """A service in this process, with users of every role in every relation to a node."""
    with access.running(tmp_path_factory.mktemp("access")) as service:
        yield service

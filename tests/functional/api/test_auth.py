# SPDX-License-Identifier: Apache-2.0
"""http_basic: the users' file is watched, and mistakes in it stop the start, not the service."""

from collections.abc import Callable
from pathlib import Path

import bcrypt
import pytest
import requests

from tests.functional.deployment import Deployment
from tests.functional.servers.process import ServerFailed
from tests.waiting import PATIENCE, wait_for


def _entry(user: str, password: str) -> str:
    return f"{user}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=4)).decode()}\n"


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def _status(service: Deployment, user: str, password: str) -> int:
    return requests.get(
        f"{service.api_url}/v1/nodes", auth=(user, password), timeout=PATIENCE
    ).status_code


def _options(users: Path) -> dict[str, dict[str, object]]:
    return {"DEFAULT": {"auth_strategy": "http_basic", "http_basic_auth_user_file": users}}


def test_file_is_watched(
    make_deployment: Callable[..., Deployment], sqlite_url: str, tmp_path: Path
) -> None:
    """A new password takes effect, the old one is refused, and a broken file changes nothing."""
    users = tmp_path / "htpasswd"
    users.write_text(_entry("ada", "one"))
    service = make_deployment(
        database=sqlite_url, options=_options(users), credentials=("ada", "one")
    )
    service.start_all_in_one()
    assert _status(service, "ada", "one") == 200
    _replace(users, _entry("ada", "two"))
    wait_for(lambda: _status(service, "ada", "two") == 200, "the new password")
    assert _status(service, "ada", "one") == 401
    _replace(users, "this is no htpasswd file\n")

    def complained() -> bool:
        assert _status(service, "ada", "two") == 200
        return "not a bcrypt entry" in (tmp_path / "all-in-one.log").read_text()

    wait_for(complained, "a word about the file in the log")
    _replace(users, _entry("grace", "three"))
    wait_for(lambda: _status(service, "grace", "three") == 200, "the new user")
    assert _status(service, "ada", "two") == 401


@pytest.mark.parametrize("text", [None, "ada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"])
def test_wrong_file_stops_the_start(
    make_deployment: Callable[..., Deployment], sqlite_url: str, tmp_path: Path, text: str | None
) -> None:
    users = tmp_path / "htpasswd"
    if text is not None:
        users.write_text(text)
    service = make_deployment(database=sqlite_url, options=_options(users))
    with pytest.raises(ServerFailed, match="htpasswd"):
        service.start_all_in_one()

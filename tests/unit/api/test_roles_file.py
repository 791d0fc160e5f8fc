# SPDX-License-Identifier: Apache-2.0
"""The file of roles for http_basic."""

from pathlib import Path

import pytest

from ironic_lite.api.middleware.roles import RolesFile
from ironic_lite.common import exception
from tests.waiting import wait_for


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "roles.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "ada: {roles: [admin], system_scope: all}",
            {"roles": ["admin", "manager", "member", "reader"], "system_scope": "all"},
        ),
        (
            "ada: {roles: [member], project_id: navy}",
            {"roles": ["member", "reader"], "project_id": "navy"},
        ),
        (
            "ada: {roles: [reader, captain], project_id: navy}",
            {"roles": ["reader", "captain"], "project_id": "navy"},
        ),
        (
            "ada: {roles: [service], system_scope: all}",
            {"roles": ["service"], "system_scope": "all"},
        ),
        ("grace: {roles: [admin], system_scope: all}", {"roles": []}),
        ("", {"roles": []}),
    ],
)
def test_roles_of_a_user(tmp_path: Path, text: str, expected: dict[str, object]) -> None:
    assert RolesFile(str(_file(tmp_path, text))).of("ada") == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- ada", "a mapping of users"),
        ("ada: [admin]", "user ada must have only"),
        ("ada: {roles: [admin], system_scope: all, project: navy}", "user ada must have only"),
        ("ada: {roles: admin, system_scope: all}", "list of names"),
        ("ada: {system_scope: all}", "list of names"),
        ("ada: {roles: [admin]}", "either 'system_scope: all' or a project_id"),
        ("ada: {roles: [admin], system_scope: all, project_id: x}", "either"),
        ("ada: {roles: [admin], system_scope: some}", "the system_scope of user"),
        ("ada: {roles: [admin], project_id: 17}", "put it in quotes"),
        ("ada: {roles: [admin], project_id: ''}", "must be a string"),
        ("ada: {roles: [", "is not valid YAML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(exception.ConfigInvalid, match=complaint):
        RolesFile(str(_file(tmp_path, text)))


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(exception.ConfigInvalid, match="cannot be read"):
        RolesFile(str(tmp_path / "absent.yaml"))


def test_file_is_watched(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A new role takes effect soon; a broken file has no effect."""
    path = _file(tmp_path, "ada: {roles: [reader], project_id: navy}")
    roles = RolesFile(str(path))
    path.write_text("ada: {roles: [nobody]}")
    wait_for(
        lambda: roles.of("ada")["roles"] == ["reader"] and "either" in caplog.text,
        "a word about the file",
    )
    path.write_text("ada: {roles: [service], project_id: navy}")
    wait_for(lambda: roles.of("ada")["roles"] == ["service"], "the new role")

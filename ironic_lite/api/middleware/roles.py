# SPDX-License-Identifier: Apache-2.0
"""Roles of http_basic's users, in the whole system or in one project.

    ada:
      roles: [admin]
      system_scope: all
    grace:
      roles: [member]
      project_id: navy

Roles imply each other as in Keystone: an admin is a manager, a manager a member, a member a reader. Users who are not
in the file have no roles, and may do nothing.
"""

from typing import Any

import yaml

from ironic_lite.api.middleware.watched_file import WatchedFile
from ironic_lite.common import exception

_RANKS = ("admin", "manager", "member", "reader")
_KEYS = {"roles", "system_scope", "project_id"}


class RolesFile:
    """The roles file, which is read again when it changes.

    :raises ConfigInvalid: the file cannot be read or is invalid.
    """

    def __init__(self, path: str):
        self._path = path
        self._file = WatchedFile("http_basic_roles_file", path, self._parse)

    def of(self, user: str) -> dict[str, Any]:
        """Return ``roles``, and ``system_scope`` or ``project_id``, as arguments of a context."""
        return self._file.content.get(user, {"roles": []})

    def _parse(self, text: str) -> dict[str, dict[str, Any]]:
        try:
            users = yaml.safe_load(text)
        except yaml.YAMLError as exc:
            raise self._wrong(f"is not valid YAML: {exc}") from None
        except RecursionError:
            raise self._wrong("is nested too deeply") from None
        if users is None:
            return {}
        if not isinstance(users, dict):
            raise self._wrong("must be a mapping of users")
        return {str(user): self._user(str(user), entry) for user, entry in users.items()}

    def _user(self, user: str, entry: Any) -> dict[str, Any]:
        if not isinstance(entry, dict) or not set(entry) <= _KEYS:
            raise self._wrong(
                f"user {user} must have only the keys roles, system_scope and project_id"
            )
        roles = entry.get("roles")
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise self._wrong(f"the roles of user {user} must be a list of names")
        scope, project = entry.get("system_scope"), entry.get("project_id")
        if (scope is None) == (project is None):
            raise self._wrong(f"user {user} needs either 'system_scope: all' or a project_id")
        if scope is not None:
            if scope != "all":
                raise self._wrong(f"the system_scope of user {user} must be 'all', not {scope!r}")
            return {"roles": _implied(roles), "system_scope": "all"}
        if not isinstance(project, str) or not project:
            raise self._wrong(f"the project_id of user {user} must be a string; put it in quotes")
        return {"roles": _implied(roles), "project_id": project}

    def _wrong(self, what: str) -> exception.ConfigInvalid:
        return exception.ConfigInvalid(error_msg=f"http_basic_roles_file {self._path}: {what}")


def _implied(roles: list[str]) -> list[str]:
    ranks = [_RANKS.index(role) for role in roles if role in _RANKS]
    implied = _RANKS[min(ranks) :] if ranks else ()
    return list(dict.fromkeys((*roles, *implied)))

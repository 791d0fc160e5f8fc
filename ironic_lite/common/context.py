# SPDX-License-Identifier: Apache-2.0
"""The request context: user, roles and request id. Every RPC carries it."""

import functools
from typing import Any

from oslo_context import context

_OWN = ("is_public_api", "auth_disabled", "required_revision", "announcement")
"""The attributes that the library's context does not have."""


class RequestContext(context.RequestContext):
    """The security context of one request.

    :param is_public_api: the route needs no authentication (lookup, heartbeat, discovery).
    :param auth_disabled: the service runs with ``auth_strategy = noauth``.
    :param required_revision: ``{"uuid", "revision"}``: the revision of a record that ``If-Match`` requires.
    :param announcement: the write that causes a notification; see ``objects.notification_outbox``.
    """

    def __init__(
        self,
        is_public_api: bool = False,
        auth_disabled: bool = False,
        required_revision: dict[str, str] | None = None,
        announcement: dict[str, str] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.is_public_api = is_public_api
        self.auth_disabled = auth_disabled
        self.required_revision = required_revision
        self.announcement = announcement

    @functools.cached_property
    def policy_values(self) -> tuple[tuple[str, Any], ...]:
        """Return the values that access rules may use."""
        values = {
            **self.to_policy_values(),
            "project_name": self.project_name,
            "is_public_api": self.is_public_api,
        }
        return tuple(
            (name, tuple(value) if isinstance(value, list) else value)
            for name, value in values.items()
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a dict that can be sent as JSON."""
        return {**super().to_dict(), **{name: getattr(self, name) for name in _OWN}}

    @classmethod
    def from_dict(cls, values: dict[str, Any], **kwargs: Any) -> "RequestContext":
        """Return the context from the dict of ``to_dict``; unknown keys of a newer sender are dropped."""
        own = {name: values[name] for name in _OWN if name in values}
        return super().from_dict(values, **{**own, **kwargs})


def admin_context() -> RequestContext:
    """Return a context for the service's own work (periodic tasks, takeover)."""
    return RequestContext(is_admin=True, overwrite=False)

# SPDX-License-Identifier: Apache-2.0
"""Who may do what: the one place where it is decided.

Controllers ask once per request, before they look at the body, and name the rule as Ironic does
(``baremetal:node:get``). Whoever has authenticated, or reaches a service that runs without authentication, is an
administrator; nobody else gets past the public routes.
"""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.common.context import RequestContext


def authorize(context: RequestContext, rule: str, target: dict[str, Any] | None = None) -> None:
    """Let the request pass, or refuse it.

    :param rule: what is asked for.
    :param target: the record that it is asked of; None for a collection.
    :raises HTTPForbidden: it is not granted.
    """
    if not context.is_admin:
        uuid = (target or {}).get("uuid")
        raise exception.HTTPForbidden(resource=f"{rule} of {uuid}" if uuid else rule)


def check_new_owner(context: RequestContext, owner: str | None) -> None:
    """Who may enrol a node for ``owner``: an administrator of the system, or of the owner's project.

    Without Keystone nobody has system scope, so the owner is set by PATCH, as on Ironic.

    :raises Invalid: the owner is somebody else's project.
    """
    if owner is not None and context.system_scope != "all" and owner != context.project_id:
        raise exception.Invalid(
            "Cannot create a node as a project scoped admin with an owner other than your own project."
        )

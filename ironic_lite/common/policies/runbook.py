# SPDX-License-Identifier: Apache-2.0
"""Runbooks."""

from ironic_lite.common.policies import base

_OWNER = "project_id:%(runbook.owner)s"
_MANAGER = f"({base.SYSTEM_MEMBER}) or (role:manager and {_OWNER}) or role:service"

RULES = (
    base.rule(
        "baremetal:runbook:get",
        f"({base.SYSTEM_READER}) or (role:reader and {_OWNER}) or role:service",
        "See runbooks.",
        "GET /runbooks/{runbook_ident}",
        "GET /runbooks/{runbook_ident}/traits",
    ),
    base.rule(
        "baremetal:runbook:list",
        base.ANY_READER,
        "List public runbooks and those of one's own project.",
        "GET /runbooks",
    ),
    base.rule(
        "baremetal:runbook:list_all",
        base.SYSTEM_READER,
        "List all runbooks.",
        "GET /runbooks",
    ),
    base.rule(
        "baremetal:runbook:create",
        f"({base.SYSTEM_MEMBER}) or role:manager or role:service",
        "Create runbooks.",
        "POST /runbooks",
    ),
    base.rule(
        "baremetal:runbook:delete",
        _MANAGER,
        "Delete runbooks.",
        "DELETE /runbooks/{runbook_ident}",
    ),
    base.rule(
        "baremetal:runbook:update",
        _MANAGER,
        "Change runbooks.",
        "PATCH /runbooks/{runbook_ident}",
        "PUT /runbooks/{runbook_ident}/traits",
        "DELETE /runbooks/{runbook_ident}/traits",
        "PUT /runbooks/{runbook_ident}/traits/{trait}",
        "DELETE /runbooks/{runbook_ident}/traits/{trait}",
    ),
    base.rule(
        "baremetal:runbook:update:public",
        base.SYSTEM_MEMBER,
        "Make a runbook usable by all projects.",
        "PATCH /runbooks/{runbook_ident}",
    ),
    base.rule(
        "baremetal:runbook:update:owner",
        base.SYSTEM_MEMBER,
        "Give a runbook to a project.",
        "PATCH /runbooks/{runbook_ident}",
    ),
    base.rule(
        "baremetal:runbook:use",
        _MANAGER,
        "Use a runbook on a node.",
        "PUT /nodes/{node_ident}/states/provision",
    ),
)

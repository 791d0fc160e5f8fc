# SPDX-License-Identifier: Apache-2.0
"""Runbooks."""

from ironic_lite.common.policies import base

_OWNER = "project_id:%(runbook.owner)s"
_MANAGER = f"({base.SYSTEM_MEMBER}) or (role:manager and {_OWNER}) or role:service"

RULES = base.rules(
    {
        f"({base.SYSTEM_READER}) or (role:reader and {_OWNER}) or role:service": {
            "baremetal:runbook:get": "See runbooks."
        },
        base.ANY_READER: {
            "baremetal:runbook:list": "List public runbooks and those of one's own project."
        },
        base.SYSTEM_READER: {"baremetal:runbook:list_all": "List all runbooks."},
        f"({base.SYSTEM_MEMBER}) or role:manager or role:service": {
            "baremetal:runbook:create": "Create runbooks."
        },
        _MANAGER: {
            "baremetal:runbook:delete": "Delete runbooks.",
            "baremetal:runbook:update": "Change runbooks.",
            "baremetal:runbook:use": "Use a runbook on a node.",
        },
        base.SYSTEM_MEMBER: {
            "baremetal:runbook:update:public": "Make a runbook usable by all projects.",
            "baremetal:runbook:update:owner": "Give a runbook to a project.",
        },
    }
)

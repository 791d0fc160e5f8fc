# SPDX-License-Identifier: Apache-2.0
"""The access rules with the operations that ask them, for the sample of the policy file."""

from collections.abc import Iterator

from oslo_policy import policy

from ironic_lite.api import forms, routes
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.routing import Operation
from ironic_lite.common import policies

_SEE_ALL_FIELDS = "baremetal:node:get:filter_threshold"


def list_rules() -> Iterator[policy.RuleDefault]:
    """Yield all rules; oslopolicy-sample-generator reads them."""
    asked = operations()
    for rule in policies.list_rules():
        asking = asked.get(rule.name)
        if asking is None:
            yield rule
            continue
        yield policy.DocumentedRuleDefault(
            name=rule.name,
            check_str=rule.check_str,
            description=rule.description or "",
            operations=asking,
            scope_types=rule.scope_types,
        )


def operations() -> dict[str, list[policy.Operation]]:
    """Return the operations that ask each access rule, by its name."""
    asked: dict[str, list[policy.Operation]] = {}
    for _, table in routes.TABLES:
        for route in table.routes:
            for method, operation in route.operations.items():
                for rule in dict.fromkeys(_rules(method, operation)):
                    asking = asked.setdefault(rule, [])
                    asking.append({"method": method, "path": f"/{route.path}"})
    return asked


def _rules(method: str, operation: Operation) -> Iterator[str]:
    yield from operation.rules
    reply = operation.form.reply
    if method == "GET" and isinstance(reply, (Resource, forms.Page)):
        reading = operation.form.resource.reading_rules
        yield from reading
        if reading:
            yield _SEE_ALL_FIELDS

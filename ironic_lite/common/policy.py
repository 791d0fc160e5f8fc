# SPDX-License-Identifier: Apache-2.0
"""The rules in force: the defaults of ``common.policies``, and over them what the operator's policy file says."""

import functools
import logging
import re
import time
from collections.abc import Mapping
from typing import Any

from oslo_policy import policy

from ironic_lite.common import exception, policies
from ironic_lite.common.context import RequestContext
from ironic_lite.conf import CONF

LOG = logging.getLogger(__name__)

_DEFAULT_FILE = "policy.yaml"
_CHECK_FILE_SECONDS = 1.0
_SYSTEM_SCOPE = {"system_scope": "all", "project_id": None, "project_name": None}
_ELSEWHERE = re.compile(r"\b(https?|opa):")


class _Enforcer(policy.Enforcer):
    """Looks for changes of the policy file once a second, not with each question."""

    asks_elsewhere = False
    """Some rule is decided by another service, so answers may change while the rules do not."""

    _looked_at = float("-inf")

    def load_rules(self, force_reload: bool = False) -> None:
        now = time.monotonic()
        if now - self._looked_at < _CHECK_FILE_SECONDS and not force_reload:
            return
        first = not self.rules
        self._looked_at = now
        try:
            super().load_rules(force_reload)
        except (ValueError, OSError) as exc:
            if first:
                raise
            LOG.error("Keeping the policy known so far: %s", exc)

    def set_rules(self, *args: Any, **kwargs: Any) -> None:
        super().set_rules(*args, **kwargs)
        self.asks_elsewhere = any(_ELSEWHERE.search(str(rule)) for rule in self.rules.values())
        _decide_once.cache_clear()


@functools.cache
def _enforcer() -> _Enforcer:
    made = _Enforcer(CONF)
    made.register_defaults(list(policies.list_rules()))
    return made


def load() -> None:
    """Read the policy file, at the start of a service. It is read again when it changes.

    :raises ConfigInvalid: there is no such file, it is no YAML, or has rules that refer to each other in a circle or
        to none.
    """
    _enforcer.cache_clear()
    _decide_once.cache_clear()
    enforcer = _enforcer()
    name = CONF.oslo_policy.policy_file
    try:
        if name != _DEFAULT_FILE and CONF.find_file(name) is None:
            raise FileNotFoundError("there is no such file")
        enforcer.load_rules()
        enforcer.check_rules(raise_on_violation=True)
    except (ValueError, OSError, policy.InvalidDefinitionError) as exc:
        raise exception.ConfigInvalid(
            error_msg=f"[oslo_policy] policy_file {name}: {exc}."
        ) from None


def allows(context: RequestContext, rule: str, target: Mapping[str, Any]) -> bool:
    """Whether the rule lets this client act on the target.

    :param target: what the rule's ``%(...)s`` are filled from, beside the client's own attributes. A key that is
        missing matches nothing.
    :raises PolicyNotRegistered: there is no such rule.
    """
    enforcer = _enforcer()
    enforcer.load_rules()
    decide = _decide if enforcer.asks_elsewhere else _decide_once
    return decide(rule, context.policy_values, tuple(target.items()))


def allows_in_system_scope(context: RequestContext, rule: str, target: Mapping[str, Any]) -> bool:
    """Whether the rule would let this client act on the target, had it the same roles in the scope of the system."""
    enforcer = _enforcer()
    enforcer.load_rules()
    values = {**dict(context.policy_values), **_SYSTEM_SCOPE}
    return _decide(rule, tuple(values.items()), tuple(target.items()))


def _decide(
    rule: str, credentials: tuple[tuple[str, Any], ...], target: tuple[tuple[str, Any], ...]
) -> bool:
    """What oslo.policy answers."""
    client = dict(credentials)
    everything = {**client, **dict(target)}
    if CONF.rbac_service_role_elevated_access:
        everything["config.service_project_name"] = CONF.rbac_service_project_name
    return bool(_enforcer().authorize(rule, everything, client))


# The answer depends on the arguments and the rules alone, and oslo.policy takes long to find it.
_decide_once = functools.lru_cache(maxsize=8192)(_decide)


def is_for_nobody(rule: str) -> bool:
    """Whether the rule is ``!``, so that there is no need to ask who comes."""
    enforcer = _enforcer()
    enforcer.load_rules()
    return str(enforcer.rules[rule]) == "!"

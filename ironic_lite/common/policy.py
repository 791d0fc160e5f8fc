# SPDX-License-Identifier: Apache-2.0
"""The access rules in force: the defaults of ``common.policies``, overridden by the operator's policy file."""

import functools
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oslo_policy import opts

from ironic_lite.common import exception
from ironic_lite.common.context import RequestContext
from ironic_lite.conf import CONF

if TYPE_CHECKING:
    from ironic_lite.common.policy_enforcer import Enforcer

_DEFAULT_FILE = "policy.yaml"
_SYSTEM_SCOPE = {"system_scope": "all", "project_id": None, "project_name": None}

FOR_NOBODY = frozenset({"show_password", "show_instance_secrets"})
"""The rules that are ``!`` by default."""

opts.set_defaults(CONF)


@functools.cache
def _enforcer() -> "Enforcer":
    # Imported here because without authentication no rule is checked.
    from ironic_lite.common.policy_enforcer import Enforcer

    return Enforcer(_decide_once.cache_clear)


def load() -> None:
    """Read the policy file when a service starts. It is read again when it changes.

    :raises ConfigInvalid: the file does not exist, is not YAML, or has rules that refer to each other in a circle or
        to a missing rule.
    """
    _enforcer.cache_clear()
    _decide_once.cache_clear()
    _had_files.cache_clear()
    name = CONF.oslo_policy.policy_file
    if name != _DEFAULT_FILE and CONF.find_file(name) is None:
        raise _invalid(name, "there is no such file")
    if CONF.auth_strategy == "noauth" and not _has_files():
        return
    try:
        _enforcer().require()
    except (ValueError, OSError) as exc:
        raise _invalid(name, exc) from None


def _invalid(file: str, problem: object) -> exception.ConfigInvalid:
    return exception.ConfigInvalid(error_msg=f"[oslo_policy] policy_file {file}: {problem}.")


def _has_files() -> bool:
    names = (CONF.oslo_policy.policy_file, *CONF.oslo_policy.policy_dirs)
    return any(CONF.find_file(name) is not None for name in names)


@functools.lru_cache(maxsize=1)
def _had_files(_moment: int) -> bool:
    """Like :func:`_has_files`, but checked only once per second."""
    return _has_files()


def allows(context: RequestContext, rule: str, target: Mapping[str, Any]) -> bool:
    """Tell whether the rule allows this client to act on the target.

    :param target: values for the rule's ``%(...)s``, in addition to the client's own attributes. A missing key matches
        nothing.
    :raises PolicyNotRegistered: the rule does not exist.
    """
    enforcer = _enforcer()
    enforcer.load_rules()
    decide = _decide if enforcer.asks_elsewhere else _decide_once
    return decide(rule, context.policy_values, tuple(target.items()))


def allows_in_system_scope(context: RequestContext, rule: str, target: Mapping[str, Any]) -> bool:
    """Tell whether the rule would allow this client to act on the target if its roles had system scope."""
    enforcer = _enforcer()
    enforcer.load_rules()
    values = {**dict(context.policy_values), **_SYSTEM_SCOPE}
    return _decide(rule, tuple(values.items()), tuple(target.items()))


def _decide(
    rule: str, credentials: tuple[tuple[str, Any], ...], target: tuple[tuple[str, Any], ...]
) -> bool:
    client = dict(credentials)
    everything = {**client, **dict(target)}
    if CONF.rbac_service_role_elevated_access:
        everything["config.service_project_name"] = CONF.rbac_service_project_name
    return bool(_enforcer().authorize(rule, everything, client))


# Cached, because the decision depends only on the arguments and the rules, and oslo.policy is slow.
_decide_once = functools.lru_cache(maxsize=8192)(_decide)


def is_for_nobody(rule: str) -> bool:
    """Tell whether the rule is ``!``, so that the client does not matter."""
    if not _enforcer.cache_info().currsize and not _had_files(int(time.monotonic())):
        return rule in FOR_NOBODY
    enforcer = _enforcer()
    enforcer.load_rules()
    return str(enforcer.rules[rule]) == "!"

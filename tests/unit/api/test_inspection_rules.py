# SPDX-License-Identifier: Apache-2.0
"""The language of inspection rules, and the secrecy of sensitive ones."""

from typing import Any

import pytest

from ironic_lite.api import patch
from ironic_lite.api.resources.inspection_rule import INSPECTION_RULE
from ironic_lite.api.resources.resource import DETAIL
from ironic_lite.common import exception, inspection_rules

LOG = {"op": "log", "args": {"msg": "x"}}

FITTING: dict[str, Any] = {
    "backoff_factor": 0.5,
    "headers": {"Accept": "text/plain"},
    "level": "info",
    "path": "/extra/a",
    "proxies": {},
    "retries": 2,
    "subnet": "192.0.2.0/24",
    "timeout": 1,
    "url": "http://192.0.2.1/",
    "values": ["x", "y"],
}


def parse(**fields: Any) -> dict[str, Any]:
    return INSPECTION_RULE.parse({"actions": [LOG], **fields}, 115)


@pytest.mark.parametrize("op", sorted(inspection_rules.ACTIONS))
def test_every_action_takes_what_it_needs(op: str) -> None:
    expected = inspection_rules.ACTIONS[op]
    named = {name: FITTING.get(name, "x") for name in expected.needed}
    parse(actions=[{"op": op, "args": named}])
    parse(actions=[{"op": op, "args": list(named.values())}])
    everything = {name: FITTING.get(name, "x") for name in expected.all}
    parse(actions=[{"op": op, "args": everything}])
    for missing in expected.needed:
        rest = {name: value for name, value in named.items() if name != missing}
        with pytest.raises(exception.InvalidParameterValue, match=missing):
            parse(actions=[{"op": op, "args": rest}])
    with pytest.raises(exception.InvalidParameterValue, match="too many"):
        parse(actions=[{"op": op, "args": [*everything.values(), "more"]}])


@pytest.mark.parametrize("op", sorted(inspection_rules.CONDITIONS))
def test_every_condition_can_be_turned_round(op: str) -> None:
    args = {name: FITTING.get(name, "x") for name in inspection_rules.CONDITIONS[op].needed}
    parse(conditions=[{"op": op, "args": args}, {"op": f"!{op}", "args": args}])


@pytest.mark.parametrize(
    "wrong",
    [
        "log",
        {},
        {"op": "log"},
        {"args": {}},
        {"op": ["log"], "args": {}},
        {"op": {}, "args": {}},
        {"op": "!", "args": {}},
        {"op": "log", "args": "x"},
        {"op": "log", "args": {"msg": "x"}, "loop": "x"},
        {"op": "log", "args": {"msg": "x"}, "multiple": "any"},
        {"op": "log", "args": {"msg": "x", "level": ["info"]}},
        {"op": "api-call", "args": {"url": "file:///etc/passwd"}},
        {"op": "api-call", "args": {"url": "http://192.0.2.1/", "retries": 1000}},
        {"op": "api-call", "args": {"url": "http://192.0.2.1/", "timeout": 3600}},
        {"op": "set-attribute", "args": {"path": "/provision_state", "value": "active"}},
        {"op": "set-attribute", "args": {"path": "/driver/deeper", "value": "x"}},
        {"op": "set-port-attribute", "args": {"port_id": "x", "path": "/address", "value": "x"}},
    ],
)
def test_what_is_no_action(wrong: Any) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="actions, number 0"):
        parse(actions=[wrong])


@pytest.mark.parametrize(
    ("regex", "told"),
    [
        ("(", "is not a regular expression"),
        (5, "is not a regular expression"),
        (r"\p{L}", "is not a regular expression"),
        ("(?:a|(?R))", "is not a regular expression"),
        ("x" * 5000, "is longer than 4096 characters"),
    ],
)
def test_expressions_that_are_refused(regex: Any, told: str) -> None:
    with pytest.raises(exception.InvalidParameterValue, match=f"argument 'regex' {told}"):
        parse(conditions=[{"op": "contains", "args": {"value": "x", "regex": regex}}])


def test_what_is_filled_in_later_is_judged_later() -> None:
    parse(conditions=[{"op": "matches", "args": {"value": "x", "regex": "({node.name}"}}])


def test_a_refused_patch_of_a_sensitive_rule_does_not_tell_what_it_holds() -> None:
    secret = {"op": "set-attribute", "args": {"path": "/extra/a", "value": "hush"}}
    before = {"actions": [secret], "conditions": [], "sensitive": True}
    for operations in (
        [{"op": "add", "path": "/actions/0/args/more", "value": 1}],
        [{"op": "replace", "path": "/actions/0/nosuch", "value": 1}],
        [{"op": "remove", "path": "/actions/0/args/path"}],
        [{"op": "replace", "path": "/actions/0/args/value/deeper", "value": 1}],
    ):
        with pytest.raises(exception.Invalid) as refused:
            patch.apply(INSPECTION_RULE, operations, before)
        assert "hush" not in str(refused.value)


def test_a_sensitive_rule_shows_neither_conditions_nor_actions() -> None:
    for shown in (None, ("actions", "conditions")):
        serialise = INSPECTION_RULE.serialiser(115, shown, DETAIL)
        row = dict.fromkeys(serialise.columns)
        row |= {"uuid": "u", "actions": [LOG], "conditions": [LOG], "sensitive": True}
        out = serialise(row, _View())
        assert (out["actions"], out["conditions"]) == (None, None)
        assert ("sensitive" in out) == (shown is None)


class _View:
    """The part of a request's view that replies about rules need."""

    def links(self, path: str) -> str:
        return path

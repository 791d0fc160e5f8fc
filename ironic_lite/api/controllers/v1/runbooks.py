# SPDX-License-Identifier: Apache-2.0
"""Runbooks, and their traits."""

import contextlib
from typing import Any

import webob

from ironic_lite.api import access, replies, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.api.controllers.v1 import traits as trait_arguments
from ironic_lite.api.controllers.v1.records import Records, Values
from ironic_lite.api.controllers.v1.route_access import Listing, New, OnRecord, operation
from ironic_lite.api.forms import DONE, Form
from ironic_lite.api.resources.runbook import RUNBOOK, TRAITS_SINCE
from ironic_lite.api.routing import Access
from ironic_lite.api.traits import TRAIT
from ironic_lite.common import exception
from ironic_lite.objects.templates_and_rules import Runbook

_SEE = "baremetal:runbook:get"
TO_USE = "baremetal:runbook:use"


class _Runbooks(Records):
    """A runbook belongs to a project; public ones are for all."""

    owner_filter = "usable_by"

    def to_list(self) -> Access:
        return Listing("runbook")

    def to_create(self) -> Access:
        return New(RUNBOOK, "baremetal:runbook:create")

    def to(self, verb: str) -> Access:
        return OnRunbookToUpdate() if verb == "update" else super().to(verb)

    def find(self, call: Call, ident: str, *rules: str) -> Runbook:
        """Return the runbook with this UUID or name, if all ``rules`` are granted; everybody may see public ones.

        :raises RunbookNotFound: also if the client may not see it.
        :raises Invalid: neither a UUID nor a name.
        :raises HTTPForbidden: the client may see the runbook, but a rule is not granted.
        """
        runbook: Runbook = self.get(call, ident)
        target = _target(runbook.owner)
        is_open = runbook.public and access.allows(call.context, "baremetal:runbook:list")
        if not is_open and not access.allows(call.context, _SEE, target):
            raise exception.RunbookNotFound(runbook=ident)
        for rule in rules:
            if rule != _SEE:
                access.authorize(call.context, rule, target)
        return runbook

    def prepare(self, call: Call, values: Values) -> None:
        _check_name(call, values["name"])
        values["owner"] = _owner(call, values)

    def check(self, call: Call, record: Runbook, before: Values, changes: Values) -> None:
        for name in ("public", "owner"):
            if name in changes:
                rule = f"baremetal:runbook:update:{name}"
                access.authorize(call.context, rule, _target(before["owner"]))
        if "name" in changes:
            _check_name(call, changes["name"])
        _keep_public_free(before, changes)


class OnRunbookToUpdate:
    """The runbook in the path exists, and the rules of the fields that the body changes are granted for it."""

    rules = tuple(RUNBOOK.all_update_rules)

    def admit(self, call: Call, given: Values) -> None:
        ident = given.pop("runbook")
        body = call.document(lambda: RECORDS.find(call, ident))
        given["record"] = RECORDS.find(call, ident, *RUNBOOK.update_rules(body))


RECORDS = _Runbooks(RUNBOOK, Runbook, rules="runbook", variable="runbook", ident="runbook_ident")


_TO_UPDATE = OnRecord("runbook", RECORDS.find, "baremetal:runbook:update")

# Traits.


@operation(RECORDS.to("get"), Form(query_first=True, reply=replies.TRAITS))
def traits(call: Call, record: Runbook) -> webob.Response:
    """``GET /v1/runbooks/{runbook}/traits``"""
    return call.reply({"traits": record.traits})


@operation(_TO_UPDATE, Form(body=trait_arguments.BODY, status=204))
def replace_traits(call: Call, record: Runbook, traits: list[str] | None = None) -> webob.Response:
    """``PUT /v1/runbooks/{runbook}/traits``: replaces all traits."""
    record.set_traits(trait_arguments.all_of("runbook", traits))
    return call.empty(204)


@operation(_TO_UPDATE, DONE)
def add_trait(call: Call, record: Runbook, trait: str) -> webob.Response:
    """``PUT /v1/runbooks/{runbook}/traits/{trait}``"""
    trait_arguments.check_one(call, trait)
    record.add_trait(trait)
    return call.empty(204, call.url(f"runbooks/{call.parts['runbook']}/traits/{trait}"))


@operation(_TO_UPDATE, DONE)
def remove_traits(call: Call, record: Runbook) -> webob.Response:
    """``DELETE /v1/runbooks/{runbook}/traits``"""
    record.set_traits([])
    return call.empty(204)


@operation(_TO_UPDATE, DONE)
def remove_trait(call: Call, record: Runbook, trait: str) -> webob.Response:
    """``DELETE /v1/runbooks/{runbook}/traits/{trait}``; succeeds too if the runbook does not have the trait."""
    with contextlib.suppress(exception.RunbookTraitNotFound):
        record.remove_trait(trait)
    return call.empty(204)


# Using and checking.


def usable(call: Call, ident: str) -> Runbook:
    """Return the runbook, if the client may use it on nodes; everybody may use public ones.

    :raises: as ``RECORDS.find``.
    """
    runbook = RECORDS.find(call, ident)
    if not runbook.public:
        access.authorize(call.context, TO_USE, _target(runbook.owner))
    return runbook


def _target(owner: str | None) -> access.Target:
    return access.of_owner("runbook", owner)


def _check_name(call: Call, name: str) -> None:
    """:raises InvalidParameterValue: it is not a valid name of a runbook."""
    if call.minor < TRAITS_SINCE:
        types.check(TRAIT, "name", name)
    else:
        record_access.check_name("runbook", name)


def _owner(call: Call, values: dict[str, Any]) -> str | None:
    """Return the owner of a new runbook: the one in the body for system scope, else the client's project.

    :raises Invalid: the owner is another project, or the runbook is public and has an owner.
    """
    owner: str | None = values.get("owner")
    if not values.get("public"):
        return access.owner_of_new("runbook", call.context, owner)
    if owner is not None:
        raise exception.Invalid("A runbook that is public cannot have an owner.")
    return None


def _keep_public_free(before: dict[str, Any], changes: dict[str, Any]) -> None:
    """Remove the owner of a runbook that is public or becomes so.

    :raises Invalid: the change sets the owner of a public runbook.
    """
    if not changes.get("public", before["public"]):
        return
    if changes.get("owner") is not None:
        raise exception.Invalid("A runbook that is public cannot have an owner.")
    if before["owner"] is not None:
        changes["owner"] = None

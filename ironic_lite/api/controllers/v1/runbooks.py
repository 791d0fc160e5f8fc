# SPDX-License-Identifier: Apache-2.0
"""Runbooks: list, create, show, change, delete; and their traits."""

import contextlib
from typing import Any

import webob

from ironic_lite.api import access, paging, request_notifications, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import concurrent_changes, record_access
from ironic_lite.api.resources.fields import DETAIL
from ironic_lite.api.resources.runbook import RUNBOOK, TRAITS_SINCE
from ironic_lite.api.traits import TRAIT, TraitList
from ironic_lite.common import exception
from ironic_lite.objects.templates_and_rules import Runbook

TRAITS = types.body_class("RunbookTraits", {"traits": TraitList()})


def index(call: Call) -> webob.Response:
    """``GET /v1/runbooks``"""
    project = access.listing(call.context, "runbook")
    query = call.query()
    serialise = paging.serialiser(call, query, RUNBOOK)
    wanted = paging.page(query, RUNBOOK, call.minor)
    narrowed = {} if project is None else {"usable_by": project}
    rows = paging.rows(call, Runbook.rows, serialise, wanted, narrowed)
    return paging.reply(call, RUNBOOK, rows, serialise, wanted, "runbooks")


def show(call: Call, ident: str) -> webob.Response:
    """``GET /v1/runbooks/{runbook}``"""
    query = call.query()
    serialise = paging.serialiser(call, query, RUNBOOK, DETAIL)
    return call.reply(record_access.show(call, find(call, ident), serialise))


def create(call: Call) -> webob.Response:
    """``POST /v1/runbooks``"""
    access.authorize(call.context, "baremetal:runbook:create")
    document = call.document()
    record_access.authorize_values(call, RUNBOOK, document)
    call.query()
    values = call.new(document)
    _check_name(call, values["name"])
    values["owner"] = _owner(call, values)
    runbook = Runbook(call.context, **values)
    with request_notifications.request(runbook, "create"):
        runbook.create()
    return call.reply(_shown(call, runbook), 201, call.url(f"runbooks/{runbook.uuid}"))


def update(call: Call, ident: str) -> webob.Response:
    """``PATCH /v1/runbooks/{runbook}``"""
    document = call.document(lambda: find(call, ident))
    runbook = find(call, ident, *RUNBOOK.update_rules(document))
    call.query()
    operations = call.patch(document)

    def check(before: dict[str, Any], changes: dict[str, Any]) -> None:
        for name in ("public", "owner"):
            if name in changes:
                rule = f"baremetal:runbook:update:{name}"
                access.authorize(call.context, rule, _target(before["owner"]))
        if "name" in changes:
            _check_name(call, changes["name"])
        _keep_public_free(before, changes)

    concurrent_changes.patch(runbook, RUNBOOK, operations, check)
    return call.reply(_shown(call, runbook))


def delete(call: Call, ident: str) -> webob.Response:
    """``DELETE /v1/runbooks/{runbook}``"""
    call.query()
    runbook = find(call, ident, "baremetal:runbook:delete")
    with request_notifications.request(runbook, "delete"):
        runbook.destroy()
    return call.empty(204)


def missing_ident(_call: Call) -> webob.Response:
    """PATCH and DELETE of the collection."""
    raise exception.InvalidParameterValue("Missing mandatory parameter: runbook_ident")


# Traits.


def traits(call: Call, ident: str) -> webob.Response:
    """``GET /v1/runbooks/{runbook}/traits``"""
    call.query()
    return call.reply({"traits": find(call, ident).traits})


def replace_traits(call: Call, ident: str) -> webob.Response:
    """``PUT /v1/runbooks/{runbook}/traits``: these and no others."""
    runbook = find(call, ident, "baremetal:runbook:update")
    call.query()
    wanted = call.arguments().get("traits")
    if wanted is None:
        raise exception.Invalid(
            "PUT .../traits takes a body with the list 'traits', which replaces all traits of the runbook; "
            "PUT .../traits/<trait> without a body adds one."
        )
    runbook.set_traits(wanted)
    return call.empty(204)


def add_trait(call: Call, ident: str, trait: str) -> webob.Response:
    """``PUT /v1/runbooks/{runbook}/traits/{trait}``"""
    runbook = find(call, ident, "baremetal:runbook:update")
    call.query()
    types.check(TRAIT, "trait", trait)
    if call.document() != {}:
        raise exception.Invalid("No body is taken where one trait is added; it stands in the path.")
    runbook.add_trait(trait)
    return call.empty(204, call.url(f"runbooks/{ident}/traits/{trait}"))


def remove_traits(call: Call, ident: str) -> webob.Response:
    """``DELETE /v1/runbooks/{runbook}/traits``"""
    runbook = find(call, ident, "baremetal:runbook:update")
    call.query()
    runbook.set_traits([])
    return call.empty(204)


def remove_trait(call: Call, ident: str, trait: str) -> webob.Response:
    """``DELETE /v1/runbooks/{runbook}/traits/{trait}``; one that is not there is none to remove."""
    runbook = find(call, ident, "baremetal:runbook:update")
    call.query()
    with contextlib.suppress(exception.RunbookTraitNotFound):
        runbook.remove_trait(trait)
    return call.empty(204)


# What they have in common.


def find(call: Call, ident: str, *rules: str) -> Runbook:
    """The runbook of this UUID or name, for somebody who may do all of ``rules`` to it.

    :raises RunbookNotFound: also for those who may not see it.
    :raises Invalid: neither a UUID nor a name.
    :raises HTTPForbidden: it may be seen, and no more.
    """
    record_access.check_ident("runbook_ident", ident)
    runbook = Runbook.get(call.context, ident)
    target = _target(runbook.owner)
    is_open = runbook.public and access.allows(call.context, "baremetal:runbook:list")
    if not is_open and not access.allows(call.context, "baremetal:runbook:get", target):
        raise exception.RunbookNotFound(runbook=ident)
    for rule in rules:
        access.authorize(call.context, rule, target)
    return runbook


def usable(call: Call, ident: str) -> Runbook:
    """The runbook, for somebody who may use it on a node: public ones are for everybody.

    :raises: what :func:`find` raises.
    """
    runbook = find(call, ident)
    if not runbook.public:
        access.authorize(call.context, "baremetal:runbook:use", _target(runbook.owner))
    return runbook


def _target(owner: str | None) -> access.Target:
    return access.of_owner("runbook", owner)


def _check_name(call: Call, name: str) -> None:
    """:raises InvalidParameterValue: no runbook can be called so."""
    if call.minor < TRAITS_SINCE:
        types.check(TRAIT, "name", name)
    else:
        record_access.check_name("runbook", name)


def _owner(call: Call, values: dict[str, Any]) -> str | None:
    """Whose a new runbook is: from the scope of the system whoever is named, else the client's project.

    :raises Invalid: it was to be somebody else's, or everybody's and somebody's.
    """
    owner: str | None = values.get("owner")
    context = call.context
    if values.get("public"):
        if owner is not None:
            raise exception.Invalid("A runbook that is public cannot have an owner.")
        return None
    if context.system_scope == "all" or access.is_unrestricted(context):
        return owner
    if owner not in (None, context.project_id):
        raise exception.Invalid(
            "Cannot create a runbook as a project scoped admin with an owner other than your own project."
        )
    return context.project_id


def _keep_public_free(before: dict[str, Any], changes: dict[str, Any]) -> None:
    """A runbook that is for everybody belongs to nobody.

    :raises Invalid: a public one is to be given to somebody.
    """
    if not changes.get("public", before["public"]):
        return
    if changes.get("owner") is not None:
        raise exception.Invalid("A runbook that is public cannot have an owner.")
    if before["owner"] is not None:
        changes["owner"] = None


def _shown(call: Call, runbook: Runbook) -> dict[str, Any]:
    return record_access.show(call, runbook, RUNBOOK.serialiser(call.minor, None, DETAIL))

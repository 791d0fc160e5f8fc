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
    """PATCH and DELETE of the collection, which are errors."""
    raise exception.InvalidParameterValue("Missing mandatory parameter: runbook_ident")


# Traits.


def traits(call: Call, ident: str) -> webob.Response:
    """``GET /v1/runbooks/{runbook}/traits``"""
    call.query()
    return call.reply({"traits": find(call, ident).traits})


def replace_traits(call: Call, ident: str) -> webob.Response:
    """``PUT /v1/runbooks/{runbook}/traits``: replaces all traits."""
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
    """``DELETE /v1/runbooks/{runbook}/traits/{trait}``; succeeds too if the runbook does not have the trait."""
    runbook = find(call, ident, "baremetal:runbook:update")
    call.query()
    with contextlib.suppress(exception.RunbookTraitNotFound):
        runbook.remove_trait(trait)
    return call.empty(204)


# Finding and checking.


def find(call: Call, ident: str, *rules: str) -> Runbook:
    """Return the runbook with this UUID or name, if all ``rules`` are granted.

    :raises RunbookNotFound: also if the client may not see it.
    :raises Invalid: neither a UUID nor a name.
    :raises HTTPForbidden: the client may see the runbook, but a rule is not granted.
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
    """Return the runbook, if the client may use it on nodes; everybody may use public ones.

    :raises: as :func:`find`.
    """
    runbook = find(call, ident)
    if not runbook.public:
        access.authorize(call.context, "baremetal:runbook:use", _target(runbook.owner))
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
    """Remove the owner of a runbook that is public or becomes so.

    :raises Invalid: the change sets the owner of a public runbook.
    """
    if not changes.get("public", before["public"]):
        return
    if changes.get("owner") is not None:
        raise exception.Invalid("A runbook that is public cannot have an owner.")
    if before["owner"] is not None:
        changes["owner"] = None


def _shown(call: Call, runbook: Runbook) -> dict[str, Any]:
    return record_access.show(call, runbook, RUNBOOK.serialiser(call.minor, None, DETAIL))

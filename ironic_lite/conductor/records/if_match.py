# SPDX-License-Identifier: Apache-2.0
"""Preconditions of a request (``If-Match``), checked under the lock.

The API has checked them before; under the lock nothing can change in between any more.
"""

from ironic_lite.common import exception
from ironic_lite.common.context import RequestContext
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port


def check(context: RequestContext, record: Node | Port) -> None:
    """Check the precondition once per request; the request's own changes do not violate it.

    :raises PreconditionFailed: the record has another revision now.
    """
    required = context.required_revision
    if required is None or required["uuid"] != record.uuid:
        return
    context.required_revision = None
    if record.revision != required["revision"]:
        raise exception.PreconditionFailed(what=f"{record.obj_name()} {record.uuid}")

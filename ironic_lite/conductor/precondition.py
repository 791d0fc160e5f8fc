# SPDX-License-Identifier: Apache-2.0
"""What a client requires a record to be when its request is carried out (``If-Match``).

The API has looked already; under the lock nothing can come in between any more.
"""

from ironic_lite.common import exception
from ironic_lite.common.context import RequestContext
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port


def check(context: RequestContext, record: Node | Port) -> None:
    """Let the request pass once; what it starts may change the record as it likes.

    :raises PreconditionFailed: the record has another revision by now.
    """
    required = context.required_revision
    if required is None or required["uuid"] != record.uuid:
        return
    context.required_revision = None
    if record.revision != required["revision"]:
        raise exception.PreconditionFailed(what=f"{record.obj_name()} {record.uuid}")

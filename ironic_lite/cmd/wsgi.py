# SPDX-License-Identifier: Apache-2.0
"""The API for a WSGI server of your choice: ``ironic_lite.cmd.wsgi:application``.

The configuration is looked for where ``ironic-lite`` looks for it, and refused in the same words. An API process is
part of a cluster: the transport has to be a broker.
"""

from typing import Any

from ironic_lite.common import concurrency


def _make() -> Any:
    concurrency.setup()
    from ironic_lite.api.app import make_app
    from ironic_lite.cmd import api, preflight

    preflight.configure(role=preflight.Role(api=True))
    api.prepare()
    return make_app()


application = _make()

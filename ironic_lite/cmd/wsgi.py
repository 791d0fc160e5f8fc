# SPDX-License-Identifier: Apache-2.0
"""The API for any WSGI server: ``ironic_lite.cmd.wsgi:application``.

It searches the configuration where ``ironic-lite`` does, and refuses a wrong one with the same messages. An API process
is part of a cluster: the transport must be a broker.
"""

from typing import Any

from ironic_lite.common import concurrency


def _make() -> Any:
    concurrency.setup()
    from ironic_lite.api.app import make_app
    from ironic_lite.cmd import api, preflight, roles

    preflight.configure(role=roles.Role(api=True))
    api.prepare()
    return make_app()


application = _make()

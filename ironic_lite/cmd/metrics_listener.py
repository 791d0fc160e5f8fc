# SPDX-License-Identifier: Apache-2.0
"""The port where a conductor of a cluster serves its metrics."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ironic_lite.conf import CONF

if TYPE_CHECKING:
    from ironic_lite.api.front.service import APIService


def services() -> "list[APIService]":
    """Return the service that listens there; none if ``[metrics] conductor_port`` is unset.

    :raises ConfigInvalid: it cannot listen there.
    """
    port = CONF.metrics.conductor_port
    if port is None:
        return []
    # Imported here because a conductor without the port does not need them.
    from ironic_lite.api.front import listening, metrics_page
    from ironic_lite.api.front.service import APIService

    return [
        APIService(
            app=_nothing_else,
            listening_on=listening.listen(str(CONF.metrics.conductor_address), port),
            streams={metrics_page.PATH: metrics_page.MetricsPage()},
        )
    ]


def _nothing_else(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = b"There are only metrics here: /metrics\n"
    start_response(
        "404 Not Found",
        [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))],
    )
    return [body]

# SPDX-License-Identifier: Apache-2.0
"""Options of the metrics for Prometheus."""

from oslo_config import cfg

GROUP = "metrics"

OPTS = [
    cfg.StrOpt(
        "token",
        secret=True,
        help="Who asks for /metrics has to send this as 'Authorization: Bearer TOKEN'. Unset: only clients on the same "
        "machine get metrics, and none through a proxy.",
    ),
    cfg.PortOpt(
        "conductor_port",
        help="Port where a conductor of a cluster serves /metrics. Unset: none. In 'ironic-lite up' the API serves "
        "those of both.",
    ),
    cfg.HostAddressOpt(
        "conductor_address",
        default="127.0.0.1",
        help="Address where a conductor serves /metrics. On another address than a loopback one, set a token.",
    ),
    cfg.IntOpt(
        "nodes_interval",
        default=60,
        min=0,
        help="Seconds between two counts of the nodes by state; 0 counts none.",
    ),
]

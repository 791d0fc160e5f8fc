# SPDX-License-Identifier: Apache-2.0
"""Options with the names of oslo.middleware, for our own implementation."""

from oslo_config import cfg

GROUP = "oslo_middleware"

OPTS = [
    cfg.BoolOpt(
        "enable_proxy_headers_parsing",
        default=False,
        help="Whether to trust the headers of the proxies in [api] trusted_proxies about the client: Forwarded, or "
        "X-Forwarded-For, -Proto, -Host and -Prefix.",
    ),
]

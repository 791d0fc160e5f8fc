# SPDX-License-Identifier: Apache-2.0
"""Options under the names of oslo.middleware, for what we do in its place."""

from oslo_config import cfg

GROUP = "oslo_middleware"

OPTS = [
    cfg.BoolOpt(
        "enable_proxy_headers_parsing",
        default=False,
        help="Whether the proxies of [api] trusted_proxies are believed what they tell of the client: Forwarded, or "
        "X-Forwarded-For, -Proto, -Host and -Prefix.",
    ),
]

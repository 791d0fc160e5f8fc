# SPDX-License-Identifier: Apache-2.0
"""Options of the API's HTTP server: connections, proxies, names, and memory of bodies."""

from oslo_config import cfg

GROUP = "api"

OPTS = [
    cfg.IntOpt(
        "max_connections",
        default=10000,
        min=1,
        help="Maximum number of connections of one API process; also limited by the files that it may open. At the "
        "limit, the client with the most waiting connections loses its oldest one.",
    ),
    cfg.IntOpt(
        "max_connections_per_address",
        default=4000,
        min=1,
        help="Maximum number of connections of one API process with one client address (IPv6: one /64 network). "
        "Addresses in trusted_proxies have no such limit.",
    ),
    cfg.ListOpt(
        "trusted_proxies",
        default=[],
        sample_default=["192.0.2.10", "2001:db8::/64"],
        help="Addresses and networks of the proxies in front of this API. They may have many connections. With "
        "[oslo_middleware] enable_proxy_headers_parsing their headers about clients are trusted.",
    ),
    cfg.ListOpt(
        "allowed_hosts",
        default=[],
        sample_default=["lab.example.org"],
        help="Host names that the API accepts, in addition to loopback names and that of public_endpoint, when it "
        "listens on a loopback address without authentication. Others are refused, because a web page could forge "
        "them.",
    ),
    cfg.IntOpt(
        "max_bodies_in_flight",
        default=64 * 1024 * 1024,
        min=1024 * 1024,
        help="Maximum bytes of request bodies over 64 KiB in memory of one API process; at least the largest of the "
        "body limits. Other bodies wait for half a minute, and are then refused with 503.",
    ),
    cfg.IntOpt(
        "max_replies_in_flight",
        default=64 * 1024 * 1024,
        min=1024 * 1024,
        help="Maximum bytes of unread replies in memory of one API process. At the limit, the client with the most "
        "unread bytes loses the connection with the oldest ones.",
    ),
]

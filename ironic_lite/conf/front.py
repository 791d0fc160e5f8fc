# SPDX-License-Identifier: Apache-2.0
"""Options of the API's front door: connections, proxies, names, and the memory of bodies."""

from oslo_config import cfg

GROUP = "api"

OPTS = [
    cfg.IntOpt(
        "max_connections",
        default=10000,
        min=1,
        help="Connections that one API process holds at the same time, and fewer than it may open files. When there "
        "are as many, the client that keeps most of them waiting loses the oldest of these.",
    ),
    cfg.IntOpt(
        "max_connections_per_address",
        default=4000,
        min=1,
        help="Connections that one API process holds with one client address (of IPv6: one /64 network). Addresses of "
        "trusted_proxies may have any number.",
    ),
    cfg.ListOpt(
        "trusted_proxies",
        default=[],
        sample_default=["192.0.2.10", "2001:db8::/64"],
        help="Addresses and networks of the proxies in front of this API. They speak for many clients, and with "
        "[oslo_middleware] enable_proxy_headers_parsing they are believed what they tell of these.",
    ),
    cfg.ListOpt(
        "allowed_hosts",
        default=[],
        sample_default=["lab.example.org"],
        help="Names under which the API may be asked, besides the loopback ones and that of public_endpoint, where it "
        "listens on a loopback address without authentication. Others are refused: any web page could make them up.",
    ),
    cfg.IntOpt(
        "max_bodies_in_flight",
        default=64 * 1024 * 1024,
        min=1024 * 1024,
        help="Bytes of request bodies of more than 64 KiB that one API process has in memory at a time; as much as the "
        "largest of these limits at least. Others wait for half a minute, and are answered 503 then.",
    ),
    cfg.IntOpt(
        "max_replies_in_flight",
        default=64 * 1024 * 1024,
        min=1024 * 1024,
        help="Bytes of replies that one API process keeps for clients which have not taken them yet. When there are "
        "more, the client that keeps most waiting loses the connection that has waited longest.",
    ),
]

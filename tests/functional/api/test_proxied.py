# SPDX-License-Identifier: Apache-2.0
"""Headers of proxies, and web pages of other origins: only configured ones are trusted."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import requests

from ironic_lite.api.middleware.proxied import Proxied
from ironic_lite.common import exception
from tests.functional.deployment import Deployment
from tests.options import overridden
from tests.waiting import PATIENCE

CHAIN = "203.0.113.9, 198.51.100.7, 192.0.2.2"


def told(remote: str, headers: dict[str, str]) -> dict[str, str]:
    """Address, scheme, host and prefix as the application gets them."""
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.update(environ)
        return []

    environ = {"REMOTE_ADDR": remote, "wsgi.url_scheme": "http", "HTTP_HOST": "inner:6385"}
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    with overridden({"api": {"trusted_proxies": ["192.0.2.0/28", "2001:db8::/64"]}}):
        Proxied(app)({**environ, "SCRIPT_NAME": ""}, lambda *_: None)
    return {
        "address": seen["REMOTE_ADDR"],
        "url": f"{seen['wsgi.url_scheme']}://{seen['HTTP_HOST']}{seen['SCRIPT_NAME']}",
    }


X_FORWARDED = {
    "X-Forwarded-For": CHAIN,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "api.example.org",
    "X-Forwarded-Prefix": "/baremetal",
}


def test_a_trusted_proxy_is_believed() -> None:
    """The last address in the chain that is not a trusted proxy counts; earlier ones may be forged."""
    expected = {"address": "198.51.100.7", "url": "https://api.example.org/baremetal"}
    assert told("192.0.2.1", X_FORWARDED) == expected
    assert told("2001:db8::1", X_FORWARDED) == expected
    assert told("::ffff:192.0.2.1", X_FORWARDED) == expected


def test_somebody_else_is_not() -> None:
    inner = {"address": "198.51.100.1", "url": "http://inner:6385"}
    assert told("198.51.100.1", X_FORWARDED) == inner
    forwarded = "for=203.0.113.9;proto=https;host=evil.example"
    assert told("198.51.100.1", {"Forwarded": forwarded}) == inner


@pytest.mark.parametrize(
    ("header", "address", "url"),
    [
        (
            "for=203.0.113.9;proto=https;host=api.example.org",
            "203.0.113.9",
            "https://api.example.org",
        ),
        ('For="[2001:db8:1::9]:4711"; Proto=HTTPS', "2001:db8:1::9", "https://inner:6385"),
        ("for=evil, for=203.0.113.9:80, for=192.0.2.3", "203.0.113.9", "http://inner:6385"),
        ("for=192.0.2.4", "192.0.2.4", "http://inner:6385"),
        ("proto=javascript;host=a b", "192.0.2.1", "http://inner:6385"),
        (";;==,,", "192.0.2.1", "http://inner:6385"),
    ],
)
def test_forwarded(header: str, address: str, url: str) -> None:
    assert told("192.0.2.1", {"Forwarded": header}) == {"address": address, "url": url}


@pytest.mark.parametrize("prefix", ["//evil.example", "/a b", "/a/%2e", "x", "/a?b"])
def test_odd_prefixes_are_left_out(prefix: str) -> None:
    assert told("192.0.2.1", {"X-Forwarded-Prefix": prefix})["url"] == "http://inner:6385"


def test_to_believe_nobody_in_particular_is_refused() -> None:
    with pytest.raises(exception.ConfigInvalid, match="trusted_proxies"):
        Proxied(None)


@pytest.fixture
def proxied(make_deployment: Callable[..., Deployment], sqlite_url: str) -> Deployment:
    options = {
        "api": {
            "trusted_proxies": "127.0.0.1",
            "allowed_hosts": "api.example.org,other.example.org",
        },
        "oslo_middleware": {"enable_proxy_headers_parsing": True},
        "cors": {"allowed_origin": "https://page.example.org,https://second.example.org"},
    }
    cloud = make_deployment(database=sqlite_url, options=options)
    cloud.start_all_in_one()
    return cloud


def test_the_service_behind_a_proxy_and_before_a_page(proxied: Deployment) -> None:
    def ask(method: str, path: str, headers: dict[str, str]) -> requests.Response:
        return requests.request(method, proxied.api_url + path, headers=headers, timeout=PATIENCE)

    root = ask("GET", "/", X_FORWARDED)
    assert root.json()["versions"][0]["links"][0]["href"] == "https://api.example.org/baremetal/v1/"

    page = {"Origin": "https://page.example.org"}
    asked = {
        **page,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "X-OpenStack-Ironic-API-Version, If-Match, Content-Type",
    }
    for _ in range(3):  # Nothing piles up.
        allowed = ask("OPTIONS", "/v1/nodes/nobody", asked)
        assert allowed.status_code == 200
        assert allowed.headers["Access-Control-Allow-Origin"] == page["Origin"]
        listed = allowed.headers["Access-Control-Allow-Headers"].lower()
        assert "if-match" in listed
    read = ask("GET", "/v1/nodes", page)
    assert read.status_code == 200
    exposed = read.headers["Access-Control-Expose-Headers"].split(",")
    assert exposed.count("ETag") == 1

    evil = {**asked, "Origin": "https://evil.example"}
    refused = ask("OPTIONS", "/v1/nodes", evil)
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert ask("GET", "/v1/nodes", {"Origin": "null"}).status_code == 403
    assert ask("GET", "/v1/nodes", {"Host": "evil.example"}).status_code == 403

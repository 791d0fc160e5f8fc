# SPDX-License-Identifier: Apache-2.0
"""Makes the WSGI environment from the head of a request."""

import functools
import io
import re
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from ironic_lite.api import bodies

_SLASH = re.compile(b"%2[fF]")


_LONG_NAME = 64


def _variable(name: bytes) -> str | None:
    """Return the WSGI variable of a header; None for a name with ``_``, which could pass for one with ``-``."""
    # Do not cache long names, because clients choose them.
    return _known_variable(name) if len(name) <= _LONG_NAME else _made_variable(name)


def _made_variable(name: bytes) -> str | None:
    if b"_" in name:
        return None
    text = name.decode("latin-1").upper().replace("-", "_")
    return text if text in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{text}"


_known_variable = functools.lru_cache(1024)(_made_variable)


def path_info(raw: bytes) -> str:
    """Return the path as WSGI requires: decoded, bytes as Latin-1. An encoded slash stays encoded."""
    if b"%" in raw:
        raw = b"%2F".join(unquote_to_bytes(part) for part in _SLASH.split(raw))
    return raw.decode("latin-1")


def make(scope: Mapping[str, Any], body: bytes | None) -> dict[str, Any]:
    """Return the WSGI environment.

    :param scope: the ASGI scope.
    :param body: the complete body; None: it has not been read.
    """
    host, port = scope["server"] or ("localhost", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path_info(scope["raw_path"]),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body or b""),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    client = scope["client"]
    if client:
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for name, value in scope["headers"]:
        variable = _variable(name)
        if variable is None:
            continue
        text = value.decode("latin-1")
        if variable in environ:
            text = f"{environ[variable]}, {text}"
        environ[variable] = text
    if body is None:
        environ[bodies.HEAD_ONLY] = True
    else:
        environ[bodies.WHOLE] = body
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        if body or "CONTENT_LENGTH" in environ:
            environ["CONTENT_LENGTH"] = str(len(body))
    return environ

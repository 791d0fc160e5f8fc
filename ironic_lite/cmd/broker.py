# SPDX-License-Identifier: Apache-2.0
"""The check of the broker before a process starts.

The messaging library retries for ever without saying where or why, and ends with a traceback when the broker refuses a
password.
"""

from typing import Any

import oslo_messaging
from oslo_log import log

from ironic_lite.common import exception, rpc
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

_PATIENCE = 5
"""Seconds to wait for a broker's answer."""
_PORT, _TLS_PORT = 5672, 5671


def require() -> None:
    """Log in to the broker, if one is configured. If it cannot be reached, only warn: the library retries.

    :raises ConfigInvalid: when the broker refuses the user, the password or the virtual host.
    """
    if rpc.transport_name() == rpc.IN_PROCESS:
        return
    problem = None
    try:
        log_in()
    except exception.ServiceUnavailable as exc:
        problem = exc.message
    if problem:
        LOG.warning("%s The process waits until a broker answers.", problem)


def leave() -> None:
    """Forget the transport; call this before a fork."""
    rpc.cleanup()


def log_in() -> str:
    """Log in to the first broker of ``[DEFAULT] transport_url`` that answers.

    :returns: a text with the address, the user and the virtual host.
    :raises ConfigInvalid: when the broker refuses the user, the password or the virtual host.
    :raises ServiceUnavailable: when no broker can be reached.
    """
    import amqp

    rpc.init()
    url = oslo_messaging.TransportURL.parse(CONF)
    virtual_host = url.virtual_host or "/"
    silent = []
    for host in url.hosts:
        user = host.username or "guest"
        where = f"{host.hostname}:{host.port or _default_port()}"
        try:
            _connect(host, virtual_host)
        except (amqp.AccessRefused, amqp.NotAllowed) as exc:
            raise exception.ConfigInvalid(
                error_msg=f"The broker at {where} refuses the user '{user}' on the virtual host '{virtual_host}': "
                f"{exc.reply_text.rstrip('.')}. Correct [DEFAULT] transport_url."
            ) from None
        except (OSError, amqp.AMQPError) as exc:
            silent.append(f"{where}: {getattr(exc, 'strerror', None) or exc or type(exc).__name__}")
        else:
            return f"{where} accepts the user '{user}' on the virtual host '{virtual_host}'"
    raise exception.ServiceUnavailable(
        err="No broker of [DEFAULT] transport_url can be reached: " + "; ".join(silent) + "."
    )


def _connect(host: Any, virtual_host: str) -> None:
    import kombu

    with kombu.Connection(
        hostname=host.hostname,
        port=host.port or _default_port(),
        userid=host.username or "guest",
        password=host.password or "guest",
        virtual_host=virtual_host,
        connect_timeout=_PATIENCE,
        login_method=CONF.oslo_messaging_rabbit.rabbit_login_method,
        ssl=_tls(),
    ) as connection:
        connection.connect()


def _default_port() -> int:
    return _TLS_PORT if CONF.oslo_messaging_rabbit.ssl else _PORT


def _tls() -> dict[str, Any] | bool:
    options = CONF.oslo_messaging_rabbit
    if not options.ssl:
        return False
    files = {
        "ca_certs": options.ssl_ca_file,
        "certfile": options.ssl_cert_file,
        "keyfile": options.ssl_key_file,
    }
    return {name: file for name, file in files.items() if file} or True

# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite status``: is everything there that this configuration needs? One line for each check.

Nothing is changed: no file and no table is made. Where the embedded database is not there, but an API answers (that of
``ironic-lite demo``, say), that service is what is looked at.
"""

import warnings
from collections.abc import Callable

import requests
import urllib3

from ironic_lite.cmd import arguments
from ironic_lite.common import config, exception, rpc, safe_text
from ironic_lite.common import context as ironic_context
from ironic_lite.conf import CONF

_PATIENCE = 5
"""Seconds that the API has to answer."""

_NONE = "none is alive; start one ('ironic-lite up', or 'ironic-lite conductor')"

Check = Callable[[], str]


class _Skipped(Exception):
    """The check has nothing to look at in this configuration."""


def main(argv: list[str]) -> int:
    """Run all checks.

    :returns: 0 when all hold, else 1.
    """
    arguments.parser("status", __doc__).parse_args(argv)
    # A check says what is, not what may be in half a minute.
    CONF.set_override("max_retries", 0, group="database")
    checks: dict[str, Check] = {
        "configuration": _configuration,
        "database": _database,
        "secrets": _secrets,
        "broker": _broker,
        "conductors": _conductors,
        "api": _api,
    }
    results = [_report(name, check) for name, check in checks.items()]
    return 0 if all(results) else 1


def _report(name: str, check: Check) -> bool:
    try:
        verdict, text = "ok", check()
    except _Skipped as exc:
        verdict, text = "-", str(exc)
    except exception.IronicLiteError as exc:
        verdict, text = "FAILED", exc.message
    print(f"{name:<14}{verdict:<8}{safe_text.one_line(' '.join(text.split()))}", flush=True)
    return verdict != "FAILED"


def _configuration() -> str:
    # A file may serve an all-in-one process or one of a cluster: it has to be in order for one of them.
    in_process = rpc.transport_name() == rpc.IN_PROCESS
    problems = config.contradictions(api=True, conductor=in_process)
    if problems:
        raise exception.ConfigInvalid(error_msg=" ".join(problems))
    read = ", ".join(CONF.config_file or []) or "defaults; no file"
    return f"read {read}"


def _database() -> str:
    from ironic_lite.cmd import database
    from ironic_lite.db import engine, migration

    if CONF.api.database_access == "rpc" and not CONF.database.connection:
        raise _Skipped("this process asks conductors ([api] database_access = rpc)")
    url = engine.url()
    if _is_missing():
        told = f"{url.database} does not exist"
        try:
            answer = _api()
        except (exception.ServiceUnavailable, _Skipped):
            raise exception.DatabaseError(reason=f"{told} yet; 'ironic-lite up' makes it") from None
        raise _Skipped(f"{told}, so the service that is there uses another one: {answer}")
    database.require()
    return f"{url.render_as_string(hide_password=True)} at revision {migration.current()}"


def _secrets() -> str:
    from ironic_lite.cmd import database
    from ironic_lite.db.encryption import data_keys

    if CONF.api.database_access == "rpc" and not CONF.database.connection:
        raise _Skipped("this process has no key, conductors have")
    try:
        database.require()
    except exception.DatabaseError as exc:
        raise _Skipped("the database cannot be asked") from exc
    newest = data_keys.all_rows()[-1]
    return f"encrypted with data key {newest['id']}, wrapped by {newest['wrapped_by']}"


def _broker() -> str:
    from ironic_lite.cmd import broker

    if rpc.transport_name() == rpc.IN_PROCESS:
        raise _Skipped("messages stay inside the process")
    return broker.log_in()


def _conductors() -> str:
    from ironic_lite.objects.conductor import Conductor

    if CONF.api.database_access == "rpc" and not CONF.database.connection:
        raise _Skipped("the database that lists them is not ours to read")
    if _is_missing():
        return _conductors_of_the_api()
    try:
        listed = Conductor.list(ironic_context.admin_context())
    except exception.IronicLiteError:
        raise
    except Exception as exc:
        raise exception.DatabaseError(reason=type(exc).__name__) from exc
    return _life({one.hostname: one.alive for one in listed})


def _is_missing() -> bool:
    """Whether the database is an SQLite file that is not there. To connect would make it."""
    from ironic_lite.cmd import database
    from ironic_lite.db import engine

    return engine.url().get_backend_name() == "sqlite" and not database.embedded_file_exists()


def _conductors_of_the_api() -> str:
    from ironic_lite.cmd import rest

    try:
        _api()
    except (exception.ServiceUnavailable, _Skipped):
        raise exception.ServiceUnavailable(err=_NONE) from None
    try:
        listed = rest.reader(_url())("conductors", {})["conductors"]
    except rest.Refused as exc:
        raise _Skipped(f"asked with the OS_* variables, {exc.message}") from exc
    return _life({one["hostname"]: one["alive"] for one in listed})


def _life(hosts: dict[str, bool]) -> str:
    """Who of them is alive.

    :raises ServiceUnavailable: nobody is.
    """
    alive = [host for host, lives in hosts.items() if lives]
    dead = [host for host, lives in hosts.items() if not lives]
    if not alive:
        raise exception.ServiceUnavailable(err=_NONE)
    return f"alive: {', '.join(alive)}" + (f"; offline: {', '.join(dead)}" if dead else "")


def _url() -> str:
    return str(CONF.api.public_endpoint or _local_url())


def _api() -> str:
    if not (CONF.api.port or CONF.api.public_endpoint):
        raise _Skipped("[api] port is 0, so nobody knows where it listens")
    url = _url()
    try:
        with warnings.catch_warnings():
            # The certificate is the operator's; whether it is trusted is not what is asked here.
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            answer = requests.get(url, timeout=_PATIENCE, verify=False)  # noqa: S501
    except requests.RequestException as exc:
        raise exception.ServiceUnavailable(
            err=f"no answer from {url} ({type(exc).__name__}); is it started?"
        ) from exc
    if answer.status_code != requests.codes.ok:
        raise exception.ServiceUnavailable(err=f"{url} answers with status {answer.status_code}")
    return f"{url} answers"


def _local_url() -> str:
    scheme = "https" if CONF.api.ssl_cert_file else "http"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(CONF.api.host_ip, CONF.api.host_ip)  # noqa: S104
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{CONF.api.port}/"

# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite status``: check everything that this configuration needs, and print one line per check.

It changes nothing: it creates no file and no table. If the embedded database does not exist but an API answers (for
example that of ``ironic-lite demo``), the checks look at that service.
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
"""Seconds to wait for the API."""

_NONE = "none is alive; start one with 'ironic-lite up' or 'ironic-lite conductor'"

Check = Callable[[], str]


class _Skipped(Exception):
    """The check does not apply to this configuration."""


def main(argv: list[str]) -> int:
    """Run all checks.

    :returns: the exit status: 0 when all checks pass, else 1.
    """
    arguments.parser("status", __doc__).parse_args(argv)
    # Report the present state instead of retrying the database.
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
    # The file may be for an all-in-one process or for one of a cluster: it must be valid for one of them.
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
        raise _Skipped("this process accesses it through conductors ([api] database_access = rpc)")
    url = engine.url()
    if _is_missing():
        problem = f"{url.database} does not exist"
        try:
            answer = _api()
        except (exception.ServiceUnavailable, _Skipped):
            raise exception.DatabaseError(
                reason=f"{problem} yet; 'ironic-lite up' creates it"
            ) from None
        raise _Skipped(f"{problem}, so the running service uses another database: {answer}")
    database.check()
    return f"{url.render_as_string(hide_password=True)} at revision {migration.current()}"


def _secrets() -> str:
    from ironic_lite.cmd import database
    from ironic_lite.db.encryption import data_keys

    if CONF.api.database_access == "rpc" and not CONF.database.connection:
        raise _Skipped("only conductors have the key")
    try:
        database.check()
    except (exception.DatabaseError, exception.VersionIncompatible) as exc:
        raise _Skipped("the database cannot be read") from exc
    database.check_keys()
    if not (rows := data_keys.all_rows()):
        return "none yet; the first start makes a key"
    newest = rows[-1]
    return f"encrypted with data key {newest['id']}, wrapped by {newest['wrapped_by']}"


def _broker() -> str:
    from ironic_lite.cmd import broker

    if rpc.transport_name() == rpc.IN_PROCESS:
        raise _Skipped("messages stay inside the process")
    return broker.log_in()


def _conductors() -> str:
    from ironic_lite.objects.conductor import Conductor

    if CONF.api.database_access == "rpc" and not CONF.database.connection:
        raise _Skipped("this process may not read the database that lists them")
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
    """Tell whether the database is a missing SQLite file; connecting would create it."""
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
        raise _Skipped(f"request with the OS_* variables failed: {exc.message}") from exc
    return _life({one["hostname"]: one["alive"] for one in listed})


def _life(hosts: dict[str, bool]) -> str:
    """Return a text of the conductors that are alive and those that are offline.

    :raises ServiceUnavailable: no conductor is alive.
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
        raise _Skipped("[api] port is 0, so the port is not known")
    url = _url()
    try:
        with warnings.catch_warnings():
            # This checks only whether the API answers, not whether its certificate is trusted.
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            answer = requests.get(url, timeout=_PATIENCE, verify=False)  # noqa: S501
    except requests.RequestException as exc:
        raise exception.ServiceUnavailable(
            err=f"no answer from {url} ({type(exc).__name__}); is the API running?"
        ) from exc
    if answer.status_code != requests.codes.ok:
        raise exception.ServiceUnavailable(err=f"{url} answers with status {answer.status_code}")
    return f"{url} answers"


def _local_url() -> str:
    scheme = "https" if CONF.api.ssl_cert_file else "http"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(CONF.api.host_ip, CONF.api.host_ip)  # noqa: S104
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{CONF.api.port}/"

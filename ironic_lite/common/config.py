# SPDX-License-Identifier: Apache-2.0
"""Reads and checks the configuration, and sets up logging."""

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path

from oslo_config import cfg
from oslo_log import log

from ironic_lite import version
from ironic_lite.common import config_files, exception, logs, release_mappings, rpc
from ironic_lite.conf import CONF

PROJECT = "ironic-lite"

_QUIET = ("alembic=WARNING", "futurist=WARNING")


def read(
    files: Sequence[str] = (), directories: Sequence[str] = (), debug: bool | None = None
) -> list[str]:
    """Read the configuration files, or the default ones when none are given, and start to log to stderr.

    :param debug: overrides ``[DEFAULT] debug``.
    :returns: a message for each problem: unknown options, and values that cannot be used. Reading such a value raises
        an exception.
    :raises ConfigInvalid: when a file cannot be read; the message has a line for each problem.
    """
    log.set_defaults(default_log_levels=[*log.get_default_log_levels(), *_QUIET])
    log.register_options(CONF)
    # Keep the log out of a command's output.
    CONF.set_default("use_stderr", True)
    _refuse([f"{each}: no such directory." for each in directories if not _is_dir(each)])
    # The library returns the default files twice: for the project and for the program.
    files = list(dict.fromkeys(files or cfg.find_config_files(project=PROJECT)))
    directories = list(dict.fromkeys(directories or cfg.find_config_dirs(project=PROJECT)))
    written, problems = config_files.parse([*files, *config_files.in_directories(directories)])
    _refuse(problems + config_files.wrong_at_once(written))
    _parse(files, directories)
    if any(each.group.lower() == "cors" for each in written):
        _register_cors()
    rpc.register_options()
    problems += config_files.load_notification_drivers(written)
    problems += config_files.unknown(written)
    written += config_files.in_environment()
    problems += config_files.wrong_values(written) + config_files.wrong_urls(written)
    if debug is not None:
        CONF.set_override("debug", debug)
    return problems + _set_up_logging()


def _is_dir(name: str) -> bool:
    return Path(name).expanduser().is_dir()


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise exception.ConfigInvalid(error_msg="\n".join(problems))


def _parse(files: Sequence[str], directories: Sequence[str]) -> None:
    arguments = [f"--config-file={file}" for file in files]
    arguments += [f"--config-dir={directory}" for directory in directories]
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            CONF(arguments, project=PROJECT, version=version.__version__)
    except (cfg.Error, ValueError, OSError) as exc:
        raise exception.ConfigInvalid(error_msg=" ".join(str(exc).split())) from exc
    except SystemExit:
        # The library exits like this for a wrong value of an option that the command line could set.
        raise exception.ConfigInvalid(error_msg=" ".join(said.getvalue().split())) from None


def _register_cors() -> None:
    # Imported here because it is slow, and few configurations use it.
    from oslo_middleware import cors

    CONF.register_opts(cors.OPTS, group="cors")


def _set_up_logging() -> list[str]:
    try:
        log.setup(CONF, PROJECT)
        logs.guard()
    except log.LogConfigError as exc:
        return [f"[DEFAULT] log_config_append: {exc.err_msg} ({exc.log_config})"]
    except OSError as exc:
        return [f"[DEFAULT] log_file or log_dir: {exc.filename} cannot be written ({exc.strerror})"]
    except (cfg.Error, ValueError):
        # config_files has reported this value already.
        return []
    return []


def contradictions(api: bool = False, conductor: bool = False) -> list[str]:
    """Return a message for each pair of settings that contradict each other.

    :param api: the process serves the REST API.
    :param conductor: the process is a conductor.
    """
    checks: list[Callable[[], Iterable[str]]] = [
        _release,
        lambda: _transport(all_in_one=api and conductor),
        _signs_of_life,
    ]
    if api:
        checks += [_certificate, lambda: _database_access(conductor)]
    return [problem for check in checks for problem in problems_of(check)]


def problems_of(check: Callable[[], Iterable[str]]) -> list[str]:
    """Run a check; ignore values that cannot be read, because they have been reported already."""
    try:
        return list(check())
    except exception.ConfigInvalid as exc:
        return [" ".join(exc.message.split())]
    except cfg.ConfigSourceValueError:
        return []


def _release() -> Iterable[str]:
    release_mappings.pinned()
    return ()


def _transport(all_in_one: bool) -> Iterator[str]:
    name = rpc.transport_name()
    # For the usual drivers, avoid listing all installed entry points.
    usual = name in (rpc.IN_PROCESS, "rabbit")
    if not usual and name not in metadata.entry_points(group="oslo.messaging.drivers").names:
        yield f"[DEFAULT] transport_url names '{name}'; use rabbit:// or {rpc.IN_PROCESS}://."
    elif not usual and (missing := _missing_library(name)):
        yield f"[DEFAULT] transport_url names '{name}', which needs a library: {missing}. Install it, or use rabbit://."
    elif name != rpc.IN_PROCESS and not rpc.names_host():
        yield f"[DEFAULT] transport_url names no host; write {name}://USER:PASSWORD@HOST:PORT/."
    if name == rpc.IN_PROCESS and not all_in_one:
        yield (
            f"[DEFAULT] transport_url is {rpc.IN_PROCESS}://, which reaches only this process. Set it to "
            "the broker that APIs and conductors share (rabbit://...), or run 'ironic-lite up'."
        )


def _missing_library(transport: str) -> str | None:
    """Return why a messaging driver cannot be loaded; None when it can be."""
    (driver,) = metadata.entry_points(group="oslo.messaging.drivers", name=transport)
    try:
        driver.load()
    except ImportError as exc:
        return str(exc)
    return None


def _signs_of_life() -> Iterator[str]:
    if CONF.conductor.heartbeat_timeout <= 2 * CONF.conductor.heartbeat_interval:
        yield (
            "[conductor] heartbeat_timeout must be more than twice heartbeat_interval; otherwise one "
            "late keepalive makes a conductor count as dead."
        )


def _certificate() -> Iterator[str]:
    if bool(CONF.api.ssl_cert_file) != bool(CONF.api.ssl_key_file):
        yield "[api] ssl_cert_file and ssl_key_file must be set together; set both or none."


def _database_access(conductor: bool) -> Iterator[str]:
    if CONF.api.database_access != "rpc":
        return
    if conductor:
        yield "[api] database_access is rpc, but this process is a conductor too and needs the database."
    if CONF.database.connection:
        yield (
            "[api] database_access is rpc, but [database] connection is set; an API process without "
            "database access must not hold its credentials."
        )

# SPDX-License-Identifier: Apache-2.0
"""Reads the configuration, sets up logging, and refuses what cannot be meant."""

import contextlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from oslo_config import cfg
from oslo_log import log

from ironic_lite import version
from ironic_lite.common import exception, release_mappings, rpc
from ironic_lite.conf import CONF

PROJECT = "ironic-lite"

# Libraries whose options may stand in our files.
_LIBRARIES = (
    "oslo.log",
    "oslo.messaging",
    "oslo.policy",
    "oslo.middleware",
    "keystonemiddleware.auth_token",
)

_KEYSTONE = "keystone_authtoken"

# How oslo.config names the place of a bad value.
_LOCATION = re.compile(r"LocationInfo\(.*detail='([^']*)'\)")

_QUIET = ("alembic=WARNING", "futurist=WARNING")


def read(
    files: Sequence[str] = (), directories: Sequence[str] = (), debug: bool | None = None
) -> None:
    """Read the configuration files, or the usual ones when none are named, and log to stderr from here on.

    :param debug: overrides ``[DEFAULT] debug``.
    :raises ConfigInvalid: when a file cannot be read, or holds an option that nobody knows.
    """
    log.set_defaults(default_log_levels=[*log.get_default_log_levels(), *_QUIET])
    log.register_options(CONF)
    # What a command prints is for its caller; the log is not part of it.
    CONF.set_default("use_stderr", True)
    arguments = [f"--config-file={file}" for file in files]
    arguments += [f"--config-dir={directory}" for directory in directories]
    with _as_config_invalid():
        CONF(arguments, project=PROJECT, version=version.__version__)
        rpc.register_options()
        _refuse_unknown_options()
        _read_all_values()
    if debug is not None:
        CONF.set_override("debug", debug)
    log.setup(CONF, PROJECT)


@contextlib.contextmanager
def _as_config_invalid() -> Iterator[None]:
    try:
        yield
    except (cfg.Error, ValueError, OSError) as exc:
        problem = _LOCATION.sub(r"\1", " ".join(str(exc).split()))
        raise exception.ConfigInvalid(error_msg=problem) from exc


def _read_all_values() -> None:
    """A value of the wrong type raises here, not in the middle of some request."""
    for name in list(CONF):
        value = CONF[name]
        if isinstance(value, cfg.ConfigOpts.GroupAttr):
            for option in list(value):
                value[option]


def _refuse_unknown_options() -> None:
    unknown = [
        (file, group, option)
        for file, group, option in _written_options()
        if not _is_registered(group, option)
    ]
    if unknown:
        of_libraries = _library_options()
        unknown = [each for each in unknown if (each[1].lower(), each[2]) not in of_libraries]
    if unknown:
        file, group, option = unknown[0]
        raise exception.ConfigInvalid(
            error_msg=f"{file}: there is no option '{option}' in [{group}]. Look for a misspelling, or a "
            "wrong section; the sample configuration lists all options."
        )


def _written_options() -> Iterator[tuple[str, str, str]]:
    files = list(CONF.config_file or [])
    for directory in CONF.config_dirs:
        files += sorted(str(path) for path in Path(directory).glob("*.conf"))
    for file in files:
        sections: dict[str, dict[str, list[str]]] = {}
        cfg.ConfigParser(file, sections).parse()
        for group, options in sections.items():
            for option in options:
                yield file, group, option.replace("-", "_")


def _is_registered(group: str, option: str) -> bool:
    if group == "DEFAULT":
        return option in CONF
    return group in CONF and option in CONF[group]


def _library_options() -> set[tuple[str, str]]:
    """Group (lower case) and name of every option of the libraries we use."""
    known: set[tuple[str, str]] = set()
    for entry_point in metadata.entry_points(group="oslo.config.opts"):
        if entry_point.name not in _LIBRARIES:
            continue
        for group, options in entry_point.load()():
            name = str(getattr(group, "name", group) or "DEFAULT").lower()
            known.update((name, option.dest) for option in options)
    return known | _keystone_credentials()


def _keystone_credentials() -> set[tuple[str, str]]:
    """The options of the ways to log in to Keystone; which of them count depends on ``auth_type``."""
    # Late, for it takes a tenth of a second that few need.
    from keystoneauth1 import loading

    loading.register_auth_conf_options(CONF, _KEYSTONE)
    section = CONF[_KEYSTONE].auth_section or _KEYSTONE
    plugins: Iterable[Any] = loading.get_available_plugin_loaders().values()
    options = itertools.chain.from_iterable(plugin.get_options() for plugin in plugins)
    return {(section.lower(), option.dest) for option in options}


def check(api: bool = False, conductor: bool = False) -> None:
    """Look for settings that contradict each other.

    :param api: the process serves the REST API.
    :param conductor: the process is a conductor.
    :raises ConfigInvalid: naming both settings.
    """
    release_mappings.pinned()
    transport = rpc.transport_name()
    if transport == rpc.IN_PROCESS and not (api and conductor):
        raise exception.ConfigInvalid(
            error_msg=f"[DEFAULT] transport_url is {rpc.IN_PROCESS}://, which reaches only this process. Set it to "
            "the broker that APIs and conductors share (rabbit://...), or run 'ironic-lite up'."
        )
    if CONF.conductor.heartbeat_timeout <= 2 * CONF.conductor.heartbeat_interval:
        raise exception.ConfigInvalid(
            error_msg="[conductor] heartbeat_timeout must be more than twice heartbeat_interval, else one "
            "late sign of life makes a conductor count as dead."
        )
    if api:
        _check_api(conductor)


def _check_api(conductor: bool) -> None:
    conf = CONF.api
    if bool(conf.ssl_cert_file) != bool(conf.ssl_key_file):
        raise exception.ConfigInvalid(
            error_msg="[api] ssl_cert_file and ssl_key_file go together; set both or none."
        )
    if conf.database_access == "rpc":
        if conductor:
            raise exception.ConfigInvalid(
                error_msg="[api] database_access is rpc, but this process is a conductor too and needs the database."
            )
        if CONF.database.connection:
            raise exception.ConfigInvalid(
                error_msg="[api] database_access is rpc, but [database] connection is set; an API process without "
                "database access must not hold its credentials."
            )

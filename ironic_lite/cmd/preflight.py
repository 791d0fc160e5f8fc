# SPDX-License-Identifier: Apache-2.0
"""Checks the whole configuration before anything starts.

``common.config_files`` compares the files with the options that exist, ``common.config.contradictions`` the settings
with each other. The checks here look at what the settings refer to. A check is a function that yields a line for each
problem, or raises ``ConfigInvalid`` with one; ``_checks`` says which role needs it.
"""

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ironic_lite.cmd import arguments
from ironic_lite.cmd.roles import ROLES, Role
from ironic_lite.common import config, exception, shared_metrics
from ironic_lite.conf import CONF


def only_check(name: str, description: str | None, argv: list[str]) -> bool:
    """Parse a service's command line without options of its own; True for ``--check``, see :func:`checks_only`.

    :raises ConfigInvalid: ``--check`` found what would end a start, with a line for each problem.
    """
    return checks_only(name, parser(name, description).parse_args(argv))


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """Return the parser of a service's command line, with the option ``--check``."""
    made = arguments.parser(name, description)
    made.add_argument(
        "--check",
        action="store_true",
        help="start and change nothing: only check the configuration, the database, its keys and the broker; the exit "
        "status is 0 if a start would succeed",
    )
    return made


def checks_only(name: str, given: argparse.Namespace) -> bool:
    """Tell whether a parsed command line has ``--check``, after :func:`configure` found no problem.

    :raises ConfigInvalid: ``--check`` found what would end a start, with a line for each problem.
    """
    if not given.check:
        return False
    from ironic_lite.cmd import surroundings

    if problems := surroundings.problems(ROLES[name]):
        raise exception.ConfigInvalid(error_msg="\n".join(problems))
    print("The configuration is valid.")
    return True


def configure(
    files: Sequence[str] = (),
    directories: Sequence[str] = (),
    debug: bool | None = None,
    role: Role | None = None,
) -> None:
    """Read and check the configuration for a process of this role; without a role, only its contents.

    :raises ConfigInvalid: with a line for each problem.
    """
    problems = config.read(files, directories, debug)
    if role is not None:
        if role.api and not role.conductor and CONF.api.workers > 1:
            # The checks import what counts.
            shared_metrics.share()
        problems += config.contradictions(role.api, role.conductor)
        problems += [problem for check in _checks(role) for problem in config.problems_of(check)]
    if problems:
        raise exception.ConfigInvalid(error_msg="\n".join(problems))


def _checks(role: Role) -> Iterator[Callable[[], Iterable[str]]]:
    if role.conductor or CONF.api.database_access == "direct":
        yield _database
        yield _keys
    if role.conductor:
        yield _drivers
        yield _kernel_arguments
        yield _ramdisks
        yield _built_in_rules
        yield _network_boot
        yield _other_services
        yield _discovery
    if role.api:
        yield _policy
        yield _authentication
        yield _certificate
    if role.listens:
        yield _address


def _database() -> Iterable[str]:
    from ironic_lite.db import engine

    url = engine.url()
    if url.get_backend_name() != "sqlite" or url.database is None:
        return
    file = Path(url.database)
    # Missing directories will be created in the nearest existing one.
    nearest = next(each for each in (file, *file.parents) if each.exists())
    if nearest == file.parent / file.name and not file.is_file():
        yield f"The database file {file} is not a regular file."
    elif nearest != file and not nearest.is_dir():
        yield f"The database file {file} cannot be created: {nearest} is not a directory."
    elif not os.access(nearest, os.R_OK | os.W_OK):
        yield (
            f"The database file {file} cannot be {'opened' if nearest == file else 'created'}: the user of this "
            f"process may not write to {nearest}. Set [DEFAULT] state_path or [database] connection to another place."
        )


def _keys() -> Iterable[str]:
    from ironic_lite.db import engine
    from ironic_lite.db.encryption import wrapping

    try:
        engine.url()
    except exception.ConfigInvalid:
        # The configuration has errors, reported already, that may change the location of the key.
        return ()
    return wrapping.problems()


def _drivers() -> Iterable[str]:
    from ironic_lite.drivers import factory

    return factory.problems()


def _kernel_arguments() -> Iterable[str]:
    from ironic_lite.drivers.modules.pxe import kernel_args

    return kernel_args.problems()


def _ramdisks() -> Iterable[str]:
    from ironic_lite.drivers.modules.pxe import kernel_args

    return kernel_args.ramdisk_problems()


def _built_in_rules() -> Iterable[str]:
    if CONF.inspection_rules.built_in_rules:
        from ironic_lite.conductor.inspection_rules import built_in

        built_in.load()
    return ()


def _network_boot() -> Iterable[str]:
    from ironic_lite.drivers import api_address

    if "ipxe" not in CONF.enabled_boot_interfaces:
        return
    try:
        api_address.url()
    except exception.InvalidParameterValue as exc:
        yield f"[api] host_ip: {exc.message} Or remove ipxe from [DEFAULT] enabled_boot_interfaces."


def _other_services() -> Iterable[str]:
    from ironic_lite.common import openstack_services

    return openstack_services.problems()


def _discovery() -> Iterable[str]:
    from ironic_lite.conductor.discovery import configuration

    return configuration.problems()


def _policy() -> Iterable[str]:
    from ironic_lite.common import policy

    policy.load()
    return ()


def _authentication() -> Iterable[str]:
    from ironic_lite.api.middleware import auth

    auth.check()
    return ()


def _certificate() -> Iterable[str]:
    from ironic_lite.api.front import tls

    if CONF.api.ssl_cert_file and CONF.api.ssl_key_file:
        tls.certificate()
    return ()


def _address() -> Iterable[str]:
    from ironic_lite.api.front import listening

    listening.listen().close()
    return ()

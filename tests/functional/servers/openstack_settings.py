# SPDX-License-Identifier: Apache-2.0
"""Configuration files of OpenStack services, and the credentials that they use for each other."""

import configparser
from collections.abc import Mapping
from pathlib import Path

from tests.functional.servers.keystone import PASSWORD

Settings = Mapping[str, Mapping[str, object]]  # group -> option -> value

REGION = "RegionOne"
SERVICE_PROJECT = "service"


def write(path: Path, *settings: Settings) -> Path:
    """Write a configuration file; later settings override earlier ones. Returns the path."""
    merged: dict[str, dict[str, str]] = {}
    for each in settings:
        for group, options in each.items():
            texts = {option: str(value) for option, value in options.items()}
            merged.setdefault(group, {}).update(texts)
    file = configparser.ConfigParser(interpolation=None, default_section="no default section")
    file.read_dict(merged)
    with path.open("w") as stream:
        file.write(stream)
    return path


def credentials(identity_url: str, user: str, of_system: bool = False) -> dict[str, object]:
    """Return keystoneauth's options for a service user, in the scope of its project or of the system.

    :param identity_url: Keystone's, with ``/v3``.
    """
    scope: dict[str, object] = {"system_scope": "all"}
    if not of_system:
        scope = {"project_name": SERVICE_PROJECT, "project_domain_name": "Default"}
    return {
        "auth_type": "password",
        "auth_url": identity_url,
        "username": user,
        "password": PASSWORD,
        "user_domain_name": "Default",
        **scope,
    }


def client(identity_url: str, user: str, of_system: bool = False) -> dict[str, object]:
    """Return the options with which a service is a client of others: `credentials`, and where they are."""
    return {**credentials(identity_url, user, of_system), "region_name": REGION}


def token_validation(identity_url: str, user: str) -> dict[str, object]:
    """Return the options of ``[keystone_authtoken]``."""
    return {
        **credentials(identity_url, user),
        "www_authenticate_uri": identity_url,
        "service_token_roles": "service",
        "service_token_roles_required": "true",
    }

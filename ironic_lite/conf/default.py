# SPDX-License-Identifier: Apache-2.0
"""Options of the whole service."""

import socket

from oslo_config import cfg

GROUP = None

OPTS = [
    cfg.StrOpt(
        "host",
        default=socket.gethostname(),
        sample_default="the name of this machine",
        help="Name of this conductor in the cluster. It must be unique.",
    ),
    cfg.StrOpt(
        "state_path",
        default="~/.local/state/ironic-lite",
        help="Directory for the service's files, such as the embedded database. It is created if it is missing.",
    ),
    cfg.StrOpt(
        "auth_strategy",
        default="noauth",
        choices=[
            ("noauth", "every request has administrator rights"),
            ("http_basic", "HTTP basic authentication against http_basic_auth_user_file"),
            ("keystone", "tokens of Keystone, see [keystone_authtoken]"),
        ],
        help="How API requests are authenticated.",
    ),
    cfg.StrOpt(
        "http_basic_auth_user_file",
        default="/etc/ironic-lite/htpasswd",
        help="htpasswd file with bcrypt entries, for auth_strategy = http_basic.",
    ),
    cfg.StrOpt(
        "http_basic_roles_file",
        help="YAML file that gives the users of http_basic_auth_user_file roles, in the whole system or in one "
        "project. Unset: every user is an administrator.",
    ),
    cfg.BoolOpt(
        "rbac_service_role_elevated_access",
        default=False,
        help="Whether users with the role service in the project rbac_service_project_name may see and change the "
        "whole system, and not only what their project owns.",
    ),
    cfg.StrOpt(
        "rbac_service_project_name",
        default="service",
        help="Name of the project that the accounts of other services belong to.",
    ),
    cfg.StrOpt(
        "default_portgroup_mode",
        default="active-backup",
        help="Mode of port groups that are created without one.",
    ),
    cfg.StrOpt(
        "pin_release_version",
        help="During a rolling upgrade: the older release that still runs on some hosts. RPC messages and "
        "objects are sent in its versions. Unset: the newest versions.",
    ),
    cfg.IntOpt(
        "hardware_call_timeout",
        default=90,
        min=1,
        help="Seconds that a request waits for a conductor that asks a server's BMC before it answers: boot device, "
        "indicators, NMI, virtual media, vendor methods. Half a minute more than a driver may take for one command, "
        "see [ipmi] command_retry_timeout. APIs and conductors use the same value.",
    ),
    cfg.IntOpt(
        "hash_partition_exponent",
        default=8,
        min=1,
        max=14,
        help="2 to this power points per conductor on the hash ring. More points spread nodes more evenly. "
        "All processes of a cluster use the same value.",
    ),
    cfg.IntOpt(
        "hash_ring_reset_interval",
        default=15,
        min=1,
        help="Seconds after which a process reads the members of the hash ring again.",
    ),
]

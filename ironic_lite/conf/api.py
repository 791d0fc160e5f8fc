# SPDX-License-Identifier: Apache-2.0
"""Options of the API process."""

from oslo_config import cfg

from ironic_lite.conf import kinds

GROUP = "api"

OPTS = [
    cfg.HostAddressOpt("host_ip", default="127.0.0.1", help="Address the API listens on."),
    cfg.PortOpt("port", default=6385, help="TCP port the API listens on; 0 means any free port."),
    cfg.IntOpt(
        "workers",
        default=1,
        min=1,
        help="Number of processes of 'ironic-lite api', which share the port. A process uses one processor. "
        "'ironic-lite up' always has one process.",
    ),
    cfg.IntOpt(
        "threads",
        default=16,
        min=1,
        help="Requests that one API process serves at the same time.",
    ),
    cfg.Opt(
        "public_endpoint",
        type=kinds.WebAddress(),
        help="http or https URL at which clients and booting servers reach the API, if it differs from the requested "
        "one (behind a proxy, for example). Used in links and boot scripts.",
    ),
    cfg.ListOpt(
        "addresses_for_servers",
        default=[],
        help="Addresses of this machine in the servers' network. An API without authentication answers there only "
        "what servers request: boot scripts, lookups, heartbeats, inventories, images. 'ironic-lite up --provision' "
        "adds the address of its interface.",
    ),
    cfg.StrOpt(
        "database_access",
        default="direct",
        choices=[
            ("direct", "the process connects to [database] connection"),
            ("rpc", "the process has no database credentials and uses a conductor"),
        ],
        help="How the API process reads and writes records.",
    ),
    cfg.BoolOpt(
        "project_admin_can_manage_own_nodes",
        default=True,
        help="Whether administrators of a project may enrol and delete nodes that the project owns.",
    ),
    cfg.IntOpt(
        "max_limit",
        default=1000,
        min=1,
        help="Maximum number of records in one page of a collection.",
    ),
    cfg.IntOpt(
        "max_body_size",
        default=1024 * 1024,
        min=1024,
        help="Largest request body, in bytes.",
    ),
    cfg.IntOpt(
        "max_provision_body_size",
        default=64 * 1024 * 1024,
        min=1024,
        help="Largest body of PUT states/provision, in bytes. A config drive must fit.",
    ),
    cfg.IntOpt(
        "max_inspection_body_size",
        default=16 * 1024 * 1024,
        min=1024,
        help="Largest body of POST continue_inspection, in bytes. The data of a ramdisk must fit, with its logs. "
        "Without its logs, which are not stored, the limit is 4 MiB.",
    ),
    cfg.IntOpt(
        "max_field_size",
        default=256 * 1024,
        min=1024,
        help="Maximum size of one field of a record (extra, driver_info, steps ...), in bytes of its JSON, after any "
        "change. Config drives have their own limit.",
    ),
    cfg.IntOpt(
        "max_json_depth",
        default=32,
        min=4,
        max=200,
        help="Maximum nesting of a JSON body.",
    ),
    cfg.IntOpt(
        "max_json_values",
        default=200_000,
        min=1000,
        help="Maximum number of values in a JSON body: numbers, strings, lists and objects. Each takes up to 250 "
        "bytes of memory, however short it is in the body.",
    ),
    cfg.BoolOpt(
        "restrict_lookup",
        default=True,
        help="Answer a ramdisk's lookup only for nodes that wait for one.",
    ),
    cfg.IntOpt(
        "ramdisk_heartbeat_timeout",
        default=300,
        min=1,
        help="Seconds within which an agent must send a heartbeat; agents get this value at lookup.",
    ),
    cfg.StrOpt("ssl_cert_file", help="Certificate of the API server (PEM). Unset: plain HTTP."),
    cfg.StrOpt("ssl_key_file", help="Private key of the API server (PEM)."),
]

# SPDX-License-Identifier: Apache-2.0
"""Options of the API process."""

from oslo_config import cfg

from ironic_lite.conf import kinds

GROUP = "api"

OPTS = [
    cfg.HostAddressOpt("host_ip", default="127.0.0.1", help="Address the API listens on."),
    cfg.PortOpt("port", default=6385, help="TCP port the API listens on; 0 takes a free one."),
    cfg.IntOpt(
        "workers",
        default=1,
        min=1,
        help="Processes of 'ironic-lite api', which share the port. One uses one processor. 'ironic-lite up' has no "
        "others than its own.",
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
        help="http or https URL that clients and booting servers reach the API at, when it is not the one they asked "
        "(behind a proxy, say). Used in links and in boot scripts.",
    ),
    cfg.StrOpt(
        "database_access",
        default="direct",
        choices=[
            ("direct", "the process connects to [database] connection"),
            ("rpc", "it holds no database credentials and asks a conductor"),
        ],
        help="How the API process reads and writes records.",
    ),
    cfg.BoolOpt(
        "project_admin_can_manage_own_nodes",
        default=True,
        help="Whether administrators of a project enrol and delete nodes that the project owns.",
    ),
    cfg.IntOpt("max_limit", default=1000, min=1, help="Most records in one page of a collection."),
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
        help="Largest body of PUT states/provision, in bytes. A config drive has to fit.",
    ),
    cfg.IntOpt(
        "max_inspection_body_size",
        default=16 * 1024 * 1024,
        min=1024,
        help="Largest body of POST continue_inspection, in bytes. What a ramdisk has found has to fit, with its logs. "
        "Without its logs, which are not kept, it may have 4 MiB.",
    ),
    cfg.IntOpt(
        "max_field_size",
        default=256 * 1024,
        min=1024,
        help="Most that one field of a record (extra, driver_info, steps ...) may hold, in bytes of its JSON, after "
        "whatever change. Config drives are bounded by themselves.",
    ),
    cfg.IntOpt(
        "max_json_depth",
        default=32,
        min=4,
        max=200,
        help="Deepest nesting that a JSON body may have.",
    ),
    cfg.IntOpt(
        "max_json_values",
        default=200_000,
        min=1000,
        help="Most values that a JSON body may have: numbers, texts, lists and objects. One takes up to 250 bytes of "
        "memory, however short it is in the body.",
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
        help="Seconds within which an agent has to send a heartbeat; told to it at lookup.",
    ),
    cfg.StrOpt("ssl_cert_file", help="Certificate of the API server (PEM). Unset: plain HTTP."),
    cfg.StrOpt("ssl_key_file", help="Private key of the API server (PEM)."),
]

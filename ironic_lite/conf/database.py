# SPDX-License-Identifier: Apache-2.0
"""Options of the database connection."""

from oslo_config import cfg

GROUP = "database"

OPTS = [
    cfg.StrOpt(
        "connection",
        secret=True,
        help="SQLAlchemy URL: sqlite:///FILE, mysql+pymysql://... or postgresql+psycopg://... "
        "Unset: the embedded SQLite file ironic-lite.sqlite in state_path.",
    ),
    cfg.IntOpt("max_pool_size", default=10, min=1, help="Number of connections to keep open."),
    cfg.IntOpt(
        "max_overflow", default=40, min=0, help="Number of additional connections under load."
    ),
    cfg.IntOpt("pool_timeout", default=30, min=1, help="Seconds to wait for a free connection."),
    cfg.IntOpt(
        "max_retries",
        default=8,
        min=0,
        help="How often to retry an operation after a deadlock or a lost connection.",
    ),
    cfg.FloatOpt(
        "retry_interval",
        default=0.1,
        min=0.001,
        help="Seconds before the first retry; doubled each time, up to 10 s.",
    ),
    cfg.IntOpt(
        "sqlite_busy_timeout",
        default=30,
        min=1,
        help="Seconds that a SQLite writer waits for another to finish.",
    ),
]

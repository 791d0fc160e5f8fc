# SPDX-License-Identifier: Apache-2.0
"""A service does not import libraries at its start that few requests need."""

import subprocess
import sys

LATE = (
    "jinja2",
    "pygments",
    "regex",
    "jsonschema",
    "pyparsing",
    "tenacity",
    "os_traits",
    "alembic",
    "keystonemiddleware",
    "yaml",
    "requests",
    "oslo_policy.policy",
    "sqlalchemy.dialects.mysql",
    "ironic_lite.api.middleware.http_basic",
)

_SERVICES = """
from ironic_lite.common import concurrency
concurrency.setup()
import sys
import ironic_lite.api.app, ironic_lite.api.front.service, ironic_lite.conductor.service
from ironic_lite.cmd import preflight
preflight.configure()
ironic_lite.api.app.make_app()
print(*sys.modules)
"""


def test_services_start_without_what_few_requests_need() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SERVICES],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = done.stdout.split()
    assert "pecan" in imported
    assert [name for name in LATE if name in imported] == []

# SPDX-License-Identifier: Apache-2.0
"""One running service per test process, with small limits."""

from collections.abc import Iterator

import pytest

from tests.functional.deployment import Deployment

MAX_BODY = 64 * 1024
MAX_PROVISION_BODY = 256 * 1024
MAX_DEPTH = 8


@pytest.fixture(scope="session")
def limited_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """API and conductor in one process."""
    directory = tmp_path_factory.mktemp("limited")
    options: dict[str, dict[str, object]] = {
        "api": {
            "max_body_size": MAX_BODY,
            "max_provision_body_size": MAX_PROVISION_BODY,
            "max_json_depth": MAX_DEPTH,
            "threads": 8,
        }
    }
    with Deployment(
        directory, database=f"sqlite:///{directory}/ironic-lite.sqlite", options=options
    ) as deployment:
        deployment.start_all_in_one()
        yield deployment

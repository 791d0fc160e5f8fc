# SPDX-License-Identifier: Apache-2.0
"""Who may end the automated cleaning of a node by removing a field of the node."""

from pathlib import Path
from typing import Any

import pytest

from tests.stories import access_service as access
from tests.stories.access_requests import LESSEE, OWNER
from tests.stories.access_service import Service, user_of

ADMIN = user_of("system", "admin")


def _node(service: Service) -> str:
    body = {"driver": "fake-hardware", "owner": OWNER, "lessee": LESSEE, "automated_clean": True}
    status, made = service.ask(ADMIN, "POST", "/nodes", body)
    assert status == 201, made
    return f"/nodes/{made['uuid']}"


@pytest.mark.parametrize("by_default", [True, False])
@pytest.mark.parametrize("operation", [{"op": "remove"}, {"op": "replace", "value": None}])
def test_whose_removal_of_a_field_ends_cleaning(
    tmp_path: Path, by_default: bool, operation: dict[str, Any]
) -> None:
    """A lessee must not be able to skip the cleaning by removing the field, which sets the default."""
    with access.running(tmp_path, {"conductor": {"automated_clean": by_default}}) as service:
        path = _node(service)
        patch = [{**operation, "path": "/automated_clean"}]
        for group in ("lessee", "owner"):
            status, answer = service.ask(user_of(group, "member"), "PATCH", path, patch)
            assert status == (200 if by_default else 403), answer
        assert service.ask(ADMIN, "PATCH", path, patch)[0] == 200

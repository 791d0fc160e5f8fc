# SPDX-License-Identifier: Apache-2.0
import pytest

from ironic_lite.api import routes


@pytest.mark.parametrize("segment", ["{}", "{node}", "%7B%7D", "nodes", "~"])
def test_variable_segment_may_be_anything(segment: str) -> None:
    found = routes.find(["v1", "nodes", segment])
    assert found is not None
    assert found[0].path == "nodes/{node}"
    assert found[1] == [segment]


def test_empty_segment_is_none() -> None:
    assert routes.find(["v1", "nodes", "", "states"]) is None
    assert routes.find(["v1", "nodes", "x", ""]) is None

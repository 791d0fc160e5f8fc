# SPDX-License-Identifier: Apache-2.0
"""The benchmark's table shows which service is better, for rates and for times."""

from tests.bench.report import Line, render


def test_ratio_is_how_many_times_better() -> None:
    assert Line("show", "ms", False, ours=[1.0, 2.0, 3.0], peers=[6.0]).ratio == 3.0
    assert Line("create", "nodes/s", True, ours=[200.0], peers=[50.0]).ratio == 4.0


def test_line_that_is_behind_is_marked() -> None:
    slow = Line("show", "ms", False, ours=[3.0], peers=[2.0])
    fast = Line("list", "ms", False, ours=[1.0, 4.0], peers=[9.0])
    table = render([slow, fast], "ironic_lite", "ironic").splitlines()
    assert table[2].endswith("0.7  BEHIND")
    assert "2.50 (1.00-4.00)" in table[3]
    assert table[3].endswith("3.6")

# SPDX-License-Identifier: Apache-2.0
"""The page about the metrics, and their bounds."""

from pathlib import Path

from prometheus_client import REGISTRY

from ironic_lite.common import metrics
from tools import metrics_page


def test_the_page_is_up_to_date() -> None:
    page = Path(__file__).parents[3] / "docs" / "metrics.md"
    assert page.read_text() == metrics_page.page(), (
        "run: python -m tools.metrics_page > docs/metrics.md"
    )


def test_every_metric_of_ours_is_on_the_page() -> None:
    ours = {family.name for family in REGISTRY.collect() if family.name.startswith("ironic_lite")}
    declared = {family.name for metric in metrics.DECLARED for family in metric.describe()}
    assert ours == declared


def test_values_that_others_choose_are_bounded() -> None:
    chosen = {metrics.bounded("of this test", f"step {number}") for number in range(1000)}
    assert len(chosen) == 301
    assert "other" in chosen
    assert metrics.bounded("of this test", "step 0") == "step 0"

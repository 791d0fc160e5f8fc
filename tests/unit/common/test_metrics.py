# SPDX-License-Identifier: Apache-2.0
"""The page about the metrics, and their bounds."""

from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import exc

from ironic_lite.common import exception, metrics
from ironic_lite.db import retry
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


def test_what_is_measured_goes_on_when_its_metric_cannot_be_kept(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_labels: str) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(metrics.CALLS, "labels", full)
    with metrics.timed(metrics.CALLS, "change_node_power_state"):
        done = True
    assert done
    assert "No space left on device" in caplog.text
    with pytest.raises(KeyError), metrics.timed(metrics.CALLS, "change_node_power_state"):
        raise KeyError("its own error")


def test_errors_that_are_not_repeated_are_no_retries() -> None:
    @retry.on_transient_error
    def twice_the_same_name() -> None:
        raise exc.IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed"))

    before = REGISTRY.get_sample_value("ironic_lite_db_retries_total")
    with pytest.raises(exception.DatabaseError):
        twice_the_same_name()
    assert REGISTRY.get_sample_value("ironic_lite_db_retries_total") == before

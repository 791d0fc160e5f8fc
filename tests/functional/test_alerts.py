# SPDX-License-Identifier: Apache-2.0
"""The alerts in ``etc/``, by Prometheus' own promtool: each fault raises its alert, and no other."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ironic_lite.common import metrics
from tests.functional.servers.process import find_program
from tests.waiting import PATIENCE

RULES = Path(__file__).parents[2] / "etc" / "prometheus-alerts.yaml"
AT = "2h"
MINUTES = 121

HEALTHY = {
    'up{job="ironic-lite",instance="a"}': f"1x{MINUTES}",
    # A keepalive each minute of the test's clock, which begins at 0.
    'ironic_lite_keepalive_timestamp_seconds{instance="a"}': f"0+60x{MINUTES}",
    'ironic_lite_periodic_task_last_end_timestamp_seconds{instance="a",task="power sync"}': (
        f"0+60x{MINUTES}"
    ),
    'ironic_lite_api_request_seconds_count{instance="a",status="200"}': f"0+600x{MINUTES}",
    'ironic_lite_api_request_seconds_bucket{instance="a",le="0.1"}': f"0+600x{MINUTES}",
    'ironic_lite_api_request_seconds_bucket{instance="a",le="10"}': f"0+600x{MINUTES}",
    'ironic_lite_api_request_seconds_bucket{instance="a",le="+Inf"}': f"0+600x{MINUTES}",
    'ironic_lite_bmc_command_seconds_count{instance="a",outcome="ok"}': f"0+60x{MINUTES}",
    'ironic_lite_nodes{instance="a",maintenance="false",state="active"}': f"100x{MINUTES}",
    'ironic_lite_nodes{instance="a",maintenance="true",state="active"}': f"1x{MINUTES}",
    'ironic_lite_longest_in_state_seconds{instance="a",state="deploying"}': f"60x{MINUTES}",
    'ironic_lite_operations_total{instance="a",operation="deployment",outcome="done"}': (
        f"0+1x{MINUTES}"
    ),
    'ironic_lite_workers_refused_total{instance="a"}': f"3x{MINUTES}",
    'ironic_lite_db_retries_total{instance="a"}': f"0+1x{MINUTES}",
}

FAULTS: dict[str, dict[str, str]] = {
    "IronicLiteAway": {'up{job="ironic-lite",instance="a"}': f"0x{MINUTES}"},
    "IronicLiteConductorSilent": {
        'ironic_lite_keepalive_timestamp_seconds{instance="a"}': f"60x{MINUTES}"
    },
    "IronicLiteApiErrors": {
        'ironic_lite_api_request_seconds_count{instance="a",status="503"}': f"0+60x{MINUTES}"
    },
    "IronicLiteApiSlow": {
        'ironic_lite_api_request_seconds_bucket{instance="a",le="0.1"}': f"0+300x{MINUTES}"
    },
    "IronicLiteNodeStuck": {
        'ironic_lite_longest_in_state_seconds{instance="a",state="deploying"}': f"7300x{MINUTES}"
    },
    "IronicLiteOperationsFail": {
        'ironic_lite_operations_total{instance="a",operation="cleaning",outcome="failed"}': (
            f"0+1x{MINUTES}"
        )
    },
    "IronicLiteStepFails": {
        'ironic_lite_steps_total{instance="a",step="deploy.write_image",outcome="failed"}': (
            f"0+1x{MINUTES}"
        )
    },
    "IronicLiteBmcsUnreachable": {
        'ironic_lite_bmc_command_seconds_count{instance="a",outcome="failed"}': f"0+30x{MINUTES}"
    },
    "IronicLiteWorkersFull": {'ironic_lite_workers_refused_total{instance="a"}': f"0+1x{MINUTES}"},
    "IronicLiteDatabaseRetries": {'ironic_lite_db_retries_total{instance="a"}': f"0+60x{MINUTES}"},
    "IronicLitePowerSyncLate": {
        'ironic_lite_periodic_task_last_end_timestamp_seconds{instance="a",task="power sync"}': (
            f"60x{MINUTES}"
        )
    },
    "IronicLiteTaskFails": {
        'ironic_lite_periodic_task_seconds_count{instance="a",task="orphans",outcome="failed"}': (
            f"0+1x{MINUTES}"
        )
    },
    "IronicLiteManyInMaintenance": {
        'ironic_lite_nodes{instance="a",maintenance="true",state="active"}': f"40x{MINUTES}"
    },
}


def alerts() -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    return rules


def raised(directory: Path, *faults: str) -> set[str]:
    """The alerts that are raised after two hours with these faults."""
    series = dict(HEALTHY)
    for fault in faults:
        series |= FAULTS[fault]
    names = [rule["alert"] for rule in alerts()]
    # promtool says of each alert that is not as expected what it got: expect none.
    test = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": s, "values": v} for s, v in series.items()],
                "alert_rule_test": [
                    {"eval_time": AT, "alertname": name, "exp_alerts": []} for name in names
                ],
            }
        ],
    }
    file = directory / "test.yaml"
    file.write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [find_program("promtool"), "test", "rules", str(file)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    said = done.stdout + done.stderr
    found = set(re.findall(r"alertname:\s*(\w+)", said))
    assert bool(found) == bool(done.returncode), said
    return found


def test_each_alert_has_its_fault() -> None:
    assert [rule["alert"] for rule in alerts()] == list(FAULTS)
    for rule in alerts():
        assert rule["annotations"].keys() == {"summary", "action"}


def test_nothing_is_raised_while_all_is_well(tmp_path: Path) -> None:
    assert raised(tmp_path) == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_raises_its_alert_and_no_other(fault: str, tmp_path: Path) -> None:
    assert raised(tmp_path, fault) == {fault}


def test_alerts_name_metrics_that_there_are() -> None:
    there = {"up"}
    for metric in metrics.DECLARED:
        (family,) = metric.describe()
        there |= {family.name + end for end in ("", "_total", "_bucket", "_count", "_sum")}
    named = {
        name
        for rule in alerts()
        for name in re.findall(r"\b(?:ironic_lite_\w+|up)\b", rule["expr"])
    }
    assert named <= there

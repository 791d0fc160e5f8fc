# SPDX-License-Identifier: Apache-2.0
"""Writes docs/metrics.md from the declarations of the metrics.

Run from the top of the checkout: ``python -m tools.metrics_page > docs/metrics.md``.
"""

from collections.abc import Iterator

from prometheus_client import Counter, Histogram

from ironic_lite.common import metrics

_HEAD = """\
# Metrics

Made from the declarations of the metrics by `python -m tools.metrics_page > docs/metrics.md`.

Every API process and every conductor counts for itself, and answers `GET /metrics` in Prometheus' text format. A scrape
asks neither the database nor a BMC.

| where | |
|---|---|
| the API, `ironic-lite up` too | `/metrics` at the API's address. With `[api] workers` each process answers for all |
| a conductor of a cluster | `[metrics] conductor_port`, at `conductor_address` (127.0.0.1) |

Without `[metrics] token` only clients on the same machine get metrics, and none through a proxy. With a token,
everybody who sends it does:

```yaml
# prometheus.yml
scrape_configs:
- job_name: ironic-lite
  authorization: {credentials_file: /etc/prometheus/ironic-lite.token}
  static_configs: [{targets: ["192.0.2.10:6385", "192.0.2.11:9385"]}]
```

Labels take values from a known set; steps that agents name themselves count as `other` after the first 300. Times are
in seconds. The metrics of the Python process (`process_*`, `python_*`) are there as well, but not with several workers.
Gauges about nodes are those of the conductor's own nodes: add the conductors up. They are counted every `[metrics]
nodes_interval` seconds. Measured values of BMCs are [notifications](operating.md), for ironic-prometheus-exporter.

| metric | type | labels | what it is |
|---|---|---|---|
"""

_QUESTIONS = (
    ("Does a conductor live?", "time() - ironic_lite_keepalive_timestamp_seconds < 60"),
    (
        "Which operations fail?",
        'sum by (operation) (increase(ironic_lite_operations_total{outcome="failed"}[1h]))',
    ),
    ("Is a node stuck?", "max by (state) (ironic_lite_longest_in_state_seconds) > 3600"),
    (
        "Which part of the commands to BMCs gets no answer?",
        'sum(rate(ironic_lite_bmc_command_seconds_count{outcome="failed"}[5m])) / '
        "sum(rate(ironic_lite_bmc_command_seconds_count[5m]))",
    ),
    ("Is the worker pool full?", "increase(ironic_lite_workers_refused_total[10m]) > 0"),
    (
        "How long do deployments wait for the agent?",
        "histogram_quantile(0.9, sum by (le) "
        '(rate(ironic_lite_provision_state_seconds_bucket{state="wait call-back"}[1d])))',
    ),
    (
        "Is the API slow?",
        "histogram_quantile(0.95, sum by (le, route) "
        "(rate(ironic_lite_api_request_seconds_bucket[5m])))",
    ),
)
_ASKED = """\

## Alerts

[etc/prometheus-alerts.yaml](../etc/prometheus-alerts.yaml) has alerts for Prometheus on these metrics, each with
what to do.

## Questions and their queries

| question | query |
|---|---|
"""


def _rows() -> Iterator[str]:
    for metric in metrics.DECLARED:
        (family,) = metric.describe()
        name = family.name + ("_total" if isinstance(metric, Counter) else "")
        labels = ", ".join(f"`{label}`" for label in metric._labelnames)
        kind = "histogram" if isinstance(metric, Histogram) else family.type
        yield f"| `{name}` | {kind} | {labels} | {family.documentation} |"


def page() -> str:
    """Return the page."""
    asked = "".join(f"| {question} | `{query}` |\n" for question, query in _QUESTIONS)
    return _HEAD + "\n".join(_rows()) + "\n" + _ASKED + asked


if __name__ == "__main__":
    print(page(), end="")

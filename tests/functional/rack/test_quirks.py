# SPDX-License-Identifier: Apache-2.0
"""Servers whose BMCs bend the standard go through the main flows; ``make quirks`` is all flows, and pairs too."""

from pathlib import Path

from tests.functional.rack.cloud import running
from tests.quirks import catalog, runner
from tests.quirks.flows import SHORT


def test_the_main_flows_under_each_quirk(tmp_path: Path) -> None:
    quirks = [catalog.NONE, *catalog.QUIRKS]
    with running(tmp_path, runner.TIMING, **runner.OPTIONS) as cloud:
        outcomes = runner.run(cloud, quirks, SHORT, at_once=len(quirks))
    assert not any(each.failed for each in outcomes), runner.table(outcomes)


def test_quirks_are_told_in_the_pages() -> None:
    page = (Path(__file__).parents[3] / "docs/virtual-rack.md").read_text()
    faults = {name for quirk in catalog.QUIRKS for name in quirk.faults}
    assert [name for name in sorted(faults) if f"`{name}:" not in page] == []


def test_pairs_are_the_same_for_the_same_seed() -> None:
    assert catalog.pairs(5, 7) == catalog.pairs(5, 7)
    assert catalog.pairs(5, 7) != catalog.pairs(5, 8)


def test_a_failure_says_each_thing_once(tmp_path: Path) -> None:
    """last_error says in one sentence how the BMC failed and how long the conductor tried."""
    options = {"ipmi": {"command_retry_timeout": 2, "session_idle_timeout": 1}}
    with running(tmp_path, **options) as cloud:
        server = cloud.enrol()
        cloud.manage(server)
        cloud.rack.set_faults(server.index, bmc_silent=True)
        node = cloud.provision(server, "provide", "clean failed")
    for words in ("cannot be reached", "Check ipmi_address", "Failed to change power", "power"):
        assert node["last_error"].count(words) <= 1, node["last_error"]
    assert "cannot be reached" in node["last_error"]

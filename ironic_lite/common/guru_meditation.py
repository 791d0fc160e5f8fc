# SPDX-License-Identifier: Apache-2.0
"""The report about this process that SIGUSR2 asks for (oslo.reports): threads, configuration, conductor, database.

Passwords in the configuration are masked. The report is a file in ``[DEFAULT] state_path``; the last ten are kept.
"""

import datetime
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ironic_lite import version
from ironic_lite.common import redaction
from ironic_lite.conf import CONF

LOG = logging.getLogger(__name__)

_NAME = "guru-meditation-"
_KEPT = 10
_OWNER_ONLY = 0o600

Facts = Mapping[str, object]

_sections: dict[str, Callable[[], Facts]] = {}


def add(title: str, facts: Callable[[], Facts]) -> None:
    """Add a section to reports: names and values. It replaces one with the same title.

    :param facts: asks nobody and waits for nothing; an error of it is in the report.
    """
    _sections[title] = facts


def write() -> None:
    """Write a report; log where it is, or why there is none."""
    try:
        text = "".join(f"{redaction.mask_text(line)}\n" for line in _text().splitlines())
        directory = Path(CONF.state_path).expanduser()
        directory.mkdir(parents=True, exist_ok=True)
        now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S.%f")
        path = directory / f"{_NAME}{now}-{os.getpid()}.txt"
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w"
        ) as file:
            file.write(text)
        for old in sorted(directory.glob(f"{_NAME}*.txt"))[:-_KEPT]:
            old.unlink(missing_ok=True)
    except Exception:
        LOG.exception("The report could not be written")
    else:
        LOG.warning("A report about this process is in %s", path)


class _Version:
    def vendor_string(self) -> str:
        return "ironic_lite"

    def product_string(self) -> str:
        return "ironic_lite"

    def version_string_with_package(self) -> str:
        return version.__version__


def _text() -> str:
    # Imported here because it takes memory, and most processes never need it.
    from oslo_reports import guru_meditation_report
    from oslo_reports.models import with_default_views

    class Report(guru_meditation_report.TextGuruMeditation):
        """With sections of its own: the library keeps them on the class."""

        persistent_sections = []

    def model(facts: Callable[[], Facts]) -> Callable[[], Any]:
        return lambda: with_default_views.ModelWithDefaultViews(data=_shown(facts))

    for title, facts in _sections.items():
        Report.register_section(title, model(facts))
    return Report(_Version()).run()


def _shown(facts: Callable[[], Facts]) -> dict[str, Any]:
    try:
        return {name: str(value) for name, value in facts().items()}
    except Exception as exc:
        return {"error": f"{type(exc).__name__}: {exc}"}

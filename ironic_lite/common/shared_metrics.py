# SPDX-License-Identifier: Apache-2.0
"""Lets several worker processes add their metrics up, so that each of them can answer for all."""

import atexit
import os
import shutil
import sys
import tempfile

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable of prometheus_client with the directory of the counts. The library reads it when it is
imported."""


def share() -> None:
    """Share the metrics of this process and of those that it will fork, in a directory that goes with this process.

    Call it before ``common.metrics`` is imported.
    """
    assert "prometheus_client" not in sys.modules
    directory = tempfile.mkdtemp(prefix="ironic-lite-metrics-")
    # Forked workers end without this.
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    os.environ[VARIABLE] = directory

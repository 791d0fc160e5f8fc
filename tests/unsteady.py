# SPDX-License-Identifier: Apache-2.0
"""Run pytest, and the few tests that failed once more alone: ``python -m tests.unsteady ARGUMENTS OF PYTEST``.

A test that fails beside others and passes by itself is unsteady: it met a busy machine or a race. It is named at the
end and has to be mended like any fault, but it does not fail the run. A test that fails twice does, and so do more
than :data:`FEW` failures.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

FEW = 3
_CACHE = ".pytest_cache"


def last_failed(cache: Path) -> list[str]:
    """Ids of the tests that failed in the last run, as pytest remembers them."""
    path = cache / "v/cache/lastfailed"
    return sorted(json.loads(path.read_text())) if path.exists() else []


def main(arguments: Sequence[str]) -> int:
    """Exit code of pytest; 0 if every failed test passed by itself."""
    cache = Path(_CACHE)
    (cache / "v/cache/lastfailed").unlink(missing_ok=True)
    code = subprocess.call([sys.executable, "-m", "pytest", "-n", "0", *arguments])
    failed = last_failed(cache)
    if code != pytest.ExitCode.TESTS_FAILED or not 0 < len(failed) <= FEW:
        return code
    print(f"\nOnce more, by themselves: {', '.join(failed)}", flush=True)
    code = subprocess.call([sys.executable, "-m", "pytest", "-v", "-n", "0", *failed])
    if code == pytest.ExitCode.OK:
        print(f"\nUnsteady, to be mended: {', '.join(failed)}", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

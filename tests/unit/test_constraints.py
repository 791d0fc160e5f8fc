# SPDX-License-Identifier: Apache-2.0
"""constraints.txt pins the tested version of every package of an installation."""

from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


def _dependencies(name: str, extras: set[str], seen: set[tuple[str, str]]) -> set[str]:
    """Return the names of the direct and indirect dependencies of `name` with `extras` on this platform."""
    found: set[str] = set()
    for text in requires(name) or []:
        requirement = Requirement(text)
        if requirement.marker and not any(
            requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        ):
            continue
        needed = canonicalize_name(requirement.name)
        found.add(needed)
        key = (needed, ",".join(sorted(requirement.extras)))
        if key not in seen:
            seen.add(key)
            try:
                found |= _dependencies(needed, requirement.extras, seen)
            except PackageNotFoundError:
                continue
    return found


def test_every_dependency_has_a_tested_version() -> None:
    pinned = {
        canonicalize_name(line.partition("==")[0])
        for line in CONSTRAINTS.read_text().splitlines()
        if "==" in line
    }
    # Every virtual environment has pip and setuptools.
    missing = _dependencies("ironic-lite", {"test"}, set()) - pinned - {"pip", "setuptools"}
    assert not missing, f"not in constraints.txt, see `pip freeze`: {sorted(missing)}"

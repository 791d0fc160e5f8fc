# SPDX-License-Identifier: Apache-2.0
"""What ``pip install`` installs works by itself, away from the checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
WANTED = (
    "ironic_lite",
    "ironic_lite_simulator",
    "etc",
    "setup.cfg",
    "pyproject.toml",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: building leaves traces."""
    directory = tmp_path_factory.mktemp("package")
    for name in WANTED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, directory / "source" / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, directory / "source" / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    run([*pip, "wheel", "--no-deps", "-w", str(directory), str(directory / "source")], directory)
    (built,) = directory.glob("*.whl")
    return built


def run(command: list[str], directory: Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_everything_is_in_it(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    source = {
        str(path.relative_to(ROOT))
        for package in ("ironic_lite", "ironic_lite_simulator")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert source <= packed, source - packed
    shared = {name.partition("/share/ironic-lite/")[2] for name in packed if "/share/" in name}
    assert shared == {
        "ironic-lite.conf.sample",
        "policy.yaml.sample",
        "prometheus-alerts.yaml",
        *(f"systemd/{unit.name}" for unit in (ROOT / "etc" / "systemd").iterdir()),
    }


def test_it_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    # The dependencies are those of this environment; what is installed here comes before the checkout.
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    (tmp_path / "ironic-lite.conf").write_text(f"[DEFAULT]\nstate_path = {tmp_path}/state\n")
    command = [sys.executable, "-P", "-m", "ironic_lite.cmd.main"]
    where = [sys.executable, "-P", "-c", "import ironic_lite; print(ironic_lite.__file__)"]
    assert run(where, tmp_path, PYTHONPATH=str(site)).startswith(str(site))
    for words in (("db", "upgrade"), ("up", "--check")):
        said = run(
            [*command, "--config-file", "ironic-lite.conf", *words],
            tmp_path,
            PYTHONPATH=str(site),
        )
        assert "revision" in said or "is valid" in said


@pytest.mark.parametrize(
    ("command", "module"), [("rack", "aiohttp"), ("demo", "aiohttp"), ("demo", "rich")]
)
def test_the_virtual_rack_names_the_extra_that_it_needs(
    tmp_path: Path, command: str, module: str
) -> None:
    program = (
        f"import sys; sys.modules[{module!r}] = None; from ironic_lite.cmd.main import main; "
        f"sys.exit(main([{command!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "pip install 'ironic-lite[rack]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1

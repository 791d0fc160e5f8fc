# SPDX-License-Identifier: Apache-2.0
"""What the pages on security say is tested where they say so, and no open route lacks a threat model."""

import ast
import re
from pathlib import Path

import pytest

from ironic_lite.api import routes
from ironic_lite.api.images import streams
from tests.functional.docs import pages

THREATS = pages.ROOT / "docs" / "threats"
SECURITY_PAGES = (pages.ROOT / "docs" / "security.md", *sorted(THREATS.glob("*.md")))

_TEST = re.compile(r"`(tests/[\w/.-]+?)(?:::(\w+))?`")
_ROUTE = re.compile(r"`(?:GET|POST) (/[\w/.<>-]*)`")


def _named_tests(page: Path) -> list[tuple[str, str]]:
    return _TEST.findall(page.read_text())


@pytest.mark.parametrize("page", SECURITY_PAGES, ids=lambda page: page.name)
def test_named_tests_exist(page: Path) -> None:
    named = _named_tests(page)
    assert named
    for file, name in named:
        path = pages.ROOT / file
        assert path.exists(), file
        if name:
            functions = {
                node.name
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.FunctionDef)
            }
            assert name in functions, f"{file}::{name}"


def _open_routes() -> set[str]:
    paths = [f"/{route.path}" for route in routes.UNVERSIONED.routes if route.public]
    paths += [f"/v1/{route.path}" for route in routes.V1.routes if route.public]
    shown = {path.replace("{", "<").replace("}", ">") for path in paths}
    return shown | {f"{streams.PREFIX}<node>/<field>"}


def test_every_open_route_has_a_threat_model() -> None:
    open_routes = _open_routes()
    assert "/v1/lookup" in open_routes
    described: set[str] = set()
    for page in THREATS.glob("*.md"):
        before_the_first_heading = page.read_text().partition("\n## ")[0]
        described |= set(_ROUTE.findall(before_the_first_heading))
    assert described == open_routes


def _imports(module: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(module.read_text())))
    found = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    return found | {
        node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module
    }


def test_the_service_starts_no_program() -> None:
    package = pages.ROOT / "ironic_lite"
    # `ironic-lite ramdisk build` starts Debian's tools; `up --provision` starts `ironic-lite netboot`.
    starting = {package / "ramdisk", package / "netboot" / "supervisor.py"}
    modules = [m for m in package.rglob("*.py") if not starting & {m, *m.parents}]
    assert len(modules) > 200
    for module in modules:
        starters = _imports(module) & {"subprocess", "multiprocessing", "pty", "oslo_concurrency"}
        assert not starters, module
        assert not re.search(r"\bos\.(system|popen|spawn\w*|exec\w*)\(", module.read_text()), module

# SPDX-License-Identifier: Apache-2.0
"""Tells each story (``gabbits/*.yaml``) to a running service. A story is one test: its requests build on each other."""

import unittest
from pathlib import Path

import pytest
from gabbi import handlers, suitemaker, utils

from tests.functional.deployment import Deployment
from tests.stories.handlers import FaultHandler, RefusalHandler

GABBITS = Path(__file__).with_name("gabbits")


def _stories(directory: Path) -> list[pytest.param]:
    return [pytest.param(path, id=path.stem) for path in sorted(directory.glob("*.yaml"))]


def _tell(path: Path, service: Deployment) -> None:
    suite = suitemaker.test_suite_from_dict(
        unittest.TestLoader(),
        path.stem,
        utils.load_yaml(yaml_file=str(path)),
        str(path.parent),
        "127.0.0.1",
        service.port,
        None,
        None,
        handlers=[
            handler() for handler in (FaultHandler, RefusalHandler, *handlers.RESPONSE_HANDLERS)
        ],
    )
    result = unittest.TestResult()
    suite.run(result)
    wrong = [f"{test}: {text}" for test, text in (*result.failures, *result.errors)]
    assert not wrong, "\n".join([*wrong, service.logs()])
    assert result.testsRun


@pytest.mark.parametrize("path", _stories(GABBITS))
def test_story(path: Path, service: Deployment) -> None:
    """Without authentication."""
    _tell(path, service)


@pytest.mark.parametrize("path", _stories(GABBITS / "http-basic"))
def test_guarded_story(path: Path, guarded_service: Deployment) -> None:
    """With http_basic."""
    _tell(path, guarded_service)

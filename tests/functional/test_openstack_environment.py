# SPDX-License-Identifier: Apache-2.0
"""The environment of the OpenStack services: made once, and by one process."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.servers import openstack_environment, wsgi_service
from tests.functional.servers.openstack_environment import Environment, Recipe
from tests.functional.servers.process import ServerFailed
from tests.waiting import PATIENCE

_MAKE = """\
import sys
from pathlib import Path
from tests.functional.servers import openstack_environment
openstack_environment.CACHE = Path(sys.argv[1])
recipe = openstack_environment.Recipe("small", Path(sys.argv[2]), "NO_SUCH_OVERRIDE")
print(recipe.ready().directory)
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """Of one small package that has no dependencies, from a directory: the package index is not asked."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (source / "backend.py").write_text(_BACKEND)
    packages = tmp_path / "packages.txt"
    packages.write_text(f"{source}\n")
    monkeypatch.setattr(openstack_environment, "CACHE", tmp_path / "cache")
    return Recipe("small", packages, "NO_SUCH_OVERRIDE")


_BACKEND = """\
import pathlib, zipfile
HERE = pathlib.Path(__file__).parent
def build_wheel(directory, *_):
    with (HERE / "built").open("a") as built:
        built.write("once\\n")
    name = "small-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        wheel.writestr("small.py", "application = lambda environ, start: start('200 OK', []) or [b'small']")
        wheel.writestr("small-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: small\\nVersion: 1\\n")
        wheel.writestr("small-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("small-1.dist-info/RECORD", "")
    return name
"""


def test_of_several_processes_one_makes_it(recipe: Recipe, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", _MAKE, str(tmp_path / "cache"), str(recipe.packages)]
    makers = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = [maker.communicate(timeout=300)[0].strip() for maker in makers]
    assert told == [str(recipe.directory)] * 3
    assert (tmp_path / "source" / "built").read_text() == "once\n"
    subprocess.run([recipe.ready().python, "-c", "import small"], check=True)


def test_what_cannot_be_installed_is_said_and_tried_again(recipe: Recipe) -> None:
    good = recipe.packages.read_text()
    recipe.packages.write_text("/no/such/directory\n")
    for _ in range(2):
        with pytest.raises(ServerFailed, match="/no/such/directory"):
            recipe.ready()
    failed = recipe.directory
    recipe.packages.write_text(good)
    assert recipe.directory != failed


def test_another_environment_may_be_named(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_SUCH_OVERRIDE", str(tmp_path))
    assert recipe.ready() == Environment(tmp_path)
    assert recipe.make_in_background() is None
    assert not recipe.directory.exists()


def test_a_wsgi_service_answers_until_it_is_stopped(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # cheroot comes from this environment: the recipe has none.
    (tmp_path / "small.py").write_text(
        "import os\n"
        "def application(environ, start):\n"
        "    start('200 OK', [])\n"
        "    return [os.environ['SMALL_CONFIG'].encode()]\n"
    )
    environment = Environment(Path(sys.prefix))
    variables = {"PYTHONPATH": str(tmp_path), "SMALL_CONFIG": "of the test"}
    service = wsgi_service.prepare(environment, "small", "small", tmp_path, variables)
    with wsgi_service.running(service):
        assert wsgi_service.requests.get(service.url, timeout=PATIENCE).text == "of the test"
    assert not service.process.alive
    with pytest.raises(ServerFailed, match="No module named 'absent'"):  # noqa: SIM117
        with wsgi_service.running(
            wsgi_service.prepare(environment, "absent", "absent", tmp_path, {})
        ):
            pass

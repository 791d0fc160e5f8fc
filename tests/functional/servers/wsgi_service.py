# SPDX-License-Identifier: Apache-2.0
"""One WSGI application of the OpenStack environment, behind cheroot on a free loopback port."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.ports import free_port
from tests.functional.servers.process import ServerProcess
from tests.waiting import PATIENCE

# The services read the command line of the process that imports them.
_SERVE = """\
import importlib, sys
module, port, threads = sys.argv[1:]
del sys.argv[1:]
application = importlib.import_module(module).application
from cheroot.wsgi import Server
Server(("127.0.0.1", int(port)), application, numthreads=int(threads)).safe_start()
"""


@dataclass(frozen=True)
class WSGIService:
    """A running service.

    :param url: its root, without a slash at the end.
    :param process: with `log`, `stop()`, `start()`, `pause()`, `resume()`: tests may take the service away.
    """

    url: str
    process: ServerProcess

    def wait_until_it_answers(self) -> None:
        """Wait for an answer to any request. Raises ServerFailed with the end of the log."""
        self.process.wait_until(self._answers, f"an answer of {self.process.name}")

    def _answers(self) -> bool:
        try:
            answer = requests.get(f"{self.url}/", timeout=PATIENCE, allow_redirects=False)
        except requests.ConnectionError:
            return False
        return answer.status_code < requests.codes.server_error


def prepare(
    environment: Environment,
    name: str,
    module: str,
    home: Path,
    variables: Mapping[str, str],
    port: int | None = None,
    threads: int = 4,
) -> WSGIService:
    """Return a service that is not yet started.

    :param name: of the process; its log is `NAME.log` in `home`.
    :param module: the module that has `application`, such as `glance.wsgi.api`.
    :param home: an existing directory, the working directory.
    :param variables: environment variables that tell the application where its configuration is.
    :param port: where to listen; None: on a free port.
    :param threads: requests that are served at the same time.
    """
    port = port or free_port()
    argv = ["python", "-c", _SERVE, module, str(port), str(threads)]
    return WSGIService(f"http://127.0.0.1:{port}", environment.process(name, argv, home, variables))


@contextmanager
def running(service: WSGIService) -> Iterator[WSGIService]:
    """Start a prepared service, and stop it at the end; it answers meanwhile."""
    service.process.start()
    try:
        service.wait_until_it_answers()
        yield service
    finally:
        service.process.stop()

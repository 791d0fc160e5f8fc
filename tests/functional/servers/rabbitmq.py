# SPDX-License-Identifier: Apache-2.0
"""A private RabbitMQ broker.

It has a node name, ports, a cookie, a data directory and an epmd of its own, so it meets no other Erlang node on the
machine. Virtual hosts are made with erl_call, in milliseconds; rabbitmqctl takes seconds.
"""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import kombu

from tests.functional.servers import process, unprivileged
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE

NODE = "rabbit@localhost"
LIBRARY = "/usr/lib/rabbitmq/lib/rabbitmq_server-*"
# Plugins and what only they need. The broker looks for each of its modules in every directory of its code path, so
# hiding these halves its start-up time.
UNUSED = (
    *("accept", "amqp10_client", "amqp_client", "base64url", "cow", "eetcd", "gun", "jose"),
    *("prometheus", "quantile", "rabbitmq_", "README"),
)
USED_ALL_THE_SAME = ("rabbitmq_prelaunch",)


class RabbitMQ:
    """One broker; `create_vhost()` gives each test a virtual host of its own.

    `stop()` and `start()` keep the data; `process.pause()` makes a broker that is reachable and silent.
    """

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._epmd_port = free_port()
        self._dist_port = free_port()
        self._directory = directory
        self._cookie = secrets.token_hex(16)
        self._count = 0
        self._write_files()
        environment = self._environment()
        self._epmd = process.ServerProcess(
            "epmd", [process.find_program("epmd")], log=directory / "epmd.log", env=environment
        )
        self.process = process.ServerProcess(
            "rabbitmq",
            [str(directory / "sbin" / "rabbitmq-server")],
            log=directory / "rabbitmq.log",
            env=environment,
            cwd=directory,
        )

    def _write_files(self) -> None:
        process.find_program("rabbitmq-server")
        library = Path(
            process.find_program("rabbitmq-server", [f"{LIBRARY}/sbin/rabbitmq-server"])
        ).parents[1]
        for name in ("sbin", "escript"):
            (self._directory / name).symlink_to(library / name)
        plugins = self._directory / "plugins"
        plugins.mkdir()
        for plugin in (library / "plugins").iterdir():
            if plugin.name.startswith(USED_ALL_THE_SAME) or not plugin.name.startswith(UNUSED):
                (plugins / plugin.name).symlink_to(plugin)
        (self._directory / "plugins.enabled").write_text("[].\n")
        (self._directory / "env.conf").write_text("")
        (self._directory / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            "num_acceptors.tcp = 2\n"
            "vm_memory_high_watermark.absolute = 512MB\n"
            "disk_free_limit.absolute = 10MB\n"
            "log.console = true\n"
            "log.console.level = warning\n"
            "log.file = false\n"
        )
        cookie = self._directory / ".erlang.cookie"
        cookie.write_text(self._cookie)
        cookie.chmod(0o400)
        unprivileged.hand_over(cookie)

    def _environment(self) -> dict[str, str]:
        here = str(self._directory)
        return {
            "PATH": f"{os.environ.get('PATH', '')}:{process.SYSTEM_PATH}",
            "LANG": "C.UTF-8",
            "HOME": here,
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP": f"{here}/erl_crash.dump",
            "RABBITMQ_NODENAME": NODE,
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_CONF_ENV_FILE": f"{here}/env.conf",
            "RABBITMQ_CONFIG_FILE": f"{here}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{here}/plugins.enabled",
            "RABBITMQ_MNESIA_BASE": f"{here}/data",
            "RABBITMQ_LOG_BASE": f"{here}/logs",
            "RABBITMQ_SCRIPTS_DIR": f"{here}/sbin",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
            # Makes the start script become the Erlang machine instead of its parent, so that our pid is the broker's.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def start(self) -> None:
        """Start the broker, or start it again with the data that it had, and wait until it takes clients."""
        if not self._epmd.alive:
            self._epmd.start()
        self.process.start()
        self.process.wait_until(self._answers, "RabbitMQ to finish its start")

    def stop(self) -> None:
        """Stop the broker in good order. Durable queues and virtual hosts stay on disk."""
        self.process.stop()

    def close(self) -> None:
        """Stop everything, without care for the data."""
        self.process.kill()
        self._epmd.kill()

    def _answers(self) -> bool:
        try:
            with kombu.Connection(self.url("/"), connect_timeout=PATIENCE) as connection:
                connection.connect()
        except (OSError, kombu.exceptions.OperationalError):
            return False
        return True

    def _call(self, expression: str) -> str:
        """Evaluate one Erlang expression in the broker and return what erl_call prints."""
        done = subprocess.run(
            [process.find_program("erl_call"), "-sname", NODE, "-timeout", "20", "-e"],
            input=f"{expression}\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment(),
            timeout=PATIENCE,
            text=True,
            check=False,
        )
        return done.stdout

    def create_vhost(self) -> str:
        """A new virtual host; returns its transport URL for oslo.messaging."""
        self._count += 1
        name = f"test{self._count}"
        self._command(f'rabbit_vhost:add(<<"{name}">>, <<"test">>)')
        self.permit(name)
        return self.url(name, scheme="rabbit")

    def permit(self, vhost: str, what: str = ".*") -> None:
        """Let clients use what has such names, and nothing else (``^$``), beginning with their next connection."""
        self._command(
            f'rabbit_auth_backend_internal:set_permissions(<<"guest">>, <<"{vhost}">>, '
            f'<<"{what}">>, <<"{what}">>, <<"{what}">>, <<"test">>)'
        )

    def close_connections(self) -> None:
        """Cut all clients off; they may come again."""
        self._command('rabbit_networking:close_all_connections("test")')

    @contextmanager
    def largest_message(self, size: int) -> Iterator[None]:
        """For a while, channels that are opened refuse messages of more bytes."""
        self._command(
            "ok = application:set_env(rabbit, usual_message_size, "
            "element(2, application:get_env(rabbit, max_message_size))), "
            f"application:set_env(rabbit, max_message_size, {size})"
        )
        try:
            yield
        finally:
            self._command(
                "application:set_env(rabbit, max_message_size, "
                "element(2, application:get_env(rabbit, usual_message_size)))"
            )

    def _command(self, expression: str) -> None:
        """Evaluate an Erlang expression that returns ok."""
        answer = self._call(f"{expression}.")
        if "{ok, ok}" not in answer:
            raise process.ServerFailed(f"{expression} failed: {answer}\n{self.process.log_tail()}")

    def url(self, vhost: str, scheme: str = "amqp") -> str:
        """URL of a virtual host, for kombu or, with the scheme `rabbit`, for oslo.messaging."""
        return f"{scheme}://guest:guest@127.0.0.1:{self.port}/{vhost}"


@contextmanager
def running() -> Iterator[RabbitMQ]:
    """A started broker, stopped and removed at the end."""
    with unprivileged.server_directory("rabbitmq") as directory:
        broker = RabbitMQ(directory)
        try:
            broker.start()
            yield broker
        finally:
            broker.close()

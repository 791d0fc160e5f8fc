# SPDX-License-Identifier: Apache-2.0
"""The console commands as an operator meets them: signals, status, databases."""

import contextlib
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.api import certificates
from tests.functional.console import RABBIT, Console
from tests.functional.servers.freezing import freeze
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE, wait_for


def test_the_command_line(console: Console) -> None:
    assert console.run("--help").returncode == 0
    assert console.run().returncode == 2
    unknown = console.run("dance")
    assert (unknown.returncode, "there is no command 'dance'" in unknown.stderr) == (2, True)
    assert console.run("up", "--help").returncode == 0
    for script, command in (("ironic-lite-api", "api"), ("ironic-lite-conductor", "conductor")):
        done = console.run(script=script)
        assert (done.returncode, f"ironic-lite {command}: " in done.stderr) == (2, True)


def test_a_database_without_tables_is_named(console: Console) -> None:
    console.configure(RABBIT)
    done = console.run("conductor")
    assert done.returncode == 1
    assert "run 'ironic-lite db upgrade' first" in done.stderr.splitlines()[-1]


def test_looking_at_a_database_makes_none(console: Console) -> None:
    done = console.run("db", "version")
    assert (done.returncode, "no tables" in done.stdout) == (1, True), done.stderr
    assert not (console.directory / "state").exists()


def test_tables_of_a_newer_release_are_left_alone(console: Console) -> None:
    assert console.run("db", "upgrade").returncode == 0
    with contextlib.closing(sqlite3.connect(console.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (("up",), ("db", "version"), ("db", "upgrade")):
        done = console.run(*words)
        (line,) = done.stderr.splitlines()
        assert done.returncode == 1
        assert "of revision 9999, which a newer release has made" in line


def test_a_file_that_is_no_database_is_named_as_such(console: Console) -> None:
    console.database.parent.mkdir()
    console.database.write_bytes(b"Dear diary, " * 500)
    done = console.run("up")
    assert done.returncode == 1
    assert "its file is no SQLite database" in done.stderr.splitlines()[-1]


def test_a_full_disk_is_told(console: Console) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(console.database.parent)]
    console.database.parent.mkdir()
    upgrade, start = console.command("db", "upgrade"), console.command("up")
    fill = f"cat /dev/zero > {console.database.parent}/filler || true"
    own = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    script = " && ".join(shlex.join(each) for each in (mount, upgrade)) + f" && {{ {fill}; }} && "
    done = subprocess.run(
        [*own, "sh", "-c", script + shlex.join(start)],
        capture_output=True,
        text=True,
        # Two commands of the service, one after the other.
        timeout=2 * PATIENCE,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "its disk is full" in done.stderr.splitlines()[-1]


def test_an_api_on_ipv6(console: Console) -> None:
    console.configure("[api]\nhost_ip = ::1\n")
    running = console.begin("up")
    assert running.stdout is not None
    assert f"is up at http://[::1]:{console.port}" in running.stdout.readline()
    assert f"http://[::1]:{console.port}/ answers" in console.run("status").stdout
    running.send_signal(signal.SIGHUP)
    assert running.wait(PATIENCE) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_status_and_stop(console: Console, number: int) -> None:
    before = console.run("status")
    assert before.returncode == 1
    assert "FAILED" in before.stdout
    running = console.start("up")
    done = console.run("status")
    assert (done.returncode, "FAILED" in done.stdout) == (0, False), done.stdout
    assert len(done.stdout.splitlines()) == 6
    running.send_signal(number)
    assert running.wait(PATIENCE) == 0
    after = console.run("status")
    assert after.returncode == 1
    assert "none is alive" in after.stdout, after.stdout + after.stderr


def test_status_of_an_api_with_a_certificate_of_its_own(console: Console) -> None:
    certificate, key = certificates.write(console.directory, "localhost")
    console.configure(f"[api]\nssl_cert_file = {certificate}\nssl_key_file = {key}\n")
    running = console.start("up", scheme="https")
    done = console.run("status")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"https://127.0.0.1:{console.port}/ answers" in done.stdout
    running.terminate()
    assert running.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("db", "version"),
        ("up", "--check"),
        ("explain", "nosuch", "--api", "http://127.0.0.1:1"),
        ("plan", "nosuch", "--target", "active", "--api", "http://127.0.0.1:1"),
    ],
    ids=lambda words: words[0],
)
def test_who_only_looks_makes_nothing(console: Console, words: tuple[str, ...]) -> None:
    for _ in range(2):
        done = console.run(*words)
        assert "Traceback" not in done.stderr
        assert not console.database.parent.exists()


def test_status_beside_a_service_with_another_database(console: Console, tmp_path: Path) -> None:
    """As in the demo, the API answers, so its database is the one that status checks."""
    running = console.start("up")
    elsewhere = tmp_path / "elsewhere"
    console.configure(f"[DEFAULT]\nstate_path = {elsewhere}\n")
    done = console.run("status")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert lines["database"].startswith(f"-       {elsewhere}/ironic-lite.sqlite does not exist")
    assert lines["conductors"].startswith("ok      alive: ")
    assert not elsewhere.exists()
    running.terminate()
    assert running.wait(PATIENCE) == 0


def test_a_second_conductor_of_the_same_name_does_not_start(console: Console) -> None:
    running = console.start("up")
    console.configure("[api]\nport = 0\n")
    done = console.run("up")
    assert done.returncode == 1
    assert "is already alive" in done.stderr.splitlines()[-1]
    running.terminate()
    assert running.wait(PATIENCE) == 0


def test_two_all_in_one_processes_do_not_share_a_database(console: Console) -> None:
    running = console.start("up")
    console.configure("[DEFAULT]\nhost = other\n[api]\nport = 0\n")
    done = console.run("up")
    assert done.returncode == 1
    assert "uses this database already. Stop it" in done.stderr.splitlines()[-1]
    running.terminate()
    assert running.wait(PATIENCE) == 0


def test_a_taken_port_stops_the_start(console: Console) -> None:
    running = console.start("up")
    console.configure("[DEFAULT]\nhost = other\n")
    done = console.run("up")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"port {console.port}: another process listens on it." in line
    running.terminate()
    running.wait(PATIENCE)


def test_a_killed_service_starts_again_at_once(console: Console) -> None:
    running = console.start("up")
    running.kill()
    running.wait(PATIENCE)
    again = console.start("up")
    again.terminate()
    assert again.wait(PATIENCE) == 0


def test_a_signal_ends_a_start_that_waits_for_the_broker(console: Console) -> None:
    console.configure(f"[DEFAULT]\ntransport_url = rabbit://u:p@127.0.0.1:{free_port()}/\n")
    starting = console.begin("up")
    wait_for(lambda: "Connection refused" in console.log, "the broker to be missed")
    starting.terminate()
    assert starting.wait(PATIENCE) == 128 + signal.SIGTERM


def test_a_second_signal_stops_at_once(console: Console) -> None:
    # Both signals are there when the process goes on, so the second one does not come too late.
    running = console.start("up")
    wait_for(lambda: "The API listens" in console.log, "the API")
    freeze(running.pid)
    running.send_signal(signal.SIGTERM)
    running.send_signal(signal.SIGINT)
    os.kill(running.pid, signal.SIGCONT)
    assert running.wait(PATIENCE) in (128 + signal.SIGTERM, 128 + signal.SIGINT)
    assert "Stopping at once." in console.log


def test_any_wsgi_server_can_run_the_api(console: Console, rabbitmq_url: str) -> None:
    home = console.directory / ".ironic-lite"
    home.mkdir()
    console.configure(f"[DEFAULT]\ntransport_url = {rabbitmq_url}\n")
    assert console.run("db", "upgrade").returncode == 0
    (home / "ironic-lite.conf").write_text(
        f"[DEFAULT]\nstate_path = {console.directory}/state\ntransport_url = {rabbitmq_url}\n"
    )
    code = (
        "import webob; from ironic_lite.cmd.wsgi import application; "
        "print(webob.Request.blank('/v1/nodes').get_response(application).text)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HOME": str(console.directory)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stdout == '{"nodes":[]}\n', done.stderr

# SPDX-License-Identifier: Apache-2.0
"""The console commands as an operator meets them: mistakes, signals, status."""

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
from tests.functional.servers.freezing import freeze
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE, wait_for

SCRIPTS = Path(sys.executable).parent
RABBIT = "[DEFAULT]\ntransport_url = rabbit://u:p@127.0.0.1:1/\n"


class Console:
    """Runs commands on one configuration file."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.configure("")

    def configure(self, text: str) -> None:
        (self.directory / "test.conf").write_text(text)
        (self.directory / "base.conf").write_text(
            f"[DEFAULT]\nstate_path = {self.directory}/state\n[api]\nport = {self.port}\n"
        )

    def command(self, *words: str, script: str = "ironic-lite") -> list[str]:
        files = [f"--config-file={self.directory}/{name}.conf" for name in ("base", "test")]
        return [str(SCRIPTS / script), *files, *words]

    def run(self, *words: str, script: str = "ironic-lite") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words, script=script),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Started; perhaps not ready."""
        return subprocess.Popen(
            self.command(*words),
            stdout=subprocess.PIPE,
            stderr=(self.directory / "log").open("w"),
            text=True,
        )

    def start(self, *words: str, scheme: str = "http") -> subprocess.Popen[str]:
        """Started, and ready."""
        started = self.begin(*words)
        assert started.stdout is not None
        assert f"is up at {scheme}://127.0.0.1" in started.stdout.readline()
        return started

    @property
    def database(self) -> Path:
        return self.directory / "state" / "ironic-lite.sqlite"

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text()


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


MISTAKES = (
    # (command, {line of the configuration: what is said about it})
    (
        "up",
        {
            "[DEFAULT]\nhots = a": "[DEFAULT] hots: there is no such option. Did you mean host?",
            "[conductr]\nworkers_pool_size = 9": "group [conductr], where workers_pool_size stands. "
            "There is one in [conductor].",
            "[bogus]\na = 1": "there is no group [bogus], where a stands.",
            "[datbase]\na = 1": "where a stands. Did you mean [database]?",
            "[api]\nthreads = many": "[api] threads: 'many' is not valid; use a whole number, 1 or more.",
            "[api]\nport = 65536": "[api] port: '65536' is not valid; use a whole number from 0 to 65535.",
            "[DEFAULT]\nauth_strategy = basic": "'basic' is not valid; use one of noauth, http_basic, keystone.",
            "[deploy]\nfast_track = perhaps": "'perhaps' is not valid; use true or false.",
            "[DEFAULT]\nlog_config_append = /absent": "[DEFAULT] log_config_append: ",
            "[conductor]\nheartbeat_timeout = 20": "more than twice heartbeat_interval",
            "[api]\nssl_cert_file = /a": "ssl_cert_file and ssl_key_file must be set together",
            "[api]\ndatabase_access = rpc": "this process is a conductor too",
            "[DEFAULT]\npin_release_version = 99": "pin_release_version is '99'",
            "[DEFAULT]\nenabled_power_interfaces = fake,absent": "names 'absent', which does not exist. "
            "There are: fake, ipmitool, pyghmi.",
            "[DEFAULT]\ndefault_boot_interface = absent": "which is not in enabled_boot_interfaces",
            "[DEFAULT]\ntransport_url = pigeon://": "use rabbit:// or inprocess://",
            "[oslo_policy]\npolicy_file = /absent": "policy_file /absent: there is no such file.",
            "[pxe]\nkernel_append_params = a || shell": "[pxe] kernel_append_params holds the argument '||'",
            "[inspector]\nextra_kernel_params = a $${x}": "[inspector] extra_kernel_params holds the argument '${x}'",
            "[outbound]\nallowed_networks = 10.0.0.1/8": "write networks as 10.0.0.0/8 or fd00::/8",
            "[oslo_messaging_notifications]\ndriver = pigeon": "[oslo_messaging_notifications] driver 'pigeon' is not "
            "installed; installed drivers are: ",
            "[api]\nhost_ip = ::": "[api] host_ip: The API listens on ::, which servers cannot connect to. Set [api] "
            "public_endpoint",
            "[fake]\npower_delay = 5,1": "[fake] power_delay: ",
        },
    ),
    (
        "up",
        {
            "[api]\npublic_endpoint = ironic.example.com:6385": "[api] public_endpoint: 'ironic.example.com:6385' is "
            "not valid; use a URL such as http://HOST:PORT",
            "[nova]\nauth_url = keystone:5000": "[nova] auth_url: 'keystone:5000' is not valid; use a URL",
            "[keystone_authtoken]\nauth_url = //k:5000/": "[keystone_authtoken] auth_url: '//k:5000/' is not valid",
            "[nova]\nendpoint_override = nova": "[nova] endpoint_override: 'nova' is not valid; use a URL",
            "[keystone_authtoken]\nwww_authenticate_uri = ftp://k": "[keystone_authtoken] www_authenticate_uri: 'ftp://k'",
            "[oslo_messaging_notifications]\ntransport_url = mq:5672": "transport_url: this value is not valid; write "
            "a URL such as rabbit://",
            "[DEFAULT]\ntransport_url = rabbit:/mq:5672": "[DEFAULT] transport_url names no host; write rabbit://",
            "[encryption]\nvault_url = vault": "[encryption] vault_url: 'vault' is not valid; use a URL such as http",
            "[ipmi]\ncipher_suite_versions = 0": "'0' is not valid; use one of 3, 17; separate several by commas.",
            "[conductor]\nclean_step_priority_override = deploy.a:first": "'deploy.a:first' is not valid; write "
            "NAME:VALUE, and as the value use a whole number, 0 or more.",
            "[inspection_rules]\nbuilt_in_rules = /absent": "[inspection_rules] built_in_rules, /absent: ",
            "[inspector]\nhooks = absent": "which no installed package provides.",
            "[database]\nconnection = db/ironic": "[database] connection: it is not a URL.",
            "[pxe]\nkernel_append_params = rootpwd=$1$salt$x": "'$salt' refers to another option, which does not "
            "exist; write '$$'",
        },
    ),
    (
        "up",
        {
            "[DEFAULT]\ntransport_url = kafka://mq": "[DEFAULT] transport_url names 'kafka', which needs a library: ",
            "[DEFAULT]\nlog_file = /absent/log": "/absent/log cannot be written (No such file",
            "[DEFAULT]\nstate_path = /proc/version/a": "/proc/version is not a directory.",
            "[DEFAULT]\nenabled_hardware_types = ipmi\nenabled_power_interfaces = fake": "has none for "
            "hardware type 'ipmi'. Enable one of pyghmi, ipmitool, or take 'ipmi' out",
            "[DEFAULT]\nauth_strategy = keystone": "requires [keystone_authtoken]: set auth_type",
            "[api]\nssl_cert_file = /absent\nssl_key_file = /absent": "[api] ssl_cert_file /absent cannot "
            "be read: No such file or directory.",
            "[api]\nhost_ip = 192.0.2.1": "this machine does not have this address. Change [api] host_ip.",
        },
    ),
    (
        "up",
        {
            "[DEFAULT]\nauth_strategy = http_basic\nhttp_basic_auth_user_file = /absent": "[DEFAULT] "
            "http_basic_auth_user_file /absent cannot be read: No such file or directory.",
            "[DEFAULT]\ntransport_url = mq": "[DEFAULT] transport_url is not valid: No scheme specified; write rabbit://",
            "[database]\nconnection = pigeon://ada:topsecret@coop/nest": "'pigeon' is not supported",
        },
    ),
    # Found while the files are read, and so before the others.
    (
        "up",
        {
            "[DEFAULT]\ndebug = maybe": "[DEFAULT] debug: 'maybe' is not valid; use true or false.",
            "[DEFAULT": "line 3: Invalid section (must end with ]): '[DEFAULT'",
        },
    ),
    ("conductor", {"": "reaches only this process"}),
    (
        "api",
        {
            RABBIT
            + "[api]\ndatabase_access = rpc\n[database]\nconnection = sqlite:////a": "must not hold "
            "its credentials",
        },
    ),
)


@pytest.mark.parametrize(("command", "mistakes"), MISTAKES)
def test_all_mistakes_of_a_configuration_are_told_at_once_and_nothing_starts(
    console: Console, command: str, mistakes: dict[str, str]
) -> None:
    console.configure("\n".join(mistakes))
    done = console.run(command)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    lines = done.stderr.splitlines()
    for message in mistakes.values():
        assert [line for line in lines if message in line], (message, lines)
    assert len(lines) == len(mistakes), lines
    assert all(line.startswith(f"ironic-lite {command}: ") for line in lines)
    assert not any(line.endswith("..") for line in lines), lines
    assert "topsecret" not in done.stderr
    assert not (console.directory / "state").exists()


def test_a_configuration_may_be_only_checked(console: Console) -> None:
    done = console.run("up", "--check")
    assert (done.returncode, done.stdout) == (0, "The configuration is valid.\n"), done.stderr
    assert not (console.directory / "state").exists()


def test_mistakes_in_the_environment_are_told_too(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_OUTBOUND__ALLOWED_NETWORKS", "loopback")
    monkeypatch.setenv("OS_API__PUBLIC_ENDPOINT", "ironic:6385")
    monkeypatch.setenv("OS_SOMETHING__ELSE", "1")
    done = console.run("up", "--check")
    assert done.returncode == 2
    assert [line.partition(" is not valid")[0] for line in sorted(done.stderr.splitlines())] == [
        "ironic-lite up: the environment: [api] public_endpoint: 'ironic:6385'",
        "ironic-lite up: the environment: [outbound] allowed_networks: 'loopback'",
    ]


def test_the_usual_files_are_found_and_read_once(tmp_path: Path) -> None:
    (tmp_path / ".ironic-lite" / "ironic-lite.conf.d").mkdir(parents=True)
    (tmp_path / ".ironic-lite" / "ironic-lite.conf").write_text("[api]\nthreads = few\n")
    (tmp_path / ".ironic-lite" / "ironic-lite.conf.d" / "more.conf").write_text("[api]\na = 1\n")
    done = subprocess.run(
        [str(SCRIPTS / "ironic-lite"), "up", "--check"],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    unknown, wrong = done.stderr.splitlines()
    assert "more.conf: [api] a: there is no such option." in unknown
    assert "ironic-lite.conf: [api] threads: 'few' is not valid" in wrong


def test_options_of_libraries_are_known(console: Console) -> None:
    console.configure(
        "[DEFAULT]\nuse_journal = false\nrpc_response_timeout = 61\n[oslo_messaging_rabbit]\nheartbeat_rate = 3\n"
    )
    assert "database" in console.run("status").stdout


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
    """As that of the demo: it is what answers here, and it is looked at."""
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

# SPDX-License-Identifier: Apache-2.0
"""Mistakes in a configuration: all are named at once, and nothing starts."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.functional.console import RABBIT, SCRIPTS, Console
from tests.waiting import PATIENCE

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
            "[api]\npublic_endpoint = http://0:6385": "'http://0:6385' is not valid; use a URL such as",
            "[sensor_data]\ndata_types = Fan,Temprature": "'Fan,Temprature' is not valid; use one of ALL, Add-in, ",
            "[glance]\nauth_type = password": "[glance]: Auth plugin requires parameters which were not given",
            "[neutron]\napplication_credential_ids = a": "Did you mean application_credential_id?",
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

# SPDX-License-Identifier: Apache-2.0
"""docs/installing.md: the units and the proxy, by the programs that they are for."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import requests

from tests.functional.api import certificates
from tests.functional.deployment import Deployment
from tests.functional.docs import pages
from tests.functional.servers import process
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE

UNITS = sorted((pages.ROOT / "etc" / "systemd").glob("*.service"))
PROGRAM = "/opt/ironic-lite/bin/ironic-lite"


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = process.find_program("systemd-analyze")
    own = str(Path(sys.executable).with_name("ironic-lite"))
    for unit in UNITS:
        text = unit.read_text()
        assert f"ExecStart={PROGRAM} " in text
        assert unit.name in (pages.ROOT / "docs" / "installing.md").read_text()
        (tmp_path / unit.name).write_text(text.replace(PROGRAM, own))
    done = subprocess.run(
        [analyze, "verify", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"},
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if any(u.name in line for u in UNITS)]
    assert (done.returncode, said) == (0, []), done.stderr


def test_the_proxy(all_in_one: Deployment, tmp_path: Path) -> None:
    certificate, key = certificates.write(tmp_path, "localhost")
    clients, servers = free_port(), free_port()
    text = pages.block("nginx", "installing.md", "listen 443 ssl")
    for documented, here in {
        "listen 443 ssl": f"listen 127.0.0.1:{clients} ssl",
        "listen 192.0.2.10:8080": f"listen 127.0.0.1:{servers}",
        "http://127.0.0.1:6385": all_in_one.api_url,
        "/etc/ironic-lite/tls/cert.pem": str(certificate),
        "/etc/ironic-lite/tls/key.pem": str(key),
    }.items():
        assert documented in text
        text = text.replace(documented, here)
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {tmp_path}/pid; error_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\nclient_body_temp_path {tmp_path}/body;\nproxy_temp_path {tmp_path}/proxy;\n"
        f"fastcgi_temp_path {tmp_path}/a; uwsgi_temp_path {tmp_path}/b; scgi_temp_path {tmp_path}/c;\n{text}}}\n"
    )
    nginx = process.ServerProcess(
        "nginx",
        [process.find_program("nginx"), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        log=tmp_path / "nginx.log",
        drop_privileges=False,
    )
    nginx.start()
    try:
        nginx.wait_until(lambda: _listens(servers), "nginx")
        secure = f"https://localhost:{clients}/v1/nodes"
        assert requests.get(secure, verify=str(certificate), timeout=PATIENCE).json() == {
            "nodes": []
        }
        for path, status in {
            "/": 200,
            "/v1": 200,
            "/boot.ipxe": 200,
            "/boot/52-54-00-00-00-07": 200,
            "/v1/lookup?addresses=52:54:00:00:00:07": 404,
            "/v1/nodes": 403,
            "/v1/ports": 403,
            "/v1/lookup/../nodes": 403,
        }.items():
            session = requests.Session()
            request = requests.Request("GET", f"http://127.0.0.1:{servers}{path}").prepare()
            request.url = f"http://127.0.0.1:{servers}{path}"
            request.headers["X-OpenStack-Ironic-API-Version"] = "1.90"
            assert session.send(request, timeout=PATIENCE).status_code == status, path
    finally:
        nginx.stop()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

# SPDX-License-Identifier: Apache-2.0
"""docs/network-boot.md: a real dnsmasq with that configuration gives the right answers to firmware and iPXE."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.functional.docs import pages
from tests.functional.servers import process
from tests.waiting import PATIENCE

CLIENT = Path(__file__).with_name("dhcp_client.py")


def test_dnsmasq(tmp_path: Path) -> None:
    dnsmasq = process.find_program("dnsmasq")
    text = pages.block("dnsmasq", "network-boot.md", "dhcp-boot")
    assert "tftp-root=/usr/lib/ipxe" in text
    configuration = tmp_path / "dnsmasq.conf"
    configuration.write_text(text.replace("/usr/lib/ipxe", str(tmp_path)))
    # In a network of its own, with a cable whose other end is the client's.
    own = ["unshare", "--net"]
    if os.geteuid() != 0:
        own += ["--user", "--map-root-user"]
    answers = subprocess.run(
        [*own, sys.executable, str(CLIENT), dnsmasq, str(configuration), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert answers.returncode == 0, answers.stderr
    script = ["http://192.0.2.10:6385/boot.ipxe", None]
    assert json.loads(answers.stdout) == {
        "bios": ["undionly.kpxe", None],
        "uefi": ["ipxe.efi", None],
        "uefi, called EBC": ["ipxe.efi", None],
        "arm64": ["ipxe-arm64.efi", None],
        "uefi over http": ["http://192.0.2.10/ipxe.efi", "HTTPClient"],
        "arm64 over http": ["http://192.0.2.10/ipxe-arm64.efi", "HTTPClient"],
        "ipxe": script,
        "ipxe on bios": script,
        "ipxe on arm64": script,
        "ipxe over http": script,
        "lifetime of the IPv6 router": 0,
    }

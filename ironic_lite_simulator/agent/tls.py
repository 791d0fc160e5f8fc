# SPDX-License-Identifier: Apache-2.0
"""The certificate that agents sign for themselves and announce in their heartbeats.

Real agents make one each; the agents of a rack share an address, and so they share a certificate.
"""

import dataclasses
import datetime
import ipaddress
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# The clocks of the two ends may differ.
_SKEW = datetime.timedelta(hours=1)
_LIFETIME = datetime.timedelta(days=90)


@dataclasses.dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate (PEM), and a server context that uses it."""

    pem: str
    context: ssl.SSLContext


def self_signed(address: str) -> Certificate:
    """Make a certificate for an IP address; its key is kept in memory only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _LIFETIME)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]),
            critical=True,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # The ssl module reads keys from files only; the directory is ours alone (mode 0700).
    with tempfile.TemporaryDirectory(prefix="ironic-lite-tls-") as directory:
        path = Path(directory, "agent.pem")
        path.write_bytes(private + pem)
        context.load_cert_chain(path)
    return Certificate(pem.decode(), context)

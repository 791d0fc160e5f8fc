# SPDX-License-Identifier: Apache-2.0
"""Options of the encryption of secrets in the database."""

from oslo_config import cfg

from ironic_lite.conf import kinds

GROUP = "encryption"

FILE = "file"
SYSTEMD = "systemd"
VAULT = "vault"

OPTS = [
    cfg.StrOpt(
        "key_provider",
        default=FILE,
        choices=[
            (FILE, "the file of key_file"),
            (SYSTEMD, "the credential that systemd gives the service (LoadCredential=)"),
            (VAULT, "the transit engine of HashiCorp Vault or OpenBao"),
        ],
        help="Source of the wrapping key. It encrypts the data keys, which encrypt the secrets in the database.",
    ),
    cfg.StrOpt(
        "key_file",
        help="File with the wrapping key, readable only by the user of the service. Every process that reads the "
        "database needs the same key. Unset: next to an SQLite database, with the name of its file and .key; else "
        "ironic-lite.key in state_path.",
    ),
    cfg.StrOpt(
        "systemd_credential",
        default="ironic-lite.key",
        help="Name of the credential with the wrapping key, for key_provider = systemd.",
    ),
    cfg.Opt(
        "vault_url",
        type=kinds.WebAddress(),
        help="Address of Vault, for key_provider = vault: https://vault.example.org:8200",
    ),
    cfg.StrOpt(
        "vault_token_file",
        help="File with the token for Vault, as Vault Agent writes one. It is read for each request to Vault.",
    ),
    cfg.StrOpt("vault_transit_mount", default="transit", help="Mount path of the transit engine."),
    cfg.StrOpt(
        "vault_transit_key", default="ironic-lite", help="Name of the key in the transit engine."
    ),
    cfg.StrOpt(
        "vault_namespace", help="Namespace of the transit engine, if Vault uses namespaces."
    ),
    cfg.StrOpt(
        "vault_ca_file",
        help="File with the CA certificates for Vault. Unset: those of the system.",
    ),
    cfg.IntOpt("vault_timeout", default=10, min=1, help="Seconds to wait for an answer of Vault."),
]

# SPDX-License-Identifier: Apache-2.0
"""Options of the images in OCI registries."""

from oslo_config import cfg

GROUP = "oci"

OPTS = [
    cfg.StrOpt(
        "authentication_config",
        help='JSON file with credentials of registries, as container tools write it: {"auths": {"HOST": {"auth": '
        '"base64 of user:password"}}}. Used for nodes without image_pull_secret. It is read for each image.',
    ),
    cfg.ListOpt(
        "secure_cdn_registries",
        default=[],
        sample_default=["auth.example.org"],
        help="Hosts that may get the credentials of a registry when it names them for its tokens, although they belong "
        "to another domain.",
    ),
    cfg.BoolOpt(
        "permit_fallback_to_http_transport",
        default=False,
        help="Use plain HTTP with registries that do not speak TLS. Not secure: others can read and change everything, "
        "credentials too.",
    ),
    cfg.StrOpt(
        "verify_ca",
        help="Verification of certificates: a file with authorities (PEM), or false to verify nothing. Unset or true: "
        "the system's authorities.",
    ),
]

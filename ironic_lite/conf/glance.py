# SPDX-License-Identifier: Apache-2.0
"""Options of the images in Glance. keystoneauth's options have its address and credentials."""

from oslo_config import cfg

GROUP = "glance"

OPTS = [
    cfg.IntOpt(
        "num_retries",
        default=0,
        min=0,
        help="How often a question to Glance is repeated when it does not answer. Images require auth_type and its "
        "options in this group.",
    ),
]

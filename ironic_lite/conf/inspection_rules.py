# SPDX-License-Identifier: Apache-2.0
"""Options of inspection rules."""

from oslo_config import cfg

GROUP = "inspection_rules"

OPTS = [
    cfg.StrOpt(
        "built_in_rules",
        help="YAML file with a list of rules, applied together with those of the API. The API does not show them.",
    ),
    cfg.StrOpt(
        "mask_secrets",
        default="always",
        choices=[
            ("always", "for every rule"),
            ("sensitive", "for all but sensitive rules"),
            ("never", "for none"),
        ],
        help="Whether passwords of the node are replaced by asterisks for rules.",
    ),
]

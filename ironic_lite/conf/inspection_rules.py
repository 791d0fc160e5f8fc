# SPDX-License-Identifier: Apache-2.0
"""Options of inspection rules."""

from oslo_config import cfg

GROUP = "inspection_rules"

OPTS = [
    cfg.StrOpt(
        "built_in_rules",
        help="YAML file with a list of rules that are applied together with those of the API, and are not shown there.",
    ),
    cfg.StrOpt(
        "mask_secrets",
        default="always",
        choices=[
            ("always", "for every rule"),
            ("sensitive", "for all but sensitive rules"),
            ("never", "for none"),
        ],
        help="Whether rules read passwords of the node as asterisks.",
    ),
]

# SPDX-License-Identifier: Apache-2.0
"""Options of the storage interface ``cinder``. keystoneauth's options have Cinder's address and our credentials."""

from oslo_config import cfg

GROUP = "cinder"

OPTS = [
    cfg.IntOpt(
        "action_retries",
        default=3,
        min=0,
        help="How often detaching a node's volumes is repeated after a failure.",
    ),
    cfg.IntOpt(
        "action_retry_interval",
        default=5,
        min=0,
        help="Seconds between two attempts to detach a node's volumes.",
    ),
    cfg.BoolOpt(
        "only_volumes_of_the_nodes_project",
        default=True,
        help="Attach only volumes of the project that leases the node, or owns it if no project leases it; a node with "
        "neither may use every volume. Without this check, whoever may create volume targets of a node can read the "
        "volumes of all projects. Disable it if owners and lessees of nodes are not the ids of Keystone projects.",
    ),
]

# SPDX-License-Identifier: Apache-2.0
"""Options of a conductor."""

from oslo_config import cfg, types

GROUP = "conductor"

OPTS = [
    cfg.IntOpt(
        "workers_pool_size",
        default=100,
        min=3,
        help="Most operations that a conductor works on at one time.",
    ),
    cfg.IntOpt(
        "reserved_workers_pool_percentage",
        default=5,
        min=0,
        max=50,
        help="Share of the pool kept free for what the API asks, so that heartbeats and periodic tasks "
        "cannot starve it.",
    ),
    cfg.IntOpt(
        "heartbeat_interval",
        default=10,
        min=1,
        help="Seconds between two signs of life of a conductor.",
    ),
    cfg.IntOpt(
        "heartbeat_timeout",
        default=60,
        min=2,
        help="Seconds without a sign of life after which a conductor counts as dead. More than two "
        "intervals.",
    ),
    cfg.StrOpt(
        "conductor_group",
        default="",
        max_length=255,
        regex=r"^[a-zA-Z0-9_\-\.]*$",
        help="Group of this conductor. It serves the nodes of the same group only.",
    ),
    cfg.IntOpt(
        "power_state_change_timeout",
        default=60,
        min=2,
        help="Seconds a server may take to reach a requested power state.",
    ),
    cfg.IntOpt(
        "soft_power_off_timeout",
        default=600,
        min=1,
        help="Seconds an operating system may take to shut down when it is asked to.",
    ),
    cfg.IntOpt(
        "sync_power_state_interval",
        default=120,
        min=0,
        help="Seconds between two comparisons of recorded and actual power states; 0 turns them off.",
    ),
    cfg.IntOpt(
        "sync_power_state_workers",
        default=8,
        min=1,
        help="BMCs asked at the same time by one comparison.",
    ),
    cfg.IntOpt(
        "power_state_sync_max_retries",
        default=3,
        min=0,
        help="Comparisons in a row that may fail before the node goes to maintenance with fault "
        "'power failure'.",
    ),
    cfg.IntOpt(
        "power_failure_recovery_interval",
        default=300,
        min=0,
        help="Seconds between two looks at nodes of that fault: when the BMC answers again, the maintenance ends. "
        "0 leaves that to operators.",
    ),
    cfg.BoolOpt(
        "force_power_state_during_sync",
        default=True,
        help="Put a server back into its recorded power state when it differs; otherwise record the "
        "actual one.",
    ),
    cfg.IntOpt(
        "deploy_callback_timeout",
        default=1800,
        min=0,
        help="Seconds without a word from the agent after which a deployment fails; 0 waits for ever.",
    ),
    cfg.IntOpt(
        "clean_callback_timeout",
        default=1800,
        min=0,
        help="The same for cleaning.",
    ),
    cfg.IntOpt("inspect_wait_timeout", default=1800, min=0, help="The same for inspection."),
    cfg.IntOpt("rescue_callback_timeout", default=1800, min=0, help="The same for rescue."),
    cfg.StrOpt(
        "rescue_password_hash_algorithm",
        default="sha256",
        choices=["sha256", "sha512"],
        help="How a rescue password is hashed before the ramdisk gets it.",
    ),
    cfg.BoolOpt(
        "require_rescue_password_hashed",
        default=True,
        help="Fail a rescue whose ramdisk cannot take a hashed password. Off, such a ramdisk gets the password itself.",
    ),
    cfg.IntOpt("service_callback_timeout", default=1800, min=0, help="The same for servicing."),
    cfg.IntOpt(
        "check_wait_states_interval",
        default=15,
        min=1,
        help="Seconds between two searches for nodes that wait for too long.",
    ),
    cfg.IntOpt(
        "node_locked_retry_attempts",
        default=3,
        min=0,
        help="How often a task tries again to lock a node before it answers 409.",
    ),
    cfg.FloatOpt(
        "node_locked_retry_interval",
        default=1.0,
        min=0.01,
        help="Seconds between two such tries.",
    ),
    cfg.BoolOpt(
        "automated_clean",
        default=True,
        help="Clean nodes that are made available and nodes that a tenant gives back. A node's own "
        "automated_clean field comes first.",
    ),
    cfg.MultiOpt(
        "clean_step_priority_override",
        item_type=types.Dict(value_type=types.Integer(min=0)),
        default={},
        help="Priority of a step in automated cleaning in place of its own, as interface.step:priority; 0 leaves it "
        "out. May be given several times.",
    ),
    cfg.IntOpt(
        "max_concurrent_deploy",
        default=250,
        min=1,
        help="Most nodes of the whole cluster that are deployed at one time; requests beyond that are refused (503).",
    ),
    cfg.IntOpt(
        "max_concurrent_clean",
        default=50,
        min=1,
        help="Most nodes of the whole cluster that are torn down or cleaned at one time; requests to tear down or to "
        "clean beyond that are refused (503). Nodes that are made available count, and are not refused.",
    ),
    cfg.StrOpt(
        "automated_cleaning_step_source",
        default="autogenerated",
        choices=["autogenerated", "runbook", "hybrid"],
        help="What automated cleaning runs: the steps with a priority, those of a runbook (which there has to be), or "
        "those of a runbook where there is one.",
    ),
    cfg.StrOpt(
        "automated_cleaning_runbook",
        help="That runbook, by name or UUID, for nodes without another.",
    ),
    cfg.DictOpt(
        "automated_cleaning_runbook_by_resource_class",
        default={},
        help="Runbooks by the nodes' resource class, as class:runbook. They come before the one for all nodes.",
    ),
    cfg.BoolOpt(
        "automated_cleaning_runbook_from_node",
        default=False,
        help="Whether a node's driver_info/cleaning_runbook comes before both.",
    ),
    cfg.BoolOpt(
        "automated_cleaning_runbook_validate_traits",
        default=True,
        help="Whether the runbook has to share a trait with the node, as one that a client asks for.",
    ),
    cfg.StrOpt(
        "automatic_lessee_source",
        default="instance",
        choices=["none", "instance", "request"],
        help="Where the lessee of a node that has none comes from when it is deployed: instance_info/project_id (which "
        "Nova sets), the project of the request, or nowhere. It goes with the instance.",
    ),
    cfg.BoolOpt(
        "allow_deleting_available_nodes",
        default=True,
        help="Whether the record of an available node may be deleted.",
    ),
    cfg.IntOpt(
        "graceful_shutdown_timeout",
        default=60,
        min=0,
        help="Seconds a conductor that is asked to stop gives its running operations to end.",
    ),
    cfg.BoolOpt(
        "node_history",
        default=True,
        help="Keep a history of what happens to each node.",
    ),
    cfg.IntOpt(
        "node_history_max_entries",
        default=300,
        min=1,
        help="How many of its newest entries a node's history keeps.",
    ),
    cfg.IntOpt(
        "node_history_cleanup_interval",
        default=86400,
        min=0,
        help="Seconds between two removals of entries of histories and journals beyond what they keep; 0 "
        "keeps them all.",
    ),
    cfg.IntOpt(
        "recovery_attempts",
        default=10,
        min=1,
        help="How often a step may be begun again because its conductor died, before its operation fails.",
    ),
    cfg.IntOpt(
        "node_journal_max_operations",
        default=20,
        min=1,
        help="How many of its newest operations a node's journal keeps.",
    ),
    cfg.IntOpt(
        "node_journal_max_entries",
        default=2000,
        min=10,
        help="How many of its newest entries a node's journal keeps, whatever they belong to.",
    ),
]

# SPDX-License-Identifier: Apache-2.0
"""Options of a conductor."""

from oslo_config import cfg, types

GROUP = "conductor"

_RAMDISK_FILES = (
    ("deploy_kernel", "deploy ramdisk's kernel", "deploy_ramdisk"),
    ("deploy_ramdisk", "deploy ramdisk", "deploy_kernel"),
    ("rescue_kernel", "rescue ramdisk's kernel", "rescue_ramdisk"),
    ("rescue_ramdisk", "rescue ramdisk", "rescue_kernel"),
)

OPTS = [
    *(
        cfg.StrOpt(
            name,
            sample_default=f"http://192.0.2.10/{name}",
            help=f"Image of the {what} for nodes whose driver_info has none: a URL, or another image. Set "
            f"{other} too.",
        )
        for name, what, other in _RAMDISK_FILES
    ),
    *(
        cfg.DictOpt(
            f"{name}_by_arch",
            default={},
            sample_default={"aarch64": f"http://192.0.2.10/arm/{name}"},
            help=f"The same for nodes with certain properties/cpu_arch, as architecture:image. They take precedence "
            f"over {name}.",
        )
        for name, _, _ in _RAMDISK_FILES
    ),
    cfg.ListOpt(
        "file_url_allowed_paths",
        default=[],
        sample_default=["/srv/images"],
        help="Directories below which file:// images may be, by their absolute paths; empty: file:// is refused. "
        "Conductors check the files, and API processes send them to servers: both need this option and the same "
        "files. Do not name a directory with anything else in it.",
    ),
    cfg.IntOpt(
        "workers_pool_size",
        default=100,
        min=3,
        help="Maximum number of operations that a conductor runs at the same time.",
    ),
    cfg.IntOpt(
        "reserved_workers_pool_percentage",
        default=5,
        min=0,
        max=50,
        help="Share of the pool reserved for requests of the API, so that heartbeats and periodic tasks "
        "cannot starve it.",
    ),
    cfg.IntOpt(
        "heartbeat_interval",
        default=10,
        min=1,
        help="Seconds between two keepalives of a conductor.",
    ),
    cfg.IntOpt(
        "heartbeat_timeout",
        default=60,
        min=2,
        help="Seconds without a keepalive after which a conductor counts as dead. Must be more than two "
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
        help="Seconds between two comparisons of recorded and actual power states; 0 disables them.",
    ),
    cfg.IntOpt(
        "sync_power_state_workers",
        default=8,
        min=1,
        help="Number of BMCs to query at the same time in one comparison.",
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
        help="Seconds between two checks of nodes with that fault: when the BMC answers again, maintenance ends. "
        "0 leaves that to operators.",
    ),
    cfg.BoolOpt(
        "force_power_state_during_sync",
        default=True,
        help="Set a server to its recorded power state when it differs; otherwise record the "
        "actual one.",
    ),
    cfg.IntOpt(
        "deploy_callback_timeout",
        default=1800,
        min=0,
        help="Seconds without a heartbeat of the agent after which a deployment fails; 0 waits for ever.",
    ),
    *(
        cfg.IntOpt(
            name, default=1800, min=0, help=f"Like deploy_callback_timeout, for {operation}."
        )
        for name, operation in (
            ("clean_callback_timeout", "cleaning"),
            ("inspect_wait_timeout", "inspection"),
            ("rescue_callback_timeout", "rescue"),
            ("service_callback_timeout", "servicing"),
        )
    ),
    cfg.StrOpt(
        "rescue_password_hash_algorithm",
        default="sha256",
        choices=["sha256", "sha512"],
        help="How a rescue password is hashed before the ramdisk gets it.",
    ),
    cfg.BoolOpt(
        "require_rescue_password_hashed",
        default=True,
        help="Fail a rescue whose ramdisk does not accept a hashed password. If false, it gets the plain password.",
    ),
    cfg.IntOpt(
        "check_wait_states_interval",
        default=15,
        min=1,
        help="Seconds between two searches for nodes that have waited for too long.",
    ),
    cfg.IntOpt(
        "node_locked_retry_attempts",
        default=3,
        min=0,
        help="How often a task retries to lock a node before the request is answered with 409.",
    ),
    cfg.FloatOpt(
        "node_locked_retry_interval",
        default=1.0,
        min=0.01,
        help="Seconds between two such attempts.",
    ),
    cfg.BoolOpt(
        "automated_clean",
        default=True,
        help="Clean nodes that are made available and nodes that are undeployed. A node's own "
        "automated_clean field takes precedence.",
    ),
    cfg.MultiOpt(
        "clean_step_priority_override",
        item_type=types.Dict(value_type=types.Integer(min=0)),
        default={},
        help="Priority that replaces a step's own in automated cleaning, as interface.step:priority; 0 disables the "
        "step. May be given several times.",
    ),
    cfg.IntOpt(
        "max_concurrent_deploy",
        default=250,
        min=1,
        help="Maximum number of nodes in the cluster to deploy at the same time; more requests are refused (503).",
    ),
    cfg.IntOpt(
        "max_concurrent_clean",
        default=50,
        min=1,
        help="Maximum number of nodes in the cluster to tear down or clean at the same time; more requests to tear "
        "down or clean are refused (503). Nodes that are made available count, but are never refused.",
    ),
    cfg.StrOpt(
        "automated_cleaning_step_source",
        default="autogenerated",
        choices=["autogenerated", "runbook", "hybrid"],
        help="What automated cleaning runs: the steps with a priority, a runbook (which is then required), or a "
        "runbook if there is one and else the steps with a priority.",
    ),
    cfg.StrOpt(
        "automated_cleaning_runbook",
        help="Default runbook of automated cleaning, by name or UUID.",
    ),
    cfg.DictOpt(
        "automated_cleaning_runbook_by_resource_class",
        default={},
        help="Runbooks by resource class, as class:runbook. They take precedence over the default one.",
    ),
    cfg.BoolOpt(
        "automated_cleaning_runbook_from_node",
        default=False,
        help="Whether a node's driver_info/cleaning_runbook takes precedence over both.",
    ),
    cfg.BoolOpt(
        "automated_cleaning_runbook_validate_traits",
        default=True,
        help="Whether the runbook must share a trait with the node, as runbooks in requests must.",
    ),
    cfg.StrOpt(
        "automatic_lessee_source",
        default="instance",
        choices=["none", "instance", "request"],
        help="Lessee to set when a node without one is deployed: instance_info/project_id (which Nova sets), the "
        "project of the request, or none. It is removed with the instance.",
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
        help="Seconds for running operations to end when a conductor stops.",
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
        help="Maximum number of entries in a node's history; the oldest are deleted.",
    ),
    cfg.IntOpt(
        "node_history_cleanup_interval",
        default=86400,
        min=0,
        help="Seconds between two deletions of surplus entries of histories and journals; 0 "
        "keeps all entries.",
    ),
    cfg.BoolOpt(
        "disable_configdrive_check",
        default=False,
        help="Whether config drives that the service builds stay without network_data when the client sends none. "
        "Otherwise it comes from the VIFs of the node, with the network interfaces flat and neutron.",
    ),
    cfg.IntOpt(
        "stray_ports_interval",
        default=300,
        min=0,
        help="Seconds between two searches for ports in Neutron that the service has made and no operation knows any "
        "more, because a request took effect after it was given up. 0 leaves them to the node's next operation.",
    ),
    cfg.IntOpt(
        "recovery_attempts",
        default=10,
        min=1,
        help="How often a step may be repeated because its conductor died, before its operation fails.",
    ),
    cfg.IntOpt(
        "node_journal_max_operations",
        default=20,
        min=1,
        help="Maximum number of operations in a node's journal; the oldest are deleted.",
    ),
    cfg.IntOpt(
        "node_journal_max_entries",
        default=2000,
        min=10,
        help="Maximum number of entries in a node's journal, over all operations.",
    ),
]

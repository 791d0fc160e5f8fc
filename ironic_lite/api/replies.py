# SPDX-License-Identifier: Apache-2.0
"""JSON schemas of the replies that are not records of a resource, for the OpenAPI document; ``routes`` refers to them.

A schema may contain a resource, which stands for the schema of its records.
"""

from collections.abc import Mapping
from typing import Any

from ironic_lite.api import types
from ironic_lite.api.resources.bios_setting import BIOS_SETTING
from ironic_lite.api.resources.node import NODE
from ironic_lite.api.resources.resource import Resource

Schema = Mapping[str, Any]

TEXT = types.WORD.schema
TEXTS = types.WORDS.schema
FLAG = types.FLAG.schema
OBJECT = types.FACTS.schema
LINKS = types.LINKS.schema
UUID = types.UUID.schema


def an_object(
    needed: Mapping[str, Schema | Resource], optional: Mapping[str, Schema] | None = None
) -> Schema:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": {**needed, **(optional or {})},
        "required": list(needed),
        "additionalProperties": False,
    }


def wrapped(key: str, schema: Schema) -> Schema:
    """Return the schema of the object ``{key: ...}``."""
    return an_object({key: schema})


def list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def map_of(schema: Schema | Resource) -> Schema:
    """Return the schema of an object with arbitrary keys."""
    return {"type": "object", "additionalProperties": schema}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_VERSION = an_object(
    {
        "id": {"const": "v1"},
        "links": LINKS,
        "status": {"const": "CURRENT"},
        "min_version": TEXT,
        "version": TEXT,
    }
)

ROOT = an_object(
    {
        "name": TEXT,
        "description": TEXT,
        "default_version": _VERSION,
        "versions": list_of(_VERSION),
    }
)

V1: Schema = {
    **an_object(
        {
            "id": {"const": "v1"},
            "links": LINKS,
            "media_types": an_object({"base": TEXT, "type": TEXT}),
            "version": _VERSION,
        }
    ),
    # Links to the parts of the API that the microversion has.
    "additionalProperties": LINKS,
}

DOCUMENT: Schema = {
    "type": "object",
    "properties": {"openapi": TEXT, "info": OBJECT, "paths": OBJECT, "components": OBJECT},
    "required": ["openapi", "info", "paths", "components"],
}

VALIDATION = map_of(an_object({"result": or_null(FLAG)}, {"reason": TEXT}))

CONSOLE = an_object({"console_enabled": FLAG, "console_info": or_null(OBJECT)})

BOOT_DEVICE = an_object({"boot_device": or_null(TEXT), "persistent": or_null(FLAG)})

SUPPORTED_BOOT_DEVICES = wrapped("supported_boot_devices", TEXTS)

INDICATORS = wrapped(
    "indicators",
    list_of(
        an_object(
            {
                "name": TEXT,
                "component": TEXT,
                "readonly": FLAG,
                "states": TEXTS,
                "links": LINKS,
            }
        )
    ),
)

INDICATOR = wrapped("state", TEXT)

# Network interfaces may add more properties to a VIF.
VIFS = wrapped("vifs", list_of({"type": "object", "properties": {"id": TEXT}, "required": ["id"]}))

VENDOR_METHODS = map_of(
    an_object(
        {
            "http_methods": TEXTS,
            "async": FLAG,
            "description": TEXT,
            "attach": FLAG,
            "require_exclusive_lock": FLAG,
        }
    )
)

INVENTORY = an_object({"inventory": OBJECT, "plugin_data": OBJECT})

# The properties of a virtual drive depend on the BMC.
VIRTUAL_MEDIA = list_of(OBJECT)

VOLUME = an_object({"links": LINKS, "connectors": LINKS, "targets": LINKS})

TRAITS = wrapped("traits", TEXTS)

CHILDREN = an_object({"children": list_of(UUID), "links": an_object({"href": TEXT, "rel": TEXT})})

SHARDS = wrapped(
    "shards",
    list_of(an_object({"name": or_null(TEXT), "count": {"type": "integer", "minimum": 1}})),
)

MEANINGS = map_of(TEXT)
"""``{property: what it means}``"""

_CONFIG = an_object(
    {
        "metrics": OBJECT,
        "metrics_statsd": OBJECT,
        "heartbeat_timeout": {"type": "integer"},
        "agent_token": or_null(TEXT),
        "agent_token_required": FLAG,
        "agent_md5_checksum_enable": FLAG,
        "enable_bios_bootloader_install": FLAG,
    }
)


LOOKUP = an_object({"node": NODE, "config": _CONFIG})

BIOS_SETTINGS = map_of(BIOS_SETTING)

_MOMENT = or_null({"type": "string", "format": "date-time"})
_WORD = or_null(TEXT)
_SECONDS = or_null({"type": "number", "minimum": 0})
_NODE = an_object({"uuid": UUID, "name": _WORD})

_ENTRY = an_object(
    {
        "id": {"type": "integer"},
        "created_at": {"type": "string", "format": "date-time"},
        "operation": or_null(UUID),
        "kind": TEXT,
        "subject": _WORD,
        "outcome": TEXT,
        "detail": _WORD,
        "state": _WORD,
        "until": _MOMENT,
        "conductor": _WORD,
        "user": _WORD,
        "project": _WORD,
        "request_id": _WORD,
        "times": or_null(types.INTEGER.schema),
        "last_at": _MOMENT,
        "duration_seconds": _SECONDS,
    }
)

_OPERATION = an_object(
    {
        "name": _WORD,
        "detail": _WORD,
        "since": _MOMENT,
        "seconds": _SECONDS,
        "user": _WORD,
        "project": _WORD,
        "request_id": _WORD,
        "step": _WORD,
        "steps_done": TEXTS,
    }
)

_BOOT = an_object(
    {
        "stage": TEXT,
        "meaning": TEXT,
        "since": _MOMENT,
        "last_seen": _MOMENT,
        "begun": _MOMENT,
        "attempt": {"type": "integer"},
    }
)

_SUMMARY = an_object(
    {
        "node": _NODE,
        "provision_state": TEXT,
        "target_provision_state": _WORD,
        "since": _MOMENT,
        "seconds": _SECONDS,
        "power_state": _WORD,
        "target_power_state": _WORD,
        "cipher_suite": or_null(types.INTEGER.schema),
        "maintenance": or_null(an_object({"reason": _WORD, "fault": _WORD})),
        "lock": or_null(
            an_object({"holder": TEXT, "holder_alive": FLAG, "since": _MOMENT, "seconds": _SECONDS})
        ),
        "owner": an_object({"conductor": _WORD, "reason": TEXT}),
        "operation": or_null(_OPERATION),
        "waiting": or_null(an_object({"for": TEXT, "until": _MOMENT}, {"last_call": _MOMENT})),
        "boot": or_null(_BOOT),
        "last_error": _WORD,
        "next": list_of(
            an_object({"target": TEXT, "leads_to": TEXT, "meaning": TEXT, "refused": _WORD})
        ),
        "advice": TEXTS,
    }
)

LOGS = an_object(
    {
        "logs": list_of(
            an_object(
                {
                    "id": or_null({"type": "integer"}),
                    "name": _WORD,
                    "created_at": {"type": "string", "format": "date-time"},
                    "conductor": _WORD,
                    "operation": or_null(UUID),
                    "state": _WORD,
                    "detail": _WORD,
                }
            )
        )
    }
)

CONSOLE_LOG = an_object(
    {
        "records": list_of(
            an_object(
                {
                    "time": {"type": "string", "format": "date-time"},
                    "kind": {"type": "string", "enum": ["output", "gap", "stopped", "note"]},
                    "operation": or_null(UUID),
                },
                {"data": TEXT, "text": TEXT, "from": _MOMENT},
            )
        ),
        "position": {"type": "integer"},
        "complete": FLAG,
    }
)

CONSOLE_TOKEN = an_object(
    {"token": TEXT, "path": TEXT, "url": TEXT, "expires_in": {"type": "integer"}}
)

TIMELINE = an_object({"summary": _SUMMARY, "timeline": list_of(_ENTRY)}, {"next": TEXT})

_ACTION = an_object(
    {"action": TEXT, "waits_for": _WORD, "at_most_seconds": _SECONDS},
    {
        "meaning": TEXT,
        "step": TEXT,
        "priority": or_null({"type": "integer"}),
        "from": TEXT,
        "known": FLAG,
        "cut_off": TEXT,
    },
)

_PLANNED = an_object(
    {
        "event": TEXT,
        "name": TEXT,
        "refused": TEXTS,
        "actions": list_of(_ACTION),
        "ends_in": TEXT,
    }
)

PLAN = an_object(
    {
        "node": _NODE,
        "provision_state": TEXT,
        "target": TEXT,
        "refused": TEXTS,
        "operations": list_of(_PLANNED),
    }
)

# SPDX-License-Identifier: Apache-2.0
"""The form of the replies that show no record of a resource: for the OpenAPI document, named in ``routes``.

A resource stands for its own form.
"""

from collections.abc import Mapping
from typing import Any

from ironic_lite.api import types
from ironic_lite.api.resources.bios_setting import BIOS_SETTING
from ironic_lite.api.resources.fields import Resource
from ironic_lite.api.resources.node import NODE

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
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": {**needed, **(optional or {})},
        "required": list(needed),
        "additionalProperties": False,
    }


def wrapped(key: str, schema: Schema) -> Schema:
    """``{key: ...}``"""
    return an_object({key: schema})


def list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def map_of(schema: Schema | Resource) -> Schema:
    """An object whose keys are data."""
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
    # The parts that the microversion has.
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

# Network interfaces may tell more of a VIF.
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

# What BMCs tell of a drive differs.
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
    }
)


LOOKUP = an_object({"node": NODE, "config": _CONFIG})

BIOS_SETTINGS = map_of(BIOS_SETTING)

# SPDX-License-Identifier: Apache-2.0
"""Random JSON: documents that match a schema, and changes that make them invalid."""

import json
import random
import re
import string
from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]


class Raw(str):
    """Text that becomes part of a document unchanged, even if it is not JSON."""

    __slots__ = ()


class Twice(dict[str, Any]):
    """An object that has its last key twice, the second time with null."""


def encode(value: Any) -> str:
    """Return a document as JSON."""
    match value:
        case Raw():
            return str(value)
        case dict():
            parts = [f"{json.dumps(key)}: {encode(item)}" for key, item in value.items()]
            if isinstance(value, Twice) and value:
                parts.append(f"{json.dumps(list(value)[-1])}: null")
            return "{" + ", ".join(parts) + "}"
        case list():
            return "[" + ", ".join(map(encode, value)) + "]"
    return json.dumps(value)


_DEEP = 40
_WIDE = 400

_NASTY: tuple[Callable[[random.Random], Any], ...] = (
    lambda rng: None,
    lambda rng: rng.choice((True, False)),
    lambda rng: rng.choice((0, -1, 1, 1.5, -0.0, 1e308, 5e-324)),
    lambda rng: rng.choice((2**31, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30, 10**400)),
    lambda rng: Raw(rng.choice(("1e400", "-1e999", "NaN", "Infinity", "1" * 5000, "0x10", "01"))),
    lambda rng: Raw(rng.choice(('"\\ud800"', '"\\udc00x"', '"\\ud83d\\ude00"', '"\\u0000"'))),
    lambda rng: rng.choice(
        ("", " ", "\x00", "\x07\x1b[31m", "\n", "\t", "\u202e", "\ufeff", "é" * 9)
    ),
    lambda rng: rng.choice(("{}", "{name}", "%s", "%(x)s", "../..", "' OR 1=1--", "<b>", "${x}")),
    lambda rng: rng.choice(("null", "true", "1", "nan", "on", "admin", "00000000", "::1")),
    lambda rng: "x" * rng.choice((256, 4097, 70_000)),
    lambda rng: [],
    lambda rng: {},
    lambda rng: {"": ""},
    lambda rng: Twice(a=1),
    lambda rng: [None],
    lambda rng: [[{}]],
    lambda rng: [rng.choice((0, "x", None))] * _WIDE,
    lambda rng: {f"k{number}": number for number in range(_WIDE)},
    lambda rng: {rng.choice(("\x00", "\n", "a/b", "a~b", "password", "é", "x" * 300)): "v"},
    lambda rng: Raw("[" * _DEEP + "]" * _DEEP),
    lambda rng: Raw('{"a":' * _DEEP + "1" + "}" * _DEEP),
    lambda rng: '{"a":' * 2000,
    lambda rng: "[" * 2000,
)


def nasty(rng: random.Random) -> Any:
    """Return a value that is invalid for most fields."""
    return rng.choice(_NASTY)(rng)


def spoil(document: Any, rng: random.Random) -> Any:
    """Return the document with a random part changed."""
    if rng.random() < 0.12 or not isinstance(document, (dict, list)) or not document:
        return nasty(rng)
    if isinstance(document, list):
        place = rng.randrange(len(document))
        return [*document[:place], spoil(document[place], rng), *document[place + 1 :]]
    key = rng.choice(list(document))
    match rng.randrange(5):
        case 0:
            return {name: value for name, value in document.items() if name != key}
        case 1:
            return {**document, rng.choice(("", "x", "uuid", "id", "links", "\x00")): nasty(rng)}
        case 2:
            return Twice(document)
    return {**document, key: spoil(document[key], rng)}


class Sampler:
    """Creates documents that match a schema of the service's OpenAPI document; it supports only what these use.

    :param components: the schemas for ``$ref``.
    :param reference: returns an identifier for a property of this name; None: the property is not a reference.
    """

    def __init__(self, components: Schema, reference: Callable[[str], str | None]):
        self._components = components
        self._reference = reference

    def sample(self, schema: Schema, rng: random.Random, name: str = "") -> Any:
        """Return a random document."""
        if "$ref" in schema:
            return self.sample(self._components[schema["$ref"].rpartition("/")[2]], rng, name)
        for choice in ("anyOf", "oneOf"):
            if choice in schema and "properties" not in schema:
                return self.sample(rng.choice(schema[choice]), rng, name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return rng.choice(schema["enum"])
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = rng.choice(kind)
        match kind:
            case "object":
                return self._object(schema, rng)
            case "array":
                count = max(schema.get("minItems", 0), rng.randrange(3))
                return [self.sample(schema.get("items", {}), rng, name) for _ in range(count)]
            case "integer" | "number":
                return rng.randint(schema.get("minimum", 0), min(schema.get("maximum", 99), 99))
            case "boolean":
                return rng.choice((True, False))
            case "null":
                return None
        return self._text(schema, rng, name)

    def _object(self, schema: Schema, rng: random.Random) -> dict[str, Any]:
        needed = set(schema.get("required", ()))
        if "anyOf" in schema:
            needed |= set(rng.choice(schema["anyOf"]).get("required", ()))
        properties = schema.get("properties", {})
        share = rng.choice((0.0, 0.2, 0.6))
        found = {
            name: self.sample(kind, rng, name)
            for name, kind in properties.items()
            if name in needed or rng.random() < share
        }
        if schema.get("additionalProperties", True) is not False and rng.random() < 0.5:
            found[f"k{rng.randrange(9)}"] = rng.choice(("text", 1, None, {"nested": [1, "2"]}))
        return found

    def _text(self, schema: Schema, rng: random.Random, name: str) -> str:
        known = self._reference(name)
        if known is not None and rng.random() < 0.8:
            return known
        if schema.get("format") == "uuid":
            return f"{rng.getrandbits(32):08x}-0000-4000-8000-{rng.getrandbits(48):012x}"
        pattern = schema.get("pattern", "")
        if "a-fA-F" in pattern:
            return ":".join(f"{rng.getrandbits(8):02x}" for _ in range(6))
        if pattern.startswith("^[A-Z]"):
            return f"CUSTOM_F{rng.randrange(999)}"
        if pattern.startswith("^/("):
            field = rng.choice(re.split(r"\|", pattern[3:].partition(")")[0]))
            return f"/{field}/{rng.choice(('key', 'k0', 'a.b', '-', '0'))}"
        return "".join(rng.choices(string.ascii_lowercase, k=rng.randrange(1, 12)))

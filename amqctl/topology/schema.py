"""The JSON Schema of the topology file, made from the models."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from amqctl.topology.model import Topology

_EXAMPLE = {
    "apiVersion": "amqctl/v1",
    "name": "pair",
    "activemq": "6.1.7",
    "groups": {"orders": {"brokers": 2}},
}


class _Portable(GenerateJsonSchema):
    """Regular expressions as ECMA-262 has them: no inline flags, which editors refuse."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False  # "Activemq" for `activemq` tells nobody anything

    def str_schema(self, schema: Any) -> dict[str, Any]:
        made = super().str_schema(schema)
        pattern = made.get("pattern", "")
        if pattern.startswith("(?i)"):
            made["pattern"] = pattern.removeprefix("(?i)").replace("kmg", "kKmMgG").replace("b", "[bB]")
        return made


def schema() -> dict[str, Any]:
    made = Topology.model_json_schema(by_alias=True, schema_generator=_Portable)
    made["title"] = "amqctl topology, amqctl/v1"
    made["description"] = "ActiveMQ Classic clusters: groups of brokers that share a store, and links between them."
    made["examples"] = [_EXAMPLE]
    _short_forms(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _short_forms(made: dict[str, Any]) -> None:
    """What validators accept before the models do, and pydantic therefore cannot tell."""
    defs = made["$defs"]
    for name in ("Store", "Companion"):
        kinds = list(defs[name]["properties"])
        defs[name] = {"anyOf": [{"type": "string", "enum": kinds}, defs[name]], "title": name}
    for kind in defs["Connectors"]["properties"].values():
        kind["anyOf"] = [{"type": "boolean"}, *[one for one in kind["anyOf"] if "const" not in one]]
    for limit in defs["Usage"]["properties"].values():
        limit["anyOf"].insert(0, {"type": "integer", "minimum": 0})
    for holder in (made, *defs.values()):
        for key, value in holder.get("properties", {}).items():
            _inside(value)
            if value.get("$ref", "").startswith("#/$defs/") or value.get("type") in ("object", "array"):
                holder["properties"][key] = _or_null(value)


def _inside(value: dict[str, Any]) -> None:
    """Of a map from names to something: other names are refused, and nothing is as good as an empty something."""
    for one in (value, *value.get("anyOf", ())):
        for pattern, inner in one.get("patternProperties", {}).items():
            one["additionalProperties"] = False
            if "$ref" in inner:
                one["patternProperties"][pattern] = _or_null(inner)


def _or_null(value: dict[str, Any]) -> dict[str, Any]:
    """`amq1:` with nothing behind it is an empty map."""
    if "$ref" not in value:
        return value | {"type": [value["type"], "null"]}
    about = ("title", "description", "default")
    bare = {key: one for key, one in value.items() if key not in about}
    return {"anyOf": [bare, {"type": "null"}]} | {key: value[key] for key in about if key in value}

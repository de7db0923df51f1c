"""The OpenAPI document keeps what version 0.1.0 promised, and the comparison that says so can fail."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scarmass.api import openapi
from tests.api.contract import broken_promises

VERSION_0_1_0 = json.loads((Path(__file__).parent / "data" / "openapi_v1.json").read_text())


def test_nothing_that_version_0_1_0_promised_is_lost_or_renamed() -> None:
    assert broken_promises(VERSION_0_1_0, openapi.document()) == []


def document() -> dict[str, Any]:
    """A small document: a slice is sent by its name, and answered with its state and mask."""
    return {
        "paths": {
            "/slices/{name}": {
                "post": {
                    "parameters": [
                        {"in": "path", "name": "name", "required": True, "schema": {"type": "string"}},
                        {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 500, "default": 100}},
                    ],
                    "requestBody": {"required": True, "content": {"application/json": {"schema": ref("Sent")}}},
                    "responses": {
                        "200": {"content": {"application/json": {"schema": ref("Slice")}}},
                        "404": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                    },
                }
            }
        },
        "components": {
            "schemas": {
                "Sent": {
                    "type": "object",
                    "properties": {"kind": {"type": "string", "enum": ["clear", "undo"]}, "score": {"type": "number"}},
                    "required": ["kind"],
                },
                "Slice": {
                    "type": "object",
                    "properties": {
                        "state": {"type": "string", "enum": ["pending", "edited"]},
                        "mask": {"anyOf": [ref("Mask"), {"type": "null"}]},
                    },
                    "required": ["state", "mask"],
                },
                "Mask": {
                    "type": "object",
                    "properties": {"counts": {"type": "array", "items": {"type": "integer"}}},
                    "required": ["counts"],
                },
            }
        },
    }


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def schema(changed: dict, name: str) -> dict:
    return changed["components"]["schemas"][name]


def properties(changed: dict, name: str) -> dict:
    return schema(changed, name)["properties"]


def operation(changed: dict) -> dict:
    return changed["paths"]["/slices/{name}"]["post"]


def rename_a_component(changed: dict) -> None:
    schemas = changed["components"]["schemas"]
    schemas["RunLengths"] = schemas.pop("Mask")
    properties(changed, "Slice")["mask"]["anyOf"][0] = ref("RunLengths")


def add_here_and_there(changed: dict) -> None:
    changed["paths"]["/masks"] = {"get": {"responses": {}}}
    operation(changed)["parameters"].append({"in": "query", "name": "cursor", "schema": {"type": "string"}})
    operation(changed)["responses"]["409"] = {}
    properties(changed, "Sent")["structure"] = {"type": "string"}
    properties(changed, "Sent")["kind"]["enum"].append("redo")
    properties(changed, "Slice")["score"] = {"type": "number"}
    properties(changed, "Slice")["state"]["enum"].append("failed")


def accept_null(changed: dict) -> None:
    properties(changed, "Sent")["score"] = {"anyOf": [{"type": "number"}, {"type": "null"}]}


def one_type_a_kind(changed: dict) -> None:
    sent = schema(changed, "Sent")
    clear, undo = ({**sent, "properties": {"kind": {"type": "string", "const": kind}}} for kind in ("clear", "undo"))
    clear["properties"]["score"] = {"type": "number"}
    changed["components"]["schemas"]["Sent"] = {"oneOf": [clear, undo]}


@pytest.mark.parametrize("change", [rename_a_component, add_here_and_there, accept_null, one_type_a_kind])
def test_more_is_no_breach(change: Callable[[dict], None]) -> None:
    changed = document()
    change(changed)
    assert broken_promises(document(), changed) == []


BREACHES: dict[str, Callable[[dict], Any]] = {
    "is gone": lambda d: d["paths"]["/slices/{name}"].pop("post"),
    "lost the query parameter limit": lambda d: operation(d)["parameters"].pop(),
    "lost the path parameter name": lambda d: operation(d)["parameters"][0].update({"in": "query"}),
    "requires the query parameter limit": lambda d: operation(d)["parameters"][1].update(required=True),
    "limit has a lower maximum": lambda d: operation(d)["parameters"][1]["schema"].update(maximum=100),
    "limit has not the default 100 any more": lambda d: operation(d)["parameters"][1]["schema"].update(default=10),
    "lost the answer 404": lambda d: operation(d)["responses"].pop("404"),
    "lost the media type": lambda d: operation(d)["responses"]["404"]["content"].clear(),
    "200 lost state": lambda d: properties(d, "Slice").pop("state"),
    "200 mask lost counts": lambda d: properties(d, "Mask").pop("counts"),
    "200 may lack mask": lambda d: schema(d, "Slice")["required"].remove("mask"),
    "200 state lost the value edited": lambda d: properties(d, "Slice")["state"]["enum"].pop(),
    "200 state can be null": lambda d: properties(d, "Slice").update(
        state={"anyOf": [properties(d, "Slice")["state"], {"type": "null"}]}
    ),
    "200 mask counts items is no integer any more": lambda d: properties(d, "Mask")["counts"].update(
        items={"type": "string"}
    ),
    "body requires score": lambda d: schema(d, "Sent")["required"].append("score"),
    "body lost score": lambda d: properties(d, "Sent").pop("score"),
    "body refuses unknown fields": lambda d: schema(d, "Sent").update(additionalProperties=False),
    "body kind lost the value undo": lambda d: properties(d, "Sent")["kind"]["enum"].pop(),
    "body score is no number any more": lambda d: properties(d, "Sent")["score"].update(type="string"),
}


@pytest.mark.parametrize("said", BREACHES)
def test_a_breach_is_found(said: str) -> None:
    changed = document()
    BREACHES[said](changed)
    assert any(said in breach for breach in broken_promises(document(), changed))

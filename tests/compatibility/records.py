"""Services of a small invented house, as records: what they tell, rely on and answer."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import yaml

from compatibility.contracts import Contract, Message, Schema
from compatibility.record import Record

ORDER_PLACED: Schema = {
    "type": "object",
    "properties": {
        "order_id": {"type": "string", "pattern": "^ord_[0-9]{4}$"},
        "placed_at": {"type": "string", "format": "date-time"},
        "channel": {"type": "string", "enum": ["shop", "phone"]},
        "note": {"type": ["string", "null"]},
        "voucher": {"type": "string"},
        "pieces": {"type": "integer", "minimum": 1, "maximum": 99},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"sku": {"type": "string"}, "price": {"type": "string", "pattern": r"^\d+\.\d{2}$"}},
                "required": ["sku", "price"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["order_id", "placed_at", "channel", "note", "pieces", "lines"],
    "additionalProperties": False,
}
RELIANCE: Schema = {
    "type": "object",
    "properties": {
        "order_id": {"type": "string", "pattern": "^ord_[0-9]{4}$"},
        "placed_at": {"type": "string", "format": "date-time"},
        "channel": {"type": "string", "enum": ["shop", "phone"]},
        "voucher": {"type": "string"},
        "pieces": {"type": "integer", "minimum": 1, "maximum": 1000},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"price": {"type": "string", "pattern": r"^\d+(\.\d+)?$"}},
                "required": ["price"],
            },
        },
    },
    "required": ["order_id", "placed_at", "channel", "pieces", "lines"],
}
ORDER = "OrderPlaced"


def shop(*schemas: Schema, api: Any = None) -> Record:
    """Tells an order in each of the given versions, or in the one above."""
    told = {}
    for version, schema in enumerate(schemas or (ORDER_PLACED,), 1):
        message = Message(ORDER, version)
        told[message] = Contract("shop", message, schema)
    return Record("shop", told, {}, yaml.safe_dump(api or {}).encode())


def warehouse(*relied: Schema, since: str = "2026-11-24T10:00:00Z") -> Record:
    """Relies on an order in each of the given versions, or in the one above."""
    read = {Message(ORDER, version): schema for version, schema in enumerate(relied or (RELIANCE,), 1)}
    return Record("warehouse", {}, read, b"", since)


def changed(schema: Schema, **properties: Any) -> Schema:
    """A schema with other properties; None takes one away."""
    copy = deepcopy(schema)
    for name, part in properties.items():
        copy["properties"].pop(name, None)
        if part is not None:
            copy["properties"][name] = part
        elif name in copy["required"]:
            copy["required"].remove(name)
    return copy


def optional(schema: Schema, *names: str) -> Schema:
    return {**schema, "required": [name for name in schema["required"] if name not in names]}

"""AWS in a few dictionaries: what the services call of DynamoDB, SNS and SQS, without a wire.

A hundred runs need some ten thousand calls. On moto each takes 5 to 25 ms, most of it for requests, their parsing and a
copy of all tables in each transaction; here about 0.05 ms. What the services do not use is not there: an expression
that is not understood raises. ``test_memory.py`` holds it against moto.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, Any]
Key = tuple[str, str]


@dataclass(eq=False)
class Tables:
    """DynamoDB's client; items lie in their wire format and are never changed in place."""

    tables: dict[str, dict[Key, Item]] = field(default_factory=dict)
    _tokens: set[str] = field(default_factory=set)

    def snapshot(self) -> dict[str, dict[Key, Item]]:
        """All tables as they are now, to be put back by ``restore``."""
        return {name: copy(items) for name, items in self.tables.items()}

    def restore(self, snapshot: Mapping[str, dict[Key, Item]]) -> None:
        self.tables = {name: copy(items) for name, items in snapshot.items()}

    def get_item(self, *, TableName: str, Key: Item, **_: Any) -> Item:
        found = self.tables[TableName].get(_key(Key))
        return {} if found is None else {"Item": found}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Item:
        found = {
            name: [self.tables[name][_key(key)] for key in wanted["Keys"] if _key(key) in self.tables[name]]
            for name, wanted in RequestItems.items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def batch_write_item(self, *, RequestItems: Mapping[str, Any]) -> Item:
        for name, requests in RequestItems.items():
            for request in requests:
                if "PutRequest" in request:
                    item = request["PutRequest"]["Item"]
                    self.tables[name][_key(item)] = item
                else:
                    self.tables[name].pop(_key(request["DeleteRequest"]["Key"]), None)
        return {"UnprocessedItems": {}}

    def query(self, *, TableName: str, KeyConditionExpression: str, **request: Any) -> Item:
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
        pk, sk = (f"{request.get('IndexName', '')}{part}" for part in ("pk", "sk"))
        matches = _condition(KeyConditionExpression, names, values)
        found = [item for item in self.tables[TableName].values() if pk in item and matches(item)]
        found.sort(key=lambda item: (item[sk]["S"], _key(item)), reverse=not request["ScanIndexForward"])
        if start := request.get("ExclusiveStartKey"):
            place = next((at for at, item in enumerate(found) if _key(item) == _key(start)), None)
            found = found if place is None else found[place + 1 :]
        page = found[: request.get("Limit")]
        last = {name: page[-1][name] for name in {"pk", "sk", pk, sk}} if len(page) < len(found) else None
        return {"Items": page} | ({"LastEvaluatedKey": last} if last else {})

    def transact_write_items(self, *, TransactItems: list[Any], ClientRequestToken: str) -> Item:
        if ClientRequestToken in self._tokens:
            return {}
        writes = [next(iter(item.items())) for item in TransactItems]
        reasons = [self._refusal(action, write) for action, write in writes]
        if any(reason["Code"] != "None" for reason in reasons):
            error = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise ClientError(error, "TransactWriteItems")  # type: ignore[arg-type]
        keys = [(write["TableName"], _key(write.get("Item") or write["Key"])) for _, write in writes]
        assert len(set(keys)) == len(keys) <= 100, "DynamoDB refuses two writes of one item, and more than a hundred"
        for (action, write), (name, key) in zip(writes, keys, strict=True):
            self._write(action, write, self.tables[name], key)
        self._tokens.add(ClientRequestToken)
        return {}

    def _refusal(self, action: str, write: Item) -> Item:
        if "ConditionExpression" not in write:
            return {"Code": "None"}
        there = self.tables[write["TableName"]].get(_key(write.get("Item") or write["Key"]))
        names, values = write.get("ExpressionAttributeNames", {}), write.get("ExpressionAttributeValues", {})
        if _condition(write["ConditionExpression"], names, values)(there or {}):
            return {"Code": "None"}
        return {"Code": "ConditionalCheckFailed"} | ({"Item": there} if there else {})

    def _write(self, action: str, write: Item, table: dict[Key, Item], key: Key) -> None:
        if action == "Put":
            table[key] = write["Item"]
        elif action == "Delete":
            table.pop(key, None)
        elif action == "Update":
            table[key] = _updated(table.get(key, write["Key"]), write)


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _condition(text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Callable[[Item], bool]:
    """What an expression demands of an item: comparisons joined by AND and OR, and parentheses."""
    tokens = re.findall(r"[#:]?\w+|[()=<,]|\S", text)
    left = _Expression(tokens, names, values)
    found = left.either()
    assert not left.tokens, f"not understood: {text}"
    return found


@dataclass
class _Expression:
    tokens: list[str]
    names: Mapping[str, str]
    values: Mapping[str, Any]

    def either(self) -> Callable[[Item], bool]:
        parts = [self._both()]
        while self._took("OR"):
            parts.append(self._both())
        return lambda item: any(part(item) for part in parts)

    def _both(self) -> Callable[[Item], bool]:
        parts = [self._one()]
        while self._took("AND"):
            parts.append(self._one())
        return lambda item: all(part(item) for part in parts)

    def _one(self) -> Callable[[Item], bool]:
        if self._took("("):
            inner = self.either()
            self._demand(")")
            return inner
        first = self.tokens.pop(0)
        if first in ("attribute_exists", "attribute_not_exists", "begins_with"):
            return self._call(first)
        name, operator = self._name(first), self.tokens.pop(0)
        if operator == "BETWEEN":
            least = self._value()
            self._demand("AND")
            most = self._value()
            return lambda item: name in item and least <= _plain(item[name]) <= most
        value = self._value()
        if operator == "=":
            return lambda item: name in item and _plain(item[name]) == value
        assert operator == "<", f"not understood: {operator}"
        return lambda item: name in item and _plain(item[name]) < value

    def _call(self, function: str) -> Callable[[Item], bool]:
        self._demand("(")
        name = self._name(self.tokens.pop(0))
        if function == "begins_with":
            self._demand(",")
            prefix = self._value()
            self._demand(")")
            return lambda item: name in item and _plain(item[name]).startswith(prefix)
        self._demand(")")
        return lambda item: (name in item) is (function == "attribute_exists")

    def _name(self, token: str) -> str:
        return self.names[token] if token.startswith("#") else token

    def _value(self) -> Any:
        return _plain(self.values[self.tokens.pop(0)])

    def _took(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            self.tokens.pop(0)
            return True
        return False

    def _demand(self, token: str) -> None:
        assert self._took(token), f"{token} expected before {self.tokens}"


def _plain(value: Item) -> Any:
    ((kind, inner),) = value.items()
    return Decimal(inner) if kind == "N" else inner


def _updated(item: Item, write: Item) -> Item:
    """SET with plain values, ADD of numbers, REMOVE."""
    names, values = write.get("ExpressionAttributeNames", {}), write.get("ExpressionAttributeValues", {})
    changed = dict(item)
    for clause, parts in re.findall(r"(SET|ADD|REMOVE) (.+?)(?= (?:SET|ADD|REMOVE) |$)", write["UpdateExpression"]):
        for part in parts.split(","):
            if clause == "REMOVE":
                changed.pop(names.get(part.strip(), part.strip()), None)
                continue
            token, value = re.fullmatch(r"(#?\w+)(?: =)? (:\w+)", part.strip()).groups()  # type: ignore[union-attr]
            name = names.get(token, token)
            if clause == "ADD":
                before = Decimal(changed.get(name, {"N": "0"})["N"])
                changed[name] = {"N": f"{before + Decimal(values[value]['N']):f}"}
            else:
                changed[name] = values[value]
    return changed

"""DynamoDB in a few dictionaries: what the services call of it, without a wire.

A call of moto takes 5 to 30 ms, most of it for parsing, for writing its answer by a model, and for a copy of the whole
table in each transaction; here about 0.05 ms. What the services do not use is not there: an operation, parameter or
expression that is not understood raises. ``tests/layer/test_tables.py`` holds it against moto.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from backoffice_testing.expressions import Condition, Item, NotUnderstood, check_words, condition, updated
from backoffice_testing.limits import Key, demand, demand_different, invalid, key_of, page_of, refusal, storable

_Expressions = tuple[dict[str, str], dict[str, Any]]

_MOST_IN_A_TRANSACTION, _MOST_READ, _MOST_IN_A_BATCH = 100, 100, 25
_EXPRESSIONS = ("KeyConditionExpression", "FilterExpression", "ConditionExpression", "UpdateExpression")


@dataclass(eq=False)
class Tables:
    """DynamoDB's client; items lie in their wire format and are never changed in place."""

    tables: dict[str, dict[Key, Item]] = field(default_factory=dict)
    _tokens: dict[str, Any] = field(default_factory=dict)

    def snapshot(self) -> dict[str, dict[Key, Item]]:
        """All tables as they are now, to be put back by ``restore``."""
        return {name: copy(items) for name, items in self.tables.items()}

    def restore(self, snapshot: Mapping[str, dict[Key, Item]]) -> None:
        self.tables = {name: copy(items) for name, items in snapshot.items()}

    def create_table(self, *, TableName: str, **_: Any) -> Item:
        """A table of the services' one shape: ``pk`` and ``sk``, and as many indexes ``gsi<n>`` as are asked for."""
        if TableName in self.tables:
            raise refusal("CreateTable", "ResourceInUseException", TableName)
        self.tables[TableName] = {}
        return {"TableDescription": {"TableName": TableName, "TableStatus": "ACTIVE"}}

    def delete_table(self, *, TableName: str) -> Item:
        self._table(TableName)
        del self.tables[TableName]
        return {"TableDescription": {"TableName": TableName, "TableStatus": "DELETING"}}

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> Item:
        found = self._table(TableName).get(key_of(Key))
        return {} if found is None else {"Item": found}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Item:
        responses = {}
        for name, wanted in RequestItems.items():
            keys = [key_of(key) for key in wanted["Keys"]]
            demand_different(keys, _MOST_READ)
            responses[name] = [item for key in keys if (item := self._table(name).get(key)) is not None]
        return {"Responses": responses, "UnprocessedKeys": {}}

    def transact_get_items(self, *, TransactItems: list[Any]) -> Item:
        demand(len(TransactItems) <= _MOST_READ, f"{len(TransactItems)} items in a transaction")
        return {"Responses": [self.get_item(**one["Get"]) for one in TransactItems]}

    def batch_write_item(self, *, RequestItems: Mapping[str, Any]) -> Item:
        for name, requests in RequestItems.items():
            writes = [next(iter(request.items())) for request in requests]
            keys = [key_of(write.get("Item") or write["Key"]) for _, write in writes]
            demand_different(keys, _MOST_IN_A_BATCH)
            self._store(
                (name, key, action.removesuffix("Request"), write)
                for (action, write), key in zip(writes, keys, strict=True)
            )
        return {"UnprocessedItems": {}}

    def put_item(self, **write: Any) -> Item:
        return self._write_one("Put", write)

    def update_item(self, **write: Any) -> Item:
        return self._write_one("Update", write)

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        IndexName: str = "",
        ScanIndexForward: bool = True,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
        ConsistentRead: bool = False,
        **expressions: Any,
    ) -> Item:
        names, values = _words({"KeyConditionExpression": KeyConditionExpression, **expressions})
        pk, sk = f"{IndexName}pk", f"{IndexName}sk"
        matches = _understood(KeyConditionExpression, names, values)
        demand(not (IndexName and ConsistentRead), "Consistent reads are not supported on global secondary indexes")
        found = [item for item in self._table(TableName).values() if pk in item and sk in item and matches(item)]
        found.sort(key=lambda item: _place(item, sk), reverse=not ScanIndexForward)
        if ExclusiveStartKey is not None:
            demand(ExclusiveStartKey.keys() == {"pk", "sk", pk, sk}, "The provided starting key is invalid")
            outside = "The provided starting key is outside query boundaries based on provided conditions"
            demand(matches(ExclusiveStartKey), outside)
            start = _place(ExclusiveStartKey, sk)
            found = [one for one in found if (start < _place(one, sk)) is ScanIndexForward and _place(one, sk) != start]
        page, last = page_of(found, Limit)
        return _answer(page, last and {name: last[name] for name in ("pk", "sk", pk, sk)})

    def scan(
        self,
        *,
        TableName: str,
        FilterExpression: str = "",
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
        ConsistentRead: bool = False,
        **expressions: Any,
    ) -> Item:
        names, values = _words({"FilterExpression": FilterExpression, **expressions})
        items = [item for _, item in sorted(self._table(TableName).items())]
        if ExclusiveStartKey is not None:
            items = [item for item in items if key_of(item) > key_of(ExclusiveStartKey)]
        page, last = page_of(items, Limit)
        if FilterExpression:
            page = list(filter(_understood(FilterExpression, names, values), page))
        return _answer(page, last and {name: last[name] for name in ("pk", "sk")})

    def transact_write_items(self, *, TransactItems: list[Any], ClientRequestToken: str) -> Item:
        if ClientRequestToken in self._tokens:
            same = self._tokens[ClientRequestToken] == TransactItems
            if not same:
                raise refusal("TransactWriteItems", "IdempotentParameterMismatchException", ClientRequestToken)
            return {}
        writes = [next(iter(item.items())) for item in TransactItems]
        keys = [(write["TableName"], key_of(write.get("Item") or write["Key"])) for _, write in writes]
        demand_different(keys, _MOST_IN_A_TRANSACTION)
        reasons = [self._reason(write, key) for (_, write), (_, key) in zip(writes, keys, strict=True)]
        if any(reason["Code"] != "None" for reason in reasons):
            codes = ", ".join(reason["Code"] for reason in reasons)
            message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
            error = {"Code": "TransactionCanceledException", "Message": message}
            raise ClientError({"Error": error, "CancellationReasons": reasons}, "TransactWriteItems")
        self._store((*key, *write) for key, write in zip(keys, writes, strict=True))
        self._tokens[ClientRequestToken] = TransactItems
        return {}

    def _write_one(self, action: str, write: Item) -> Item:
        key = key_of(write.get("Item") or write["Key"])
        if self._reason(write, key)["Code"] != "None":
            raise refusal(f"{action}Item", "ConditionalCheckFailedException", "The conditional request failed")
        self._store([(write["TableName"], key, action, write)])
        return {}

    def _store(self, writes: Iterable[tuple[str, Key, str, Item]]) -> None:
        """All of them, or none if one of them cannot be written."""
        results = [
            (table := self._table(name), key, _result(action, write, table.get(key)))
            for name, key, action, write in writes
        ]
        for table, key, item in results:
            if item is None:
                table.pop(key, None)
            else:
                table[key] = item

    def _reason(self, write: Item, key: Key) -> Item:
        names, values = _words(write)
        there = self._table(write["TableName"]).get(key)
        if "ConditionExpression" not in write or _understood(write["ConditionExpression"], names, values)(there or {}):
            return {"Code": "None"}
        told = there and write.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        reason = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
        return reason | ({"Item": there} if told else {})

    def _table(self, name: str) -> dict[Key, Item]:
        if name not in self.tables:
            raise refusal("DynamoDB", "ResourceNotFoundException", f"Requested resource not found: Table: {name}")
        return self.tables[name]


def _result(action: str, write: Item, there: Item | None) -> Item | None:
    """The item that a write leaves, None if it leaves none."""
    if action == "Put":
        return storable(write["Item"])
    if action == "Update":
        names, values = _words(write)
        with _refusing(write["UpdateExpression"]):
            return storable(updated(there or write["Key"], write["UpdateExpression"], names, values))
    demand(action in ("Delete", "ConditionCheck"), action)
    return there if action == "ConditionCheck" else None


def _place(item: Item, sk: str) -> tuple[str, Key]:
    return item[sk]["S"], key_of(item)


def _words(request: Item) -> _Expressions:
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    texts = [request[name] for name in _EXPRESSIONS if request.get(name)]
    with _refusing(", ".join(texts)):
        check_words(texts, names, values)
    return names, values


def _understood(text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Condition:
    with _refusing(text):
        return condition(text, names, values)


@contextmanager
def _refusing(text: str) -> Iterator[None]:
    try:
        yield
    except NotUnderstood as fault:
        raise invalid(f"{text}: {fault}") from None


def _answer(page: list[Item], last: Item | None) -> Item:
    return {"Items": page, "Count": len(page)} | ({"LastEvaluatedKey": last} if last else {})

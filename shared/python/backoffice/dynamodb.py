"""One context's DynamoDB table: reads, and writes that are one transaction with their events.

Items are plain dicts of str, int, Decimal, bool, list and dict; ``None`` members are left out. Numbers come back as
Decimal. Only a context's ``store`` module uses this; it alone knows keys.
"""

import os
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

from backoffice.domain import Aggregate
from backoffice.messages import outbox

if TYPE_CHECKING:
    from backoffice.http.idempotency import Receipt

Item = dict[str, Any]

# Connecting hangs at most a second and a call four: a function must be able to try again within its own time-out.
CONFIG = Config(connect_timeout=1, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 3})

_INBOX_MARKS_KEPT = timedelta(days=30)
_ATTEMPTS = 6
_TRANSIENT = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class Conflict(Exception):
    """Conditions of a transaction did not hold; nothing was written.

    ``items`` maps the name of each failed condition to the item that stood in its way, or None where there was none.
    """

    def __init__(self, items: dict[str, Item | None]) -> None:
        super().__init__(", ".join(items))
        self.items = items

    def __contains__(self, name: str) -> bool:
        return name in self.items


class StaleVersion(Conflict):
    """The aggregate was changed (or removed) by somebody else since it was read."""


class AlreadySeen(Conflict):
    """The inbox has taken this event before."""


class Remembered(Conflict):
    """The idempotency key has been used before; ``item`` is what was kept with it."""

    @property
    def item(self) -> Item:
        return self.items[_REMEMBERED] or {}


class BadStart(Exception):
    """A query was to start at a key that is none of its partition's."""


class Contended(Exception):
    """Others kept writing the same items through all attempts; nothing was written."""


@dataclass(frozen=True)
class Page:
    """Items of one query call; ``last_key`` is where the next one starts, None at the end."""

    items: list[Item]
    last_key: dict[str, str] | None


@dataclass(frozen=True)
class Table:
    """A context's table. Every method but ``transaction`` is one call to DynamoDB."""

    name: str
    client: Any

    @classmethod
    def from_env(cls) -> "Table":
        """The table named by the function's ``TABLE_NAME``."""
        return cls(os.environ["TABLE_NAME"], client("dynamodb"))

    def get(self, pk: str, sk: str, *, consistent: bool = True) -> Item | None:
        """Read one item."""
        answer = self.client.get_item(
            TableName=self.name, Key=to_dynamodb({"pk": pk, "sk": sk}), ConsistentRead=consistent
        )
        return from_dynamodb(answer["Item"]) if "Item" in answer else None

    def get_all(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Item]:
        """Read up to a hundred items consistently, by key: one call, more only if DynamoDB holds some back."""
        wanted = [to_dynamodb({"pk": pk, "sk": sk}) for pk, sk in dict.fromkeys(keys)]
        found: list[Item] = []
        for attempt in range(_ATTEMPTS):
            if not wanted:
                break
            answer = self.client.batch_get_item(RequestItems={self.name: {"Keys": wanted, "ConsistentRead": True}})
            found += [from_dynamodb(item) for item in answer["Responses"].get(self.name, [])]
            wanted = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if wanted:
                _wait(attempt)
        if wanted:
            raise Contended(f"{len(wanted)} items were not read")
        return {(item["pk"], item["sk"]): item for item in found}

    def query(
        self,
        pk: str,
        *,
        sk_prefix: str | None = None,
        sk_between: tuple[str, str] | None = None,
        index: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
        start: Mapping[str, str] | None = None,
    ) -> Page:
        """Read one page (1 MB at most) of a partition of the table (consistently) or of an index ``gsi1``..``4``.

        Raises:
            BadStart: ``start`` is no key of that partition.
        """
        names = {"#pk": f"{index}pk" if index else "pk"}
        values: Item = {":pk": pk}
        condition = "#pk = :pk"
        if sk_prefix is not None:
            condition += " AND begins_with(#sk, :prefix)"
            values[":prefix"] = sk_prefix
        elif sk_between is not None:
            condition += " AND #sk BETWEEN :first AND :last"
            values[":first"], values[":last"] = sk_between
        if len(values) > 1:
            names["#sk"] = f"{index}sk" if index else "sk"
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_dynamodb(values),
            "ScanIndexForward": not newest_first,
        }
        if index:
            request["IndexName"] = index
        else:
            request["ConsistentRead"] = True
        if limit is not None:
            request["Limit"] = limit
        if start is not None:
            request["ExclusiveStartKey"] = to_dynamodb(start)
        answer = self._query(request)
        last = answer.get("LastEvaluatedKey")
        return Page([from_dynamodb(item) for item in answer["Items"]], from_dynamodb(last) if last else None)

    def _query(self, request: dict[str, Any]) -> Any:
        try:
            return self.client.query(**request)
        except ClientError as error:
            if "ExclusiveStartKey" in request and error.response["Error"]["Code"] == "ValidationException":
                raise BadStart(str(error)) from error
            raise

    def query_all(self, pk: str, **how: Any) -> Iterator[Item]:
        """Read a whole partition, page by page; for partitions whose size the domain bounds."""
        start = None
        while True:
            page = self.query(pk, start=start, **how)
            yield from page.items
            if page.last_key is None:
                return
            start = page.last_key

    def transaction(self) -> "Transaction":
        """Begin to collect writes that succeed or fail together."""
        return Transaction(self)

    def delete_all(self, keys: Iterable[tuple[str, str]]) -> None:
        """Delete items, 25 a call, until DynamoDB has taken them all. Raises Contended if it keeps refusing."""
        requests = [{"DeleteRequest": {"Key": to_dynamodb({"pk": pk, "sk": sk})}} for pk, sk in keys]
        for attempt in range(_ATTEMPTS + len(requests) // 25):
            if not requests:
                return
            answer = self.client.batch_write_item(RequestItems={self.name: requests[:25]})
            refused = answer.get("UnprocessedItems", {}).get(self.name, [])
            requests = refused + requests[25:]
            if refused:
                _wait(attempt)
        if requests:
            raise Contended(f"{len(requests)} deletions were not taken")


_STALE = "stale"
_SEEN = "seen"
_REMEMBERED = "remembered"
_SPECIAL = {_REMEMBERED: Remembered, _SEEN: AlreadySeen, _STALE: StaleVersion}


@dataclass
class Transaction:
    """Writes of one TransactWriteItems call (100 items at most), each with a name for when its condition fails.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """

    table: Table
    _writes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def put(self, item: Item) -> None:
        """Write an item, whatever was there."""
        self._write("put", {"Put": {"Item": to_dynamodb(item)}})

    def add(self, item: Item, conflict: str = "exists") -> None:
        """Write an item that must not exist yet."""
        condition = {"ConditionExpression": "attribute_not_exists(pk)"}
        self._write(conflict, {"Put": {"Item": to_dynamodb(item), **condition}})

    def replace(self, item: Item, *, version: int, conflict: str = _STALE) -> None:
        """Write an item over its stored ``version``; 0 stands for "not there yet"."""
        if version == 0:
            self.add(item, conflict)
            return
        self._write(conflict, {"Put": {"Item": to_dynamodb(item), **_at_version(version)}})

    def delete(self, pk: str, sk: str, *, version: int | None = None, conflict: str = _STALE) -> None:
        """Delete an item, at a stored ``version`` if given."""
        condition = {} if version is None else _at_version(version)
        self._write(conflict, {"Delete": {"Key": to_dynamodb({"pk": pk, "sk": sk}), **condition}})

    def check(
        self,
        pk: str,
        sk: str,
        *,
        conflict: str,
        condition: str = "attribute_exists(pk)",
        values: Item | None = None,
        names: dict[str, str] | None = None,
    ) -> None:
        """Demand a condition of an item that is not written."""
        expression = _expression(condition, values, names)
        self._write(conflict, {"ConditionCheck": {"Key": to_dynamodb({"pk": pk, "sk": sk}), **expression}})

    def update(
        self,
        pk: str,
        sk: str,
        expression: str,
        *,
        values: Item,
        names: dict[str, str] | None = None,
        condition: str | None = None,
        conflict: str = "update",
    ) -> None:
        """Change attributes in place by an update expression."""
        write = {"Key": to_dynamodb({"pk": pk, "sk": sk}), "UpdateExpression": expression}
        self._write(conflict, {"Update": {**write, **_expression(condition, values, names)}})

    def emit(self, aggregate: Aggregate) -> None:
        """Put the aggregate's facts into the outbox, as events of the version that this transaction writes."""
        for item in outbox.items(aggregate):
            self.put(item)

    def once(self, event_id: str) -> None:
        """Mark an incoming event as taken; ``commit`` raises AlreadySeen for its duplicates."""
        key = {"pk": f"INBOX#{event_id}", "sk": "INBOX"}
        self.add({**key, "expires_at": _in_epoch(_INBOX_MARKS_KEPT)}, _SEEN)

    def remember(self, receipt: "Receipt | None") -> None:
        """Keep an answer under its idempotency key, if there is one; ``commit`` raises Remembered if it is taken.

        TTL deletes late (days), so an expired receipt counts as gone.
        """
        if receipt is None:
            return
        condition = _expression("attribute_not_exists(pk) OR expires_at < :now", {":now": int(time.time())}, None)
        self._write(_REMEMBERED, {"Put": {"Item": to_dynamodb(receipt.item()), **condition}})

    def commit(self) -> None:
        """Write everything, or nothing.

        All attempts, botocore's and ours, send one ClientRequestToken: DynamoDB answers a token that it has written
        for without writing again, so an attempt that got no answer is safe to repeat.

        Raises:
            Remembered, AlreadySeen, StaleVersion, Conflict: a condition did not hold (in this order of precedence).
            Contended: other transactions kept hold of the items through all attempts.
        """
        request = {"TransactItems": [write for _, write in self._writes], "ClientRequestToken": str(uuid4())}
        for attempt in range(_ATTEMPTS):
            try:
                self.table.client.transact_write_items(**request)
            except ClientError as error:
                reasons = _cancellation_reasons(error)
                self._raise_conflict(reasons)
                if not any(reason.get("Code") in _TRANSIENT for reason in reasons):
                    raise
            else:
                return
            _wait(attempt)
        raise Contended("the items are being written by others")

    def _write(self, conflict: str, write: dict[str, Any]) -> None:
        (action,) = write.values()
        action["TableName"] = self.table.name
        if "ConditionExpression" in action:
            action["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        self._writes.append((conflict, write))

    def _raise_conflict(self, reasons: list[dict[str, Any]]) -> None:
        failed = {
            conflict: from_dynamodb(reason["Item"]) if reason.get("Item") else None
            for (conflict, _), reason in zip(self._writes, reasons, strict=False)
            if reason.get("Code") == "ConditionalCheckFailed"
        }
        for name, kind in _SPECIAL.items():
            if name in failed:
                raise kind(failed)
        if failed:
            raise Conflict(failed)


@lru_cache(maxsize=8)
def client(service: str) -> Any:
    """The process's client of an AWS service, made once: making one costs tens of milliseconds."""
    return boto3.client(service, config=CONFIG)


def to_dynamodb(item: Mapping[str, Any]) -> dict[str, Any]:
    """Plain dict to DynamoDB JSON. Raises TypeError for floats."""
    return {name: _serialize(_without_none(value)) for name, value in item.items() if value is not None}


def from_dynamodb(item: Mapping[str, Any]) -> Item:
    """DynamoDB JSON to plain dict; numbers are Decimal."""
    return {name: _deserialize(value) for name, value in item.items()}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_without_none(inner) for inner in value]
    return value


def _expression(condition: str | None, values: Item | None, names: dict[str, str] | None) -> dict[str, Any]:
    expression: dict[str, Any] = {}
    if condition:
        expression["ConditionExpression"] = condition
    if values:
        expression["ExpressionAttributeValues"] = to_dynamodb(values)
    if names:
        expression["ExpressionAttributeNames"] = names
    return expression


def _at_version(version: int) -> dict[str, Any]:
    return _expression("#version = :version", {":version": version}, {"#version": "version"})


def _cancellation_reasons(error: ClientError) -> list[dict[str, Any]]:
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        return list(error.response.get("CancellationReasons", []))
    if code == "TransactionInProgressException":
        return [{"Code": "TransactionConflict"}]
    return []


def _wait(attempt: int) -> None:
    """Exponential back-off with full jitter.

    Source: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """
    time.sleep(random.uniform(0, min(0.8, 0.025 * 2**attempt)))


def _in_epoch(delay: timedelta) -> int:
    return int((datetime.now(UTC) + delay).timestamp())

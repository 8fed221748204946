"""Writes that succeed or fail together: state, its events, the inbox mark, the idempotency key."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from backoffice.domain import Aggregate
from backoffice.dynamodb import ATTEMPTS, Item, Table, back_off, from_dynamodb, to_dynamodb
from backoffice.errors import REMEMBERED, SEEN, STALE, AlreadySeen, Conflict, Contended, Remembered, StaleVersion
from backoffice.messages import outbox

if TYPE_CHECKING:
    # The HTTP kit is not loaded where nobody speaks HTTP.
    from backoffice.http.idempotency import Receipt

_INBOX_MARKS_KEPT = timedelta(days=30)
_TRANSIENT = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_SPECIAL = {REMEMBERED: Remembered, SEEN: AlreadySeen, STALE: StaleVersion}


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

    def replace(self, item: Item, *, version: int, conflict: str = STALE) -> None:
        """Write an item over its stored ``version``; 0 stands for "not there yet"."""
        if version == 0:
            self.add(item, conflict)
            return
        self._write(conflict, {"Put": {"Item": to_dynamodb(item), **_at_version(version)}})

    def delete(self, pk: str, sk: str, *, version: int | None = None, conflict: str = STALE) -> None:
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

    def once(self, event_id: str | None) -> None:
        """Mark an incoming event as taken, if there is one; ``commit`` raises AlreadySeen for its duplicates."""
        if event_id is None:
            return
        key = {"pk": f"INBOX#{event_id}", "sk": "INBOX"}
        self.add({**key, "expires_at": _in_epoch(_INBOX_MARKS_KEPT)}, SEEN)

    def remember(self, receipt: "Receipt | None", about: str | None = None) -> None:
        """Keep an answer under its idempotency key, if there is one; ``commit`` raises Remembered if it is taken.

        ``about`` is the id of the person whom the answer tells of: by it ``forget_receipts`` finds it. TTL deletes late
        (days), so an expired receipt counts as gone.
        """
        if receipt is None:
            return
        item = receipt.item()
        if about:
            item |= {"gsi1pk": _receipts_about(about), "gsi1sk": item["pk"]}
        condition = _expression("attribute_not_exists(pk) OR expires_at < :now", {":now": int(time.time())}, None)
        self._write(REMEMBERED, {"Put": {"Item": to_dynamodb(item), **condition}})

    @property
    def size(self) -> int:
        """How many items it writes or checks so far."""
        return len(self._writes)

    def commit(self, attempts: int = ATTEMPTS) -> None:
        """Write everything, or nothing.

        All attempts, botocore's and ours, send one ClientRequestToken: DynamoDB answers a token that it has written
        for without writing again, so an attempt that got no answer is safe to repeat.

        Raises:
            Remembered, AlreadySeen, StaleVersion, Conflict: a condition did not hold (in this order of precedence).
            Contended: other transactions kept hold of the items through all attempts.
        """
        request = {"TransactItems": [write for _, write in self._writes], "ClientRequestToken": str(uuid4())}
        in_use: list[tuple[str, str]] = []
        for attempt in range(attempts):
            if attempt:
                back_off(attempt - 1)
            try:
                self.table.client.transact_write_items(**request)
            except ClientError as error:
                reasons = _cancellation_reasons(error)
                self._raise_conflict(reasons)
                if not any(reason.get("Code") in _TRANSIENT for reason in reasons):
                    raise
                in_use = self._in_use(reasons)
            else:
                return
        raise Contended("the items are being written by others", in_use)

    def _write(self, conflict: str, write: dict[str, Any]) -> None:
        (action,) = write.values()
        action["TableName"] = self.table.name
        if "ConditionExpression" in action:
            action["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        self._writes.append((conflict, write))

    def _in_use(self, reasons: list[dict[str, Any]]) -> list[tuple[str, str]]:
        return [
            _key(write)
            for (_, write), reason in zip(self._writes, reasons, strict=False)
            if reason.get("Code") in _TRANSIENT
        ]

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


def forget_receipts(table: Table, about: str) -> int:
    """Delete the answers that are kept under idempotency keys and tell of a person. Returns how many there were."""
    kept = [(item["pk"], item["sk"]) for item in table.query_all(_receipts_about(about), index="gsi1")]
    table.delete_all(kept)
    return len(kept)


def _receipts_about(id: str) -> str:
    return f"IDEMPOTENCY#ABOUT#{id}"


def _expression(condition: str | None, values: Item | None, names: dict[str, str] | None) -> dict[str, Any]:
    expression: dict[str, Any] = {}
    if condition:
        expression["ConditionExpression"] = condition
    if values:
        expression["ExpressionAttributeValues"] = to_dynamodb(values)
    if names:
        expression["ExpressionAttributeNames"] = names
    return expression


def _key(write: dict[str, Any]) -> tuple[str, str]:
    (action,) = write.values()
    key = action.get("Key") or action["Item"]
    return key["pk"]["S"], key["sk"]["S"]


def _at_version(version: int) -> dict[str, Any]:
    return _expression("#version = :version", {":version": version}, {"#version": "version"})


def _cancellation_reasons(error: ClientError) -> list[dict[str, Any]]:
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        return list(error.response.get("CancellationReasons", []))
    if code == "TransactionInProgressException":
        return [{"Code": "TransactionConflict"}]
    return []


def _in_epoch(delay: timedelta) -> int:
    return int((datetime.now(UTC) + delay).timestamp())

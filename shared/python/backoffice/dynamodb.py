"""One context's DynamoDB table. Writes are transactions, see ``backoffice.transactions``.

Items are plain dicts of str, int, Decimal, bool, list and dict; ``None`` members are left out. Numbers come back as
Decimal. Only a context's ``store`` module uses this; it alone knows keys.
"""

import os
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

from backoffice.errors import BadStart, Contended

Item = dict[str, Any]

# Connecting hangs at most a second and a call four: a function must be able to try again within its own time-out.
CONFIG = Config(connect_timeout=1, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 3})

ATTEMPTS = 6
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


@dataclass(frozen=True)
class Page:
    """Items of one query call; ``last_key`` is where the next one starts, None at the end."""

    items: list[Item]
    last_key: dict[str, str] | None


@dataclass(frozen=True)
class Table:
    """A context's table."""

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
        for attempt in range(ATTEMPTS):
            if not wanted:
                break
            answer = self.client.batch_get_item(RequestItems={self.name: {"Keys": wanted, "ConsistentRead": True}})
            found += [from_dynamodb(item) for item in answer["Responses"].get(self.name, [])]
            wanted = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if wanted:
                back_off(attempt)
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

    def put_all(self, items: Iterable[Item]) -> None:
        """Write items of different keys, whatever was there, 25 a call. Raises Contended as ``delete_all``."""
        self._batch([{"PutRequest": {"Item": to_dynamodb(item)}} for item in items])

    def delete_all(self, keys: Iterable[tuple[str, str]]) -> None:
        """Delete items, 25 a call, until DynamoDB has taken them all. Raises Contended if it keeps refusing."""
        self._batch([{"DeleteRequest": {"Key": to_dynamodb({"pk": pk, "sk": sk})}} for pk, sk in keys])

    def _batch(self, requests: list[dict[str, Any]]) -> None:
        for attempt in range(ATTEMPTS + len(requests) // 25):
            if not requests:
                return
            answer = self.client.batch_write_item(RequestItems={self.name: requests[:25]})
            refused = answer.get("UnprocessedItems", {}).get(self.name, [])
            requests = refused + requests[25:]
            if refused:
                back_off(attempt)
        if requests:
            raise Contended(f"{len(requests)} items were not taken")


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


def back_off(attempt: int) -> None:
    """Exponential back-off with full jitter.

    Source: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """
    time.sleep(random.uniform(0, min(0.8, 0.025 * 2**attempt)))

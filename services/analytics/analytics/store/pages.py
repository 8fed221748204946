"""Reading buckets page by page, as DynamoDB writes them.

A question reads some ten thousand numbers. The SDK makes Python of each by walking DynamoDB's model, and a deserializer
makes a Decimal of it in a context of its own: most of the time that a question takes. So the items of these queries are
taken from the answer's JSON before the SDK parses it; nothing else of the answer is touched.
"""

import json
from binascii import a2b_base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from backoffice.dynamodb import Table

RawItem = dict[str, dict[str, Any]]
"""An item in DynamoDB's JSON, ``{"sk": {"S": "DAY#2026-11-23"}, "t1700": {"N": "1"}}``."""

_EVENT, _OURS = "before-parse.dynamodb.Query", "analytics-raw-items"


def items(table: Table, pk: str, first: str, last: str) -> Iterator[RawItem]:
    """The items of a partition whose sort keys lie between ``first`` and ``last``, these included."""
    request: dict[str, Any] = {
        "TableName": table.name,
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
        "ExpressionAttributeValues": {":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}},
        "ConsistentRead": True,
    }
    while True:
        with _raw_items(table.client):
            page = table.client.query(**request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def blob(value: dict[str, Any]) -> bytes:
    """The bytes of a binary attribute."""
    kept = value["B"]
    return a2b_base64(kept) if isinstance(kept, str) else kept


@contextmanager
def _raw_items(client: Any) -> Iterator[None]:
    client.meta.events.register(_EVENT, _set_aside, _OURS)
    try:
        yield
    finally:
        client.meta.events.unregister(_EVENT, _set_aside, _OURS)


def _set_aside(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] != 200:
        return
    answer = json.loads(response_dict["body"])
    customized_response_dict["Items"] = answer.pop("Items")
    response_dict["body"] = json.dumps(answer).encode()

"""Many items into a table: batches of twenty-five, several on their way at once, none of them lost.

The SDK looks at each attribute of each item several times before it sends it, which costs more than reading a row does.
So requests are written as JSON where the items are made, and the SDK is left with what it is good at: signing, sending,
retrying.
"""

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from backoffice import tracing
from backoffice.dynamodb import CONFIG, Item, back_off, to_dynamodb
from backoffice.errors import Contended

MOST_IN_A_CALL = 25

_CALLS_AT_ONCE = 4
_ATTEMPTS = 12
_THROTTLED = {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}


def put_request(item: Item) -> str:
    """The request that writes an item, as JSON."""
    return json.dumps({"PutRequest": {"Item": to_dynamodb(item)}}, ensure_ascii=False, separators=(",", ":"))


class BulkWriter:
    """Writes items whatever was there, in no order; the same items again change nothing.

    Everything has been written once the block is left without an error.

    >>> with BulkWriter("table") as writer:
    ...     writer.put('{"PutRequest":{"Item":{"pk":{"S":"a"},"sk":{"S":"b"}}}}')
    """

    def __init__(self, table: str) -> None:
        self._table = json.dumps(table)
        self._name = table
        self._waiting: list[str] = []
        self._under_way: list[Future[None]] = []

    def __enter__(self) -> "BulkWriter":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if error is None:
                self._send()
        finally:
            self._await(0, raising=error is None)

    def put(self, request: str) -> None:
        """Take one request, as ``put_request`` writes them. Raises what made an earlier one fail."""
        self._waiting.append(request)
        if len(self._waiting) == MOST_IN_A_CALL:
            self._send()

    def _send(self) -> None:
        if not self._waiting:
            return
        body = f'{{"RequestItems":{{{self._table}:[{",".join(self._waiting)}]}}}}'
        self._waiting = []
        self._await(2 * _CALLS_AT_ONCE - 1)
        self._under_way.append(_threads().submit(self._write, body.encode()))

    def _await(self, most: int, *, raising: bool = True) -> None:
        """Wait until at most that many calls are under way."""
        while len(self._under_way) > most:
            done = self._under_way.pop(0)
            if raising:
                done.result()
            else:
                done.exception()

    def _write(self, body: bytes) -> None:
        for attempt in range(_ATTEMPTS):
            refused = _call(body)
            if refused is None:
                back_off(attempt)
            elif refused.get(self._name):
                body = json.dumps({"RequestItems": refused}).encode()
                back_off(attempt)
            else:
                return
        raise Contended(f"the table {self._name} takes no more")


def _call(body: bytes) -> dict[str, Any] | None:
    """What DynamoDB has not taken of a batch; None if it has taken nothing, for want of capacity."""
    client, bodies = _client()
    bodies.current = body
    try:
        with tracing.untraced():
            answer = client.batch_write_item(RequestItems={})
    except ClientError as error:
        if error.response["Error"]["Code"] in _THROTTLED:
            return None
        raise
    unprocessed: dict[str, Any] = answer.get("UnprocessedItems", {})
    return unprocessed


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_CALLS_AT_ONCE, thread_name_prefix="bulk")


@lru_cache(maxsize=1)
def _client() -> tuple[Any, threading.local]:
    """A client that sends what it finds in ``current`` of the calling thread as the body of a batch."""
    bodies = threading.local()

    def insert(params: dict[str, Any], **_: Any) -> None:
        params["body"] = bodies.current

    several = Config(parameter_validation=False, max_pool_connections=_CALLS_AT_ONCE)
    client = boto3.client("dynamodb", config=CONFIG.merge(several))
    client.meta.events.register("before-call.dynamodb.BatchWriteItem", insert)
    return client, bodies

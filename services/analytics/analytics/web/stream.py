"""The stream of page views: what goes into it, and what its records say when they come out."""

import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError

from analytics.domain.web.views import PageView
from backoffice.clock import parse_time, rfc3339
from backoffice.dynamodb import ATTEMPTS, back_off, client

_THROTTLED = {"ProvisionedThroughputExceededException", "LimitExceededException", "KMSThrottlingException"}
_HASH_BYTES = 8


class Unreadable(Exception):
    """A record of the stream is no page view of ours. Its words are kept out: they may tell who somebody is."""


def put_all(views: Iterable[PageView]) -> list[PageView]:
    """Put views, 500 at most, into the stream; answers those that it has not taken, even when tried again.

    The partition key is the event's id: shards share the load evenly, and duplicates meet in the same one.
    """
    waiting = list(views)
    for attempt in range(ATTEMPTS):
        waiting = _refused(waiting)
        if not waiting:
            break
        back_off(attempt)
    return waiting


def view_in(data: bytes) -> PageView:
    """The view that a record says. Raises Unreadable."""
    try:
        told = json.loads(data)
        return PageView(
            _text(told["event_id"]), _text(told["page"]), int(told["visitor"], 16), parse_time(told["occurred_at"])
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None


def visitor_hash(visitor_id: str) -> int:
    """What stands for a visitor: the same for the same id, and no way back without the stage's own key."""
    digest = hmac.digest(_key(), visitor_id.encode(errors="surrogatepass"), hashlib.sha256)
    return int.from_bytes(digest[:_HASH_BYTES], "big")


def _refused(views: Sequence[PageView]) -> list[PageView]:
    records = [{"Data": _written(view), "PartitionKey": view.event_id} for view in views]
    try:
        answer = client("kinesis").put_records(StreamARN=os.environ["WEB_EVENTS_STREAM_ARN"], Records=records)
    except ClientError as error:
        if error.response["Error"]["Code"] in _THROTTLED:
            return list(views)
        raise
    return list(_not_taken(views, answer["Records"]))


def _not_taken(views: Sequence[PageView], answers: Sequence[Mapping[str, Any]]) -> Iterator[PageView]:
    for view, answer in zip(views, answers, strict=True):
        if "ErrorCode" in answer:
            yield view


def _written(view: PageView) -> bytes:
    told = {
        "event_id": view.event_id,
        "page": view.page,
        "visitor": f"{view.visitor:016x}",
        "occurred_at": rfc3339(view.occurred_at),
    }
    return json.dumps(told, separators=(",", ":")).encode()


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


@lru_cache(maxsize=1)
def _key() -> bytes:
    answer = client("secretsmanager").get_secret_value(SecretId=os.environ["VISITOR_KEY_ARN"])
    return str(answer["SecretString"]).encode()

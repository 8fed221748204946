"""Page views as sites send them, and as the stream delivers them."""

import base64
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from analytics.domain.web.views import PageView
from backoffice.clock import rfc3339


def sent(number: int, at: datetime, **changed: Any) -> dict[str, Any]:
    """What a site sends of a page view; ``number`` makes the event's id."""
    event = {
        "event_id": str(UUID(int=number)),
        "page": "/pricing",
        "visitor_id": f"visitor-{number}",
        "occurred_at": rfc3339(at),
    }
    return {**event, **changed}


def view(number: int, at: datetime, page: str = "/pricing", visitor: int | None = None) -> PageView:
    """A page view of its own; its visitor, too, unless one is given."""
    hashed = (number if visitor is None else visitor) * 0x9E3779B97F4A7C15 % 2**64
    return PageView(str(UUID(int=number)), page, hashed, at)


def data_of(view: PageView) -> bytes:
    """A view as it lies in the stream."""
    told = {
        "event_id": view.event_id,
        "page": view.page,
        "visitor": f"{view.visitor:016x}",
        "occurred_at": rfc3339(view.occurred_at),
    }
    return json.dumps(told).encode()


def batch(records: Iterable[tuple[int, bytes]], shard: str = "000000000003") -> dict[str, Any]:
    """What Lambda hands over of one shard: records by their numbers."""
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "1",
                    "sequenceNumber": str(number),
                    "data": base64.b64encode(data).decode(),
                    "approximateArrivalTimestamp": 1795600000.0,
                },
                "eventSource": "aws:kinesis",
                "eventID": f"shardId-{shard}:{number}",
                "eventName": "aws:kinesis:record",
                "awsRegion": "eu-central-1",
                "eventSourceARN": "arn:aws:kinesis:eu-central-1:123456789012:stream/web-events",
            }
            for number, data in records
        ]
    }

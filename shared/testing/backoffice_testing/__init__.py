"""What the unit tests of every service share: a table in memory, calls through the API's door, events in and out."""

import base64
import json
import os
import sys
import unittest
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from io import StringIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from backoffice import dynamodb
from backoffice.clock import now, rfc3339
from backoffice.dynamodb import Table
from backoffice.ids import new_id
from backoffice_testing import contracts
from backoffice_testing.tables import Tables
from backoffice_testing.wire import answered_by

REGION = "eu-central-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "TABLE_NAME": "table",
    "TOPIC_ARN": f"arn:aws:sns:{REGION}:123456789012:test-events",
    "INBOX_URL": f"https://sqs.{REGION}.amazonaws.com/123456789012/test-inbox",
    "CONTEXT": "test",
    "STAGE": "test",
}
CONTEXT = SimpleNamespace(function_name="function-under-test", aws_request_id="request-under-test")


@dataclass(frozen=True)
class Reply:
    """An API's answer: status, headers, and what its body holds: JSON's value, a file's bytes or text, or None."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class ServiceTest(unittest.TestCase):
    """A service with a fresh table in memory; where ``aws`` says so, S3, SQS and the like are there, on moto.

    ``calls`` names every operation of the table since ``setUp``, so that a test can count them. Whatever a test leaves
    in the outbox must keep its contract.
    """

    groups: str = ""
    aws: bool = False

    def setUp(self) -> None:
        # None of the developer's own AWS settings: an endpoint among them would send the tests to a stage that is up.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self._start(patch.dict(os.environ, kept | ENVIRONMENT, clear=True))
        self.enterContext(answered_by(Tables(), moto=self.aws))
        self._start(patch.object(dynamodb, "client", _client))
        create_table("table")
        self.table = Table.from_env()
        self.calls: list[str] = []
        self._on("before-call.dynamodb", lambda model, **_: self.calls.append(model.name))
        self._log = StringIO()
        self._start(patch("backoffice.logs.sys", SimpleNamespace(stdout=self._log)))
        self.addCleanup(self.events)

    def call(
        self,
        api: Any,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        groups: str | None = None,
        sub: str = "user-1",
    ) -> Reply:
        """Call a function's API as API Gateway does.

        Args:
            api: the handler module's ``api``.
            body: what is sent as JSON; a str is sent as it is.
            key: the Idempotency-Key; one is made up for a POST if none is given. ``""`` sends none.
            groups: the caller's groups; the test class's ``groups`` if left out.
        """
        sent = dict(headers or {})
        if method == "POST" and key is None:
            key = new_id("key")
        if key:
            sent["Idempotency-Key"] = key
        claims = {
            "sub": sub,
            "email": f"{sub}@example.com",
            "cognito:groups": self.groups if groups is None else groups,
        }
        event = {
            "httpMethod": method,
            "path": path,
            "resource": path,
            "headers": sent,
            "queryStringParameters": query,
            "body": body if isinstance(body, str) or body is None else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {"requestId": new_id("req"), "authorizer": {"claims": claims}},
        }
        answer = api.handler(event, CONTEXT)
        if answer["statusCode"] == 500:
            print(self._log.getvalue(), file=sys.stderr)
        flat = {name: values[0] for name, values in answer.get("multiValueHeaders", {}).items()}
        return Reply(answer["statusCode"], _content(answer, flat.get("Content-Type", "")), flat)

    def events(self, type: str | None = None) -> list[dict[str, Any]]:
        """The envelopes in the outbox, oldest first (those of one transaction in any order).

        Raises AssertionError if one of them, of whatever type, breaks its contract.
        """
        pages = self.table.client.get_paginator("scan").paginate(
            TableName=self.table.name,
            FilterExpression="begins_with(pk, :outbox)",
            ExpressionAttributeValues={":outbox": {"S": "OUTBOX#"}},
        )
        items = [dynamodb.from_dynamodb(item) for page in pages for item in page["Items"]]
        envelopes = [json.loads(item["event"]) for item in sorted(items, key=lambda item: item["sk"])]
        for envelope in envelopes:
            contracts.check(envelope)
        return [envelope for envelope in envelopes if type in (None, envelope["type"])]

    def meanwhile(self, operation: str, action: Callable[[], Any]) -> None:
        """Let somebody else act right before the table's next ``operation``, ``"TransactWriteItems"`` for example."""
        pending = [action]

        def act(**_: Any) -> None:
            if pending:
                pending.pop()()

        self._on(f"before-call.dynamodb.{operation}", act)

    def empty_table(self) -> None:
        """Begin with an empty table again."""
        self.table.client.delete_table(TableName=self.table.name)
        create_table(self.table.name)

    def logs(self) -> list[dict[str, Any]]:
        """The lines that were logged since ``setUp``."""
        return [json.loads(line) for line in self._log.getvalue().splitlines()]

    def deliver(self, inbox: Any, *envelopes: dict[str, Any] | str) -> list[int]:
        """Deliver messages to an inbox as one SQS batch; answers the positions of those that failed."""
        records = [
            {
                "messageId": str(position),
                "receiptHandle": str(position),
                "body": envelope if isinstance(envelope, str) else json.dumps(envelope),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:inbox",
            }
            for position, envelope in enumerate(envelopes)
        ]
        with patch("backoffice.messages.inbox.client"):
            answer = inbox.handler({"Records": records}, CONTEXT)
        return [int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]

    def _on(self, event: str, handler: Callable[..., Any]) -> None:
        events = self.table.client.meta.events
        events.register(event, handler)
        self.addCleanup(events.unregister, event, handler)

    def _start(self, patcher: Any) -> None:
        patcher.start()
        self.addCleanup(patcher.stop)


def _content(answer: dict[str, Any], media_type: str) -> Any:
    if not answer["body"]:
        return None
    if answer["isBase64Encoded"]:
        return base64.b64decode(answer["body"])
    return json.loads(answer["body"]) if media_type.endswith("json") else answer["body"]


def envelope(
    type: str, aggregate_id: str, data: dict[str, Any], *, version: int = 1, schema_version: int = 1
) -> dict[str, Any]:
    """An event as another context sends it; ``version`` is the aggregate's."""
    time = rfc3339(now())
    return {
        "event_id": new_id("evt"),
        "type": type,
        "schema_version": schema_version,
        "occurred_at": time,
        "recorded_at": time,
        "aggregate_id": aggregate_id,
        "aggregate_version": version,
        "correlation_id": "correlation-1",
        "causation_id": "causation-1",
        "data": data,
    }


# Making a client costs more than most tests do, so all of them share it; no client of another test run is among them.
_client = lru_cache(maxsize=8)(dynamodb.client.__wrapped__)


def create_table(name: str, client: Any = None) -> None:
    """A context's table, of the same shape as in ``shared/serverless``."""
    indexes = [f"gsi{number}" for number in range(1, 5)]
    names = ["pk", "sk", *(f"{index}{part}" for index in indexes for part in ("pk", "sk"))]
    (client or dynamodb.client("dynamodb")).create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=_key_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": _key_schema(f"{index}pk", f"{index}sk"),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in indexes
        ],
    )


def _key_schema(partition: str, sort: str) -> list[Any]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]

"""Batches as event source mappings hand them over, put together by a test, so that their size is no matter of luck."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from typing import Any

from local.demo.waiting import until
from tests.stage import Stage

Record = dict[str, Any]
_SHARDS = 4


def outbox(stage: Stage, table: str) -> list[Record]:
    """The stream records of the events that wait in a table's outbox, oldest first."""
    pages = [
        stage.client("dynamodb").query(
            TableName=table,
            KeyConditionExpression="pk = :shard",
            ExpressionAttributeValues={":shard": {"S": f"OUTBOX#{shard}"}},
        )
        for shard in range(_SHARDS)
    ]
    images = sorted((image for page in pages for image in page["Items"]), key=lambda image: str(image["sk"]["S"]))
    return [
        {
            "eventID": image["sk"]["S"],
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "dynamodb": {"Keys": {"pk": image["pk"], "sk": image["sk"]}, "NewImage": image},
        }
        for image in images
    ]


class Queue:
    """A context's queue, whose messages the test takes out itself."""

    def __init__(self, stage: Stage, name: str) -> None:
        self._sqs = stage.client("sqs")
        self._url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        self._arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]
        self._name = name

    def send(self, body: str, trace: str, system: dict[str, str] | None = None) -> None:
        """A message with a trace header as the relay attaches it; `system` are attributes that AWS itself reads."""
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=body,
            MessageAttributes={"xray": {"DataType": "String", "StringValue": trace}},
            MessageSystemAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in (system or {}).items()
            },
        )

    def take(self, number: int) -> list[Record]:
        """So many messages as Lambda hands them to a function."""
        taken: list[Record] = []

        def look() -> bool:
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(10, number - len(taken)),
                MessageAttributeNames=["All"],
                AttributeNames=["All"],
                VisibilityTimeout=60,
            )
            taken.extend(self._record(message) for message in answer.get("Messages", []))
            return len(taken) >= number

        until(f"{number} messages in {self._name}", look)
        return taken

    def delete(self, records: Iterable[Record]) -> None:
        for record in records:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=record["receiptHandle"])

    def _record(self, message: dict[str, Any]) -> Record:
        attributes = {
            name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
            for name, value in message.get("MessageAttributes", {}).items()
        }
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": attributes,
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn["QueueArn"],
        }


def without_header(record: Record) -> Record:
    """The same record, as if nobody had carried its request's trace along."""
    copied: Record = json.loads(json.dumps(record))
    copied.get("dynamodb", {}).get("NewImage", {}).pop("xray", None)
    copied.get("messageAttributes", {}).pop("xray", None)
    copied.get("attributes", {}).pop("AWSTraceHeader", None)
    return copied


def deliver(stage: Stage, function: str, records: list[Record], trace: str) -> Any:
    """One batch to one invocation; what the function answers."""
    client = stage.invoker
    client.meta.events.register(
        "before-sign.lambda.Invoke", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", trace)
    )
    answer = client.invoke(FunctionName=function, Payload=json.dumps({"Records": records}))
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def new_root() -> str:
    """The id of a trace that begins now."""
    return f"1-{int(time.time()):08x}-{os.urandom(12).hex()}"

"""The three services on moto: their tables, topics and queues, and their handlers run by hand.

Streams and event source mappings are what moto lacks: ``deliver`` does their work, one batch after another. Queues
are subscribed as each service's serverless.yml says.
"""

from __future__ import annotations

import importlib
import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import yaml
from backoffice_testing import Reply, create_table
from moto import mock_aws

from backoffice import dynamodb
from backoffice.ids import new_id

REGION = "eu-central-1"
SERVICES = Path(__file__).resolve().parents[2] / "services"
CONTEXTS = {"customer-support": "customer_support", "invoicing": "invoicing", "analytics": "analytics"}
GROUPS = {"customer-support": "agents", "invoicing": "accountants", "analytics": "analysts"}

Message = dict[str, Any]
Body = dict[str, Any]
Treatment = Callable[[list[Message]], list[Message]]


@contextmanager
def company() -> Iterator[Company]:
    """All services, new and empty."""
    outer = dict(os.environ)
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(credentials)
    dynamodb.client.cache_clear()
    try:
        with mock_aws():
            yield Company()
    finally:
        dynamodb.client.cache_clear()
        os.environ.clear()
        os.environ.update(outer)


class Company:
    """The services; `call` goes through an API's door, `deliver` lets their events arrive."""

    def __init__(self) -> None:
        self._sns, self._sqs = boto3.client("sns"), boto3.client("sqs")
        self._dynamodb = boto3.client("dynamodb")
        self.topics = {name: self._sns.create_topic(Name=f"test-{name}-events")["TopicArn"] for name in CONTEXTS}
        self.queues = {name: self._sqs.create_queue(QueueName=f"test-{name}-inbox")["QueueUrl"] for name in CONTEXTS}
        for name in CONTEXTS:
            create_table(_table(name))
            self._subscribe(name)
        self.published: list[Body] = []

    def call(self, context: str, method: str, path: str, body: Any = None, *, etag: str | None = None) -> Reply:
        """Call a service's API as API Gateway does; writes go to `commands`, reads to `queries`."""
        headers = {"Idempotency-Key": new_id("key")} | ({"If-Match": etag} if etag else {})
        claims = {"sub": "user-1", "email": "user-1@example.com", "cognito:groups": GROUPS[context]}
        event = {
            "httpMethod": method,
            "path": path,
            "resource": path,
            "headers": headers,
            "queryStringParameters": None,
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {"requestId": new_id("req"), "authorizer": {"claims": claims}},
        }
        reads = method == "GET" or context == "analytics"
        answer = self._invoke(context, "queries" if reads else "commands", event)
        flat = {name: values[0] for name, values in answer.get("multiValueHeaders", {}).items()}
        return Reply(answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None, flat)

    def done(self, context: str, method: str, path: str, body: Any = None, *, etag: str | None = None) -> Any:
        """The body of an answer that must be a success."""
        reply = self.call(context, method, path, body, etag=etag)
        assert reply.status < 400, f"{method} {path} answered {reply.status}: {reply.body}"
        return reply.body

    def deliver(self, treat: Treatment = lambda messages: messages) -> None:
        """Relay and take in until nothing is on its way; `treat` may repeat and reorder what a queue delivers.

        A message that fails stays where it is until the next call, as if its rest were not over.
        """
        failed: dict[str, list[Message]] = {name: [] for name in CONTEXTS}
        while self._relay_all() or self._take_all(treat, failed):
            continue
        for name, messages in failed.items():
            for message in messages:
                self._sqs.change_message_visibility(
                    QueueUrl=self.queues[name], ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )

    def waiting(self, context: str) -> int:
        """How many messages a queue still holds."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self.queues[context], AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def outbox(self, context: str) -> list[Body]:
        """The DynamoDB images of the events that wait to be published."""
        found = self._dynamodb.scan(
            TableName=_table(context),
            FilterExpression="begins_with(pk, :outbox)",
            ExpressionAttributeValues={":outbox": {"S": "OUTBOX#"}},
        )
        return sorted(found["Items"], key=lambda image: str(image["sk"]["S"]))

    def relay(self, context: str) -> int:
        """What the table's stream and the relay do. Returns how many events were on their way."""
        images = self.outbox(context)
        if images:
            records = [
                {
                    "eventName": "INSERT",
                    "eventSource": "aws:dynamodb",
                    "dynamodb": {"Keys": {"pk": image["pk"], "sk": image["sk"]}, "NewImage": image},
                }
                for image in images
            ]
            self._invoke(context, "relay", {"Records": records})
            self.published += [json.loads(image["event"]["S"]) for image in images]
        return len(images)

    def _relay_all(self) -> int:
        return sum(self.relay(name) for name in ("customer-support", "invoicing"))

    def _take_all(self, treat: Treatment, failed: dict[str, list[Message]]) -> int:
        return sum(self._take(name, treat, failed[name]) for name in CONTEXTS)

    def _take(self, context: str, treat: Treatment, failed: list[Message]) -> int:
        url = self.queues[context]
        received = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        ).get("Messages", [])
        delivered = treat(received)
        records = [_record(message, f"test-{context}-inbox") for message in delivered]
        answer = self._invoke(context, "inbox", {"Records": records})
        failures = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]} if delivered else set()
        for message in received:
            if message["MessageId"] in failures:
                failed.append(message)
            else:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(received)

    def _invoke(self, context: str, function: str, event: Body) -> Any:
        if event.get("Records") == []:
            return {}
        module = importlib.import_module(f"{CONTEXTS[context]}.handlers.{function}")
        os.environ.update(
            CONTEXT=context,
            STAGE="test",
            TABLE_NAME=_table(context),
            TOPIC_ARN=self.topics[context],
            INBOX_URL=self.queues[context],
        )
        name = f"test-{context}-{function}"
        return module.handler(event, SimpleNamespace(function_name=name, aws_request_id=new_id("req")))

    def _subscribe(self, context: str) -> None:
        queue = self._sqs.get_queue_attributes(QueueUrl=self.queues[context], AttributeNames=["QueueArn"])
        for emitter, policy in subscriptions(context):
            self._sns.subscribe(
                TopicArn=self.topics[emitter],
                Protocol="sqs",
                Endpoint=queue["Attributes"]["QueueArn"],
                Attributes={"RawMessageDelivery": "true", "FilterPolicy": json.dumps(policy)},
            )


def subscriptions(context: str) -> Iterator[tuple[str, Body]]:
    """The topics that a service's serverless.yml subscribes its queue to, each with the filter policy."""
    document = yaml.load((SERVICES / context / "serverless.yml").read_text(), _CloudFormation)
    for part in document["resources"]:
        for resource in part.get("Resources", {}).values() if isinstance(part, dict) else ():
            if resource["Type"] == "AWS::SNS::Subscription":
                properties = resource["Properties"]
                yield properties["TopicArn"].rpartition(":")[2].rstrip("}"), properties["FilterPolicy"]


def five_times_in_any_order(seed: int) -> Treatment:
    """Each message of a batch five times, shuffled."""
    chance = random.Random(seed)

    def treat(messages: list[Message]) -> list[Message]:
        many = messages * 5
        chance.shuffle(many)
        return many

    return treat


class _CloudFormation(yaml.SafeLoader):
    """Reads `!Ref` and its like as the plain values behind them."""


def _plain(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node)


_CloudFormation.add_multi_constructor("!", _plain)


def _record(message: Message, queue: str) -> Body:
    """An SQS message as Lambda hands it to a function."""
    attributes = {
        name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
        for name, value in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": message["Attributes"]["ApproximateReceiveCount"]},
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{queue}",
    }


def _table(context: str) -> str:
    return f"test-{context}"

"""The services' own functions side by side in one process, with a post between them that a test may let run wild.

Tables, topics and queues are those of ``memory``; who is sent what is as each service's ``serverless.yml`` says.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from backoffice_testing import Reply
from backoffice_testing.tables import Tables

from backoffice import dynamodb
from backoffice.clock import now
from backoffice.ids import new_id
from backoffice.logs import logger
from tests.flows.weather import Weather
from tests.integration.company import CONTEXTS, GROUPS, subscriptions

Body = dict[str, Any]
SUPPORT, INVOICING, ANALYTICS = CONTEXTS
MOST_RECEIVES = 5


@dataclass(frozen=True)
class Letter:
    """A message in a context's queue."""

    context: str
    queue: str
    body: str
    receives: int = 1


@dataclass
class Post:
    """SNS's and SQS's client: what is sent waits here until the weather lets it arrive.

    Of each type among the ``losses`` the next command or reply is lost.
    """

    contexts: tuple[str, ...]
    weather: Weather
    letters: list[Letter] = field(default_factory=list)
    dead: list[Letter] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._wanted = {
            (emitter, type): [name for name in self.contexts if type in _wants(name, emitter)]
            for emitter in CONTEXTS
            for name in self.contexts
            for type in _wants(name, emitter)
        }

    def publish(self, *, TopicArn: str, Message: str, MessageAttributes: Body) -> None:
        type = MessageAttributes["type"]["StringValue"]
        for context in self._wanted.get((TopicArn, type), []):
            self._send(context, f"test-{context}-inbox", Message)

    def get_queue_url(self, *, QueueName: str) -> Body:
        return {"QueueUrl": QueueName}

    def send_message(self, *, QueueUrl: str, MessageBody: str, **_: Any) -> None:
        context = QueueUrl.removeprefix("test-").rpartition("-")[0]
        type = json.loads(MessageBody)["type"]
        if type in self.losses:
            self.losses.remove(type)
        elif context in self.contexts:
            self._send(context, QueueUrl, MessageBody)

    def change_message_visibility(self, **_: Any) -> None:
        """Rests do not matter where time does not pass."""

    def take(self) -> list[Letter]:
        """A batch of letters of one queue."""
        batch = self.weather.batch(self.letters)
        for letter in batch:
            self.letters.remove(letter)
        return batch

    def put_back(self, letter: Letter) -> None:
        """One that was not taken comes again, or is dead."""
        if letter.receives == MOST_RECEIVES:
            self.dead.append(letter)
        else:
            self.letters.append(replace(letter, receives=letter.receives + 1))

    def _send(self, context: str, queue: str, body: str) -> None:
        self.letters += [Letter(context, queue, body)] * self.weather.copies()


class Company:
    """The services; people and clocks act through ``done`` and ``strike``, ``settle_down`` lets everything arrive."""

    def __init__(self, contexts: tuple[str, ...] = (SUPPORT, INVOICING)) -> None:
        self.contexts = contexts
        self.tables = Tables({_table(context): {} for context in contexts})
        self.post = Post(contexts, Weather.calm())
        self.told: list[Body] = []

    @contextmanager
    def at_work(self) -> Iterator[Company]:
        """Let the services' code meet this company instead of AWS."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {"STAGE": "test", "AWS_DEFAULT_REGION": "eu-central-1"}
        clients = {"dynamodb": self.tables, "sns": self.post, "sqs": self.post}
        boto3 = SimpleNamespace(client=lambda service, **_: clients[service])
        addresses = importlib.import_module("backoffice.messages.addresses")
        with (
            patch.dict(os.environ, environment, clear=True),
            patch.object(dynamodb, "boto3", boto3),
            patch.object(logging.getLogger(logger.name), "disabled", True),
        ):
            dynamodb.client.cache_clear()
            addresses.url_of.cache_clear()
            try:
                yield self
            finally:
                dynamodb.client.cache_clear()
                addresses.url_of.cache_clear()

    def call(self, context: str, method: str, path: str, body: Any = None, *, etag: str | None = None) -> Reply:
        """Call a service's API as API Gateway does."""
        headers = {"Idempotency-Key": new_id("key")} | ({"If-Match": etag} if etag else {})
        claims = {"sub": "user-1", "email": "user-1@example.com", "cognito:groups": GROUPS[context]}
        path, _, query = path.partition("?")
        event = {
            "httpMethod": method,
            "path": path,
            "resource": path,
            "headers": headers,
            "queryStringParameters": dict(part.split("=") for part in query.split("&")) if query else None,
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {"requestId": new_id("req"), "authorizer": {"claims": claims}},
        }
        answer = self._invoke(context, "queries" if method == "GET" else "commands", event)
        flat = {name: values[0] for name, values in answer.get("multiValueHeaders", {}).items()}
        return Reply(answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None, flat)

    def done(self, context: str, method: str, path: str, body: Any = None, *, etag: str | None = None) -> Any:
        """The body of an answer that must be a success."""
        reply = self.call(context, method, path, body, etag=etag)
        assert reply.status < 400, f"{method} {path} answered {reply.status}: {reply.body}"
        return reply.body

    def strike(self, context: str, *, days: int = 0, work: str = "handler") -> None:
        """Let a context's clock strike, so many days from now; ``work`` names one part of what it does."""
        clock = self._module(context, "clock")
        with self._within(context), patch.object(clock, "now", lambda: now() + timedelta(days=days)):
            clock.handler({}, _LAMBDA) if work == "handler" else getattr(clock, work)()

    def settle_down(self, act: Callable[[], bool] = lambda: False) -> None:
        """Let everything arrive, in whatever order the weather gives; ``act`` does what people do meanwhile.

        ``act`` answers whether there was something to do. Raises AssertionError if a letter cannot be taken.
        """
        idle = False
        while not idle:
            done = [step() for step in self.post.weather.order([self._relay, self._deliver, act])]
            idle = not any(done)
        assert self.post.dead == [], f"dead letters: {[letter.body for letter in self.post.dead]}"

    def _relay(self) -> bool:
        """What the tables' streams and the relays do with some of what waits in the outboxes."""
        found = False
        for context in self.contexts:
            table = self.tables.tables[_table(context)]
            waiting = [item for (pk, _), item in table.items() if pk.startswith("OUTBOX#")]
            images = self.post.weather.some(waiting)
            if images:
                self.told += [json.loads(image["event"]["S"]) for image in images]
                self._invoke(context, "relay", {"Records": [{"dynamodb": {"NewImage": image}} for image in images]})
            found = found or bool(waiting)
        return found

    def _deliver(self) -> bool:
        batch = self.post.take()
        if not batch:
            return False
        answer = self._invoke(batch[0].context, "inbox", {"Records": [_record(*one) for one in enumerate(batch)]})
        for failure in answer["batchItemFailures"]:
            self.post.put_back(batch[int(failure["itemIdentifier"])])
        return True

    def _invoke(self, context: str, function: str, event: Body) -> Any:
        with self._within(context):
            return self._module(context, function).handler(event, _LAMBDA)

    @contextmanager
    def _within(self, context: str) -> Iterator[None]:
        inbox = f"https://sqs/test-{context}-inbox"
        os.environ.update(CONTEXT=context, TABLE_NAME=_table(context), TOPIC_ARN=context, INBOX_URL=inbox)
        yield

    def _module(self, context: str, function: str) -> Any:
        return importlib.import_module(f"{CONTEXTS[context]}.handlers.{function}")


_LAMBDA = SimpleNamespace(
    function_name="function", aws_request_id="request", get_remaining_time_in_millis=lambda: 30_000
)
_policies: dict[str, dict[str, set[str]]] = {}


def _wants(context: str, emitter: str) -> set[str]:
    """The types that a context lets in from another one's topic."""
    if context not in _policies:
        _policies[context] = {source: set(policy["type"]) for source, policy in subscriptions(context)}
    return _policies[context].get(emitter, set())


def _record(position: int, letter: Letter) -> Body:
    return {
        "messageId": str(position),
        "receiptHandle": str(position),
        "body": letter.body,
        "attributes": {"ApproximateReceiveCount": str(letter.receives)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-central-1:123456789012:{letter.queue}",
    }


def _table(context: str) -> str:
    return f"test-{context}"

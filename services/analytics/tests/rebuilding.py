"""An archive, a queue and the rebuilder on moto: what the tests of rebuilds share."""

import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from analytics.handlers import commands, inbox, queries, rebuilder
from analytics.store import counting
from analytics.store.compacting import Compactor
from analytics.store.generations import GenerationStore
from backoffice import dynamodb
from backoffice.clock import now
from backoffice.messages.loan import ask
from tests.archives import ArchiveTest, notification

PATH = "/projections/metrics/rebuilds"


class Killed(BaseException):
    """The worker is gone, as by SIGKILL: nothing catches it."""


class RebuildTest(ArchiveTest):
    """A service whose events are counted and archived, and can be counted anew."""

    def setUp(self) -> None:
        super().setUp()
        counting._counter_of.cache_clear()
        self.sqs = dynamodb.client("sqs")
        self.queue = self.sqs.create_queue(QueueName="rebuilds")["QueueUrl"]
        archive_queue = self.sqs.create_queue(QueueName="archive")["QueueUrl"]
        self._start(patch.dict("os.environ", REBUILDS_QUEUE_URL=self.queue, ARCHIVE_QUEUE_URL=archive_queue))
        self._start(patch.object(counting, "back_off"))
        self._start(patch.object(rebuilder, "ask", lambda queue, what, **_: ask(queue, what)))  # without its pauses
        self.milliseconds = 900_000

    def tell(self, events: Iterable[dict[str, Any]], *, files_of: int = 10) -> None:
        """Let events be counted and archived."""
        events = list(events)
        self.count(events)
        self.put_into_archive(events, files_of=files_of)

    def count(self, events: Iterable[dict[str, Any]]) -> None:
        self.assertEqual([], self.deliver(inbox.inbox, *events))

    def put_into_archive(self, events: Iterable[dict[str, Any]], *, files_of: int = 10) -> None:
        messages = [notification(event) for event in events]
        for start in range(0, len(messages), files_of):
            self.assertEqual([], self.archive(*messages[start : start + files_of]))

    def request(self, on_difference: str = "keep") -> str:
        reply = self.call(commands.api, "POST", PATH, {"on_difference": on_difference})
        self.assertEqual(202, reply.status, reply.body)
        return str(reply.body["id"])

    def rebuild(self, on_difference: str = "keep") -> dict[str, Any]:
        """Ask for a rebuild and let it be worked on to its end."""
        rebuild_id = self.request(on_difference)
        self.work()
        return self.seen(rebuild_id)

    def seen(self, rebuild_id: str) -> dict[str, Any]:
        reply = self.call(queries.api, "GET", f"{PATH}/{rebuild_id}")
        self.assertEqual(200, reply.status, reply.body)
        return dict(reply.body)

    def act(self, rebuild_id: str, action: str, status: int = 200) -> dict[str, Any]:
        """Switch, switch back or discard, and let what follows from it be done."""
        reply = self.call(commands.api, "POST", f"{PATH}/{rebuild_id}/{action}")
        self.assertEqual(status, reply.status, reply.body)
        self.work()
        return dict(reply.body)

    def differences(self, rebuild_id: str) -> list[dict[str, Any]]:
        reply = self.call(queries.api, "GET", f"{PATH}/{rebuild_id}/differences", query={"limit": "100"})
        return list(reply.body["items"])

    def work(self, at_each_turn: Callable[[], None] = lambda: None) -> int:
        """Let the rebuilder take what lies in its queue until nothing does; answers how many messages it took."""
        taken = 0
        while message := self.next_message():
            at_each_turn()
            self.hand_over(message)
            taken += 1
            self.assertLess(taken, 300, "it goes on for ever")
        return taken

    def next_message(self) -> Any:
        answer = self.sqs.receive_message(QueueUrl=self.queue, AttributeNames=["All"], WaitTimeSeconds=0)
        return next(iter(answer.get("Messages", [])), None)

    def hand_over(self, message: Any) -> None:
        """Let the rebuilder take a message, and delete it if that goes well."""
        context = SimpleNamespace(
            function_name="rebuilder",
            aws_request_id="request",
            get_remaining_time_in_millis=lambda: self.milliseconds,
        )
        record = {
            "body": message["Body"],
            "receiptHandle": message["ReceiptHandle"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
        }
        rebuilder.handler({"Records": [record]}, context)
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def work_and_be_killed(self, seed: int, kills: int, most_calls: int) -> int:
        """Let the rebuilder be killed before calls of DynamoDB, taken at random; answers how often it was."""
        rng, killed = random.Random(seed), 0
        for _ in range(100):
            message = self.next_message()
            if message is None:
                return killed
            if killed == kills:
                self.hand_over(message)
            elif self._killed_before_call(rng.randrange(1, most_calls), message):
                killed += 1
                self.sqs.change_message_visibility(
                    QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
        raise AssertionError("it goes on for ever")

    def _killed_before_call(self, number: int, message: Any) -> bool:
        calls = 0

        def count(**_: Any) -> None:
            nonlocal calls
            calls += 1
            if calls == number:
                raise Killed

        events = self.table.client.meta.events
        events.register("before-call.dynamodb", count)
        try:
            with suppress(Killed):
                self.hand_over(message)
        finally:
            events.unregister("before-call.dynamodb", count)
        return calls >= number

    def items(self, generation: str) -> dict[tuple[str, str], dict[str, Any]]:
        """All sums and marks of a generation, by key without the generation; shards are added up."""
        pages = self.table.client.get_paginator("scan").paginate(TableName=self.table.name)
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for item in (dynamodb.from_dynamodb(item) for page in pages for item in page["Items"]):
            kind, _, rest = item["pk"].partition("#")
            of, _, rest = rest.partition("#")
            if kind == "SEEN" and of == generation:
                found[kind, rest + item["sk"]] = {
                    name: value for name, value in item.items() if not name.startswith(("pk", "sk", "gsi"))
                }
            elif kind == "METRIC" and of == generation:
                sums = found.setdefault((rest, item["sk"].partition("~")[0]), {})
                for name, amount in item.items():
                    if name not in ("pk", "sk", "version", "born"):
                        sums[name] = sums.get(name, 0) + amount
        return found

    def compact(self) -> int:
        """Absorb all days there are; answers how many items that were."""
        return Compactor().compact(now() + timedelta(days=2), lambda: False)

    def read_generation(self) -> str:
        return GenerationStore().current().read

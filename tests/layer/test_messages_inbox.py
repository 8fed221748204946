"""The inbox: from the queue to the consumers, each message in its own trace."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import ConnectTimeoutError
from layer_support import parts, trace_header
from marshmallow import fields
from message_support import event

from backoffice.errors import StaleVersion
from backoffice.logs import logger
from backoffice.messages.inbox import Inbox
from backoffice.schemas import Tolerant, Whole
from backoffice.transactions import Transaction


class Anything(Tolerant):
    minutes = Whole()


class Strictly(Tolerant):
    minutes = Whole(required=True)
    zone = fields.String()


def message(body, number=0, *, receives=1, attached=None, sent_along=None, queue="inbox"):
    """One record of an SQS batch."""
    attributes = {"ApproximateReceiveCount": str(receives)}
    if sent_along:
        attributes["AWSTraceHeader"] = sent_along
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": body if isinstance(body, str) else body.to_json(),
        "attributes": attributes,
        "messageAttributes": {"xray": {"stringValue": attached, "dataType": "String"}} if attached else {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-central-1:123456789012:{queue}",
        "awsRegion": "eu-central-1",
    }


class TestInbox:
    @pytest.fixture
    def taken(self):
        return []

    @pytest.fixture
    def inbox(self, taken):
        inbox = Inbox()

        @inbox.on("TicketSolved", schema=Strictly)
        def solved(received, data):
            logger.info("consuming")
            taken.append((received, data))

        @inbox.on("Fails", schema=Anything)
        def fails(received, data):
            raise StaleVersion({})

        return inbox

    @pytest.fixture
    def queues(self):
        """The URLs of the queues that were asked to let a message rest."""
        return []

    @pytest.fixture
    def rests(self, monkeypatch, queues):
        """The queue: keeps how long each message is to rest."""
        monkeypatch.setenv("INBOX_URL", "https://queue/inbox")
        rests = {}

        def change(*, QueueUrl, ReceiptHandle, VisibilityTimeout):
            assert QueueUrl in ("https://queue/inbox", "https://queue/commands")
            rests[ReceiptHandle] = VisibilityTimeout
            queues.append(QueueUrl)

        sqs = SimpleNamespace(change_message_visibility=change)
        monkeypatch.setattr("backoffice.messages.inbox.client", lambda service: {"sqs": sqs}[service])
        return rests

    @pytest.fixture
    def handle(self, inbox, context, rests):
        """Give a batch to the handler; returns the ids of what failed."""

        def handle(*messages):
            answer = inbox.handler({"Records": list(messages)}, context)
            assert answer.keys() == {"batchItemFailures"}
            return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

        return handle

    def test_the_trace_of_a_message_says_which_queue_it_came_out_of(self, handle, daemon, invoked):
        invoked()
        header = trace_header()
        assert handle(message(event(), attached=header)) == []
        (record,) = [document for document in daemon.documents() if document["trace_id"] in header]
        assert record["annotations"] == {"queue": "inbox"}

    def test_a_message_reaches_the_consumer_of_its_type_with_its_data_loaded(self, handle, taken, inbox):
        sent = event(data={"minutes": 5, "not_known_yet": 1})
        assert handle(message(sent)) == []
        assert taken == [(sent, {"minutes": 5})]
        assert inbox.schemas.keys() == {"TicketSolved", "Fails"}

    @pytest.mark.parametrize(
        "bad",
        [
            "{",
            "",
            "[" * 100_000,
            "{}",
            event("NobodyKnows"),
            event(data={"minutes": "5"}),
            event(data={}),
            event("Fails"),
        ],
        ids=["cut json", "empty", "nested", "no envelope", "unknown type", "wrong data", "missing data", "own error"],
    )
    def test_a_bad_message_fails_alone(self, handle, taken, bad):
        batch = [message(event(), 0), message(bad, 1), message(event(), 2)]
        assert handle(*batch) == ["message-1"]
        assert len(taken) == 2

    def test_if_all_fail_all_are_named_and_the_function_does_not(self, handle):
        assert handle(message("{", 0), message("{", 1)) == ["message-0", "message-1"]

    def test_a_duplicate_is_taken_once_and_is_no_failure(self, table, handle, inbox, log):
        @inbox.on("Counted", schema=Anything)
        def count(received, data):
            transaction = Transaction(table)
            transaction.once(received.event_id)
            transaction.update("COUNT", "1", "ADD hits :one", values={":one": 1})
            transaction.commit()

        sent = event("Counted")
        assert handle(message(sent, 0), message(sent, 1)) == []
        assert handle(message(sent, 2)) == []
        assert table.get("COUNT", "1")["hits"] == 1
        lines = [line["message"] for line in log()]
        assert lines.count("event had been taken before") == 2

    def test_a_failed_message_rests_longer_each_time(self, handle, rests):
        handle(*(message("{", number, receives=number) for number in range(1, 6)), message("{", 99, receives=99))
        assert rests == {
            "receipt-1": 2,
            "receipt-2": 4,
            "receipt-3": 8,
            "receipt-4": 16,
            "receipt-5": 32,
            "receipt-99": 900,
        }

    def test_a_message_rests_in_the_queue_that_it_came_out_of(self, handle, rests, queues):
        handle(message("{"), message("{", 1, queue="commands"))
        assert queues == ["https://queue/inbox", "https://queue/commands"]

    def test_a_message_that_was_taken_does_not_rest(self, handle, rests):
        handle(message(event()))
        assert rests == {}

    def test_a_queue_that_cannot_put_off_a_message_does_not_fail_the_batch(self, handle, taken, monkeypatch, log):
        def refuse(**_):
            raise ConnectTimeoutError(endpoint_url="http://sqs")

        sqs = SimpleNamespace(change_message_visibility=refuse)
        monkeypatch.setattr("backoffice.messages.inbox.client", lambda _: sqs)
        assert handle(message(event(), 0), message("{", 1), message(event(), 2)) == ["message-1"]
        assert len(taken) == 2
        assert [line["message"] for line in log() if line["level"] == "WARNING"] == ["message not put off"]

    def test_each_message_is_worked_on_in_its_own_trace(self, handle, invoked, daemon, log):
        invoked()
        headers = [trace_header() for _ in range(10)]
        batch = [message(event("Fails" if n == 3 else "TicketSolved"), n, attached=h) for n, h in enumerate(headers)]
        assert handle(*batch) == ["message-3"]
        segments = [document for document in daemon.documents() if document.get("type") != "subsegment"]
        assert [(s["trace_id"], s["parent_id"]) for s in segments] == [
            (parts(h)["Root"], parts(h)["Parent"]) for h in headers
        ]
        assert [s.get("fault", False) for s in segments] == [n == 3 for n in range(10)]
        lines = [line for line in log() if line["message"] in ("consuming", "message failed")]
        assert [line["trace_id"] for line in lines] == [parts(h)["Root"] for h in headers]

    def test_what_the_queue_says_of_the_trace_goes_before_what_was_attached(self, handle, invoked, daemon):
        invoked()
        header = trace_header()
        handle(message(event(), sent_along=header, attached=trace_header()))
        (segment,) = daemon.documents()
        assert segment["trace_id"] == parts(header)["Root"]

    def test_lines_tell_the_event_and_its_correlation(self, handle, log):
        good, bad = event(correlation_id="cor-1"), event("Fails", correlation_id="cor-2")
        handle(message(good, 0), message(bad, 1, receives=4))
        taken = next(line for line in log() if line["message"] == "consuming")
        assert (taken["correlation_id"], taken["event_id"], taken["type"]) == ("cor-1", good.event_id, "TicketSolved")
        handle(message(bad, 1, receives=4))
        failed = next(line for line in log() if line["message"] == "message failed")
        assert (failed["correlation_id"], failed["event_id"]) == ("cor-2", bad.event_id)
        assert (failed["message_id"], failed["receives"]) == ("message-1", 4)
        assert failed["exception_name"] == "StaleVersion"

    def test_the_lines_of_one_message_do_not_leak_into_the_next(self, handle, log):
        handle(message(event(), 0), message("{", 1))
        failed = next(line for line in log() if line["message"] == "message failed")
        assert not {"correlation_id", "event_id", "type"} & failed.keys()

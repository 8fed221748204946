"""The inbox that writes a batch together: one call for all, each message in its own trace, each failure its own."""

import pytest
from layer_support import parts, trace_header
from message_support import event
from test_messages_inbox import Strictly, message

from backoffice.errors import Conflict
from backoffice.logs import logger
from backoffice.messages.inbox import BatchInbox
from backoffice.transactions import Transaction


@pytest.fixture
def writes():
    """The minutes that each write was given."""
    return []


@pytest.fixture
def inbox(table, writes):
    """Adds up minutes; an hour is poison to the consumer, two are poison to the write."""

    def write(prepared):
        writes.append([minutes for _, minutes in prepared])
        if 120 in writes[-1]:
            raise OverflowError("too much")
        transaction = Transaction(table)
        for event_id, _ in prepared:
            transaction.add({"pk": event_id, "sk": "SEEN"}, event_id)
        transaction.update("SUM", "1", "ADD minutes :more", values={":more": sum(writes[-1])})
        try:
            transaction.commit()
        except Conflict as conflict:
            left = [one for one in prepared if one[0] not in conflict]
            return conflict.items.keys() | (write(left) if left else set())
        return set()

    inbox = BatchInbox(write=write)

    @inbox.on("TicketSolved", schema=Strictly)
    def worked(received, data):
        logger.info("preparing")
        if data["minutes"] == 60:
            raise ValueError("an hour")
        return received.event_id, data["minutes"]

    return inbox


@pytest.fixture
def handle(inbox, context, monkeypatch):
    rests = []
    monkeypatch.setattr("backoffice.messages.inbox._let_rest", lambda record: rests.append(record.message_id))

    def handle(*messages):
        rests.clear()
        answer = inbox.handler({"Records": list(messages)}, context)
        failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        assert sorted(failed) == sorted(rests)
        return failed

    return handle


def worked(minutes):
    return event(data={"minutes": minutes})


def total(table):
    return table.get("SUM", "1")["minutes"]


def test_a_batch_is_written_together(table, handle, writes):
    assert handle(*(message(worked(number), number) for number in range(10))) == []
    assert writes == [list(range(10))]
    assert total(table) == 45


def test_the_call_is_seen_in_the_trace_of_each_message(handle, invoked, daemon):
    invoked()
    headers = [trace_header() for _ in range(10)]
    assert handle(*(message(worked(1), number, attached=header) for number, header in enumerate(headers))) == []
    documents = daemon.documents()
    segments = [document for document in documents if document.get("type") != "subsegment"]
    assert {segment["trace_id"]: segment["parent_id"] for segment in segments} == {
        parts(header)["Root"]: parts(header)["Parent"] for header in headers
    }
    for segment in segments:
        (call,) = [document for document in documents if document.get("parent_id") == segment["id"]]
        assert call["trace_id"] == segment["trace_id"]
        assert (call["name"], call["namespace"]) == ("dynamodb", "aws")
        assert call["aws"]["operation"] == "TransactWriteItems"
        assert call["aws"]["table_name"].startswith("test-layer")
        assert segment["start_time"] <= call["start_time"] <= call["end_time"] <= segment["end_time"]
        assert segment["annotations"] == {"queue": "inbox"}
        assert not segment.get("fault")


def test_a_message_without_a_trace_is_written_in_that_of_the_invocation(handle, invoked, daemon):
    invocation = parts(invoked())["Root"]
    header = trace_header()
    handle(message(worked(1), 0), message(worked(1), 1, attached=header), message(worked(1), 2))
    calls = [document for document in daemon.documents() if document["trace_id"] == invocation]
    assert [call["name"] for call in calls] == ["dynamodb"]


@pytest.mark.parametrize("bad", ["{", event("NobodyKnows"), event(data={}), worked(60)])
def test_what_cannot_be_prepared_fails_alone_and_the_rest_is_written_together(table, handle, writes, bad):
    assert handle(message(worked(1), 0), message(bad, 1), message(worked(2), 2)) == ["message-1"]
    assert writes == [[1, 2]]
    assert total(table) == 3


def test_what_cannot_be_written_fails_alone(table, handle, writes, invoked, daemon, log):
    invoked()
    headers = [trace_header() for _ in range(3)]
    batch = [message(worked(minutes), n, attached=headers[n]) for n, minutes in enumerate((1, 120, 2))]
    assert handle(*batch) == ["message-1"]
    assert writes == [[1, 120, 2], [1], [120], [2]]
    assert total(table) == 3
    faults = {document["trace_id"]: document.get("fault", False) for document in daemon.documents()}
    assert [faults[parts(header)["Root"]] for header in headers] == [False, True, False]
    failures = [line for line in log() if line["message"] == "message failed"]
    assert [(line["exception_name"], line["trace_id"]) for line in failures] == [
        ("OverflowError", parts(headers[1])["Root"])
    ]


def test_duplicates_are_no_failure(table, handle, log):
    first, second = worked(5), worked(7)
    assert handle(message(first, 0)) == []
    assert handle(message(first, 1), message(second, 2)) == []
    assert total(table) == 12
    told = [(line["message"], line["event_id"]) for line in log() if "taken" in line["message"]]
    assert told == [
        ("event taken", first.event_id),
        ("event had been taken before", first.event_id),
        ("event taken", second.event_id),
    ]


def test_lines_of_each_step_tell_the_message_and_its_trace(handle, invoked, log):
    invoked()
    headers = [trace_header() for _ in range(2)]
    sent = [event(data={"minutes": 1}, correlation_id=f"cor-{number}") for number in range(2)]
    handle(*(message(body, number, attached=headers[number]) for number, body in enumerate(sent)))
    told = log()
    for number, body in enumerate(sent):
        lines = [line for line in told if line.get("message_id") == f"message-{number}"]
        assert [line["message"] for line in lines] == ["preparing", "event taken"]
        for line in lines:
            assert line["trace_id"] == parts(headers[number])["Root"]
            assert (line["correlation_id"], line["event_id"]) == (f"cor-{number}", body.event_id)


def test_if_all_fail_all_are_named_and_nothing_is_written(handle, writes):
    assert handle(message("{", 0), message(worked(60), 1)) == ["message-0", "message-1"]
    assert writes == []

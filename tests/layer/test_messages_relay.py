"""The relay and the sweep: from the outbox to the topic, each event in its own trace."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ConnectTimeoutError
from layer_support import parts, trace_header
from message_support import aggregate, emit, waiting

from backoffice import dynamodb
from backoffice.dynamodb import to_dynamodb
from backoffice.messages import outbox, relay
from backoffice.messages.envelope import Event


@pytest.fixture
def topic(aws, table, monkeypatch):
    """The context's topic with a raw subscription; calling it returns the messages that came since."""
    sns, sqs = dynamodb.client("sns"), dynamodb.client("sqs")
    arn = sns.create_topic(Name=table.name)["TopicArn"]
    url = sqs.create_queue(QueueName=table.name)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    monkeypatch.setenv("TOPIC_ARN", arn)

    def received():
        messages = []
        while True:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            if not answer.get("Messages"):
                return messages
            messages += answer["Messages"]

    return received


def stream(items):
    """The stream's records of new outbox items."""
    return {
        "Records": [{"eventName": "INSERT", "dynamodb": {"NewImage": to_dynamodb(item)}} for item in items],
    }


def attribute(message, name):
    return message["MessageAttributes"][name]["StringValue"]


class FailsFor:
    """An SNS client that refuses some events."""

    def __init__(self, real, *refused):
        self.real = real
        self.refused = refused

    def publish(self, **request):
        if any(event_id in request["Message"] for event_id in self.refused):
            raise ConnectTimeoutError(endpoint_url="http://sns")
        return self.real.publish(**request)


class TestRelay:
    @pytest.fixture
    def refuse(self, monkeypatch):
        """Let SNS refuse the events with these ids."""

        def refuse(*event_ids):
            real = dynamodb.client("sns")
            monkeypatch.setattr(relay, "client", lambda service: FailsFor(real, *event_ids))

        return refuse

    def test_each_event_is_published_in_its_own_trace_and_then_deleted(self, table, topic, context, invoked, daemon):
        headers = []
        for _ in range(3):
            headers.append(parts(invoked()))
            emit(table, aggregate("TicketOpened"))
        invocation = parts(invoked())
        daemon.documents()
        items = sorted(waiting(table), key=lambda item: [h["Root"] for h in headers].index(parts(item["xray"])["Root"]))
        relay.handler(stream(items), context)

        messages = {Event.from_json(message["Body"]).event_id: message for message in topic()}
        assert messages.keys() == {item["sk"] for item in items}
        documents = daemon.documents()
        segments = {d["trace_id"]: d for d in documents if d.get("type") != "subsegment"}
        for item, header in zip(items, headers, strict=True):
            message = messages[item["sk"]]
            assert message["Body"] == item["event"]
            assert attribute(message, "type") == "TicketOpened"
            segment = segments[header["Root"]]
            assert segment["parent_id"] == header["Parent"]
            assert parts(attribute(message, "xray")) == {
                "Root": header["Root"],
                "Parent": segment["id"],
                "Sampled": "1",
            }
            (publish,) = [d for d in documents if d["trace_id"] == header["Root"] and d["name"] == "sns"]
            assert publish["parent_id"] == segment["id"]
        assert waiting(table) == []
        assert invocation["Root"] not in segments

    def test_an_event_of_an_unsampled_request_passes_that_on(self, table, topic, context, invoked, daemon):
        header = invoked(trace_header(sampled=0))
        emit(table, aggregate("TicketOpened"))
        invoked()
        relay.handler(stream(waiting(table)), context)
        assert {d["name"] for d in daemon.documents()} == {"dynamodb"}
        (message,) = topic()
        assert attribute(message, "xray") == header

    def test_an_event_without_a_trace_is_published_without_one(self, table, topic, context):
        emit(table, aggregate("TicketOpened"))
        relay.handler(stream(waiting(table)), context)
        (message,) = topic()
        assert message["MessageAttributes"].keys() == {"type"}

    def test_one_that_fails_does_not_hold_up_the_others_and_stays(self, table, topic, context, refuse):
        emit(table, aggregate(*"ABCDE"))
        items = waiting(table)
        refuse(items[2]["sk"])
        with pytest.raises(ConnectTimeoutError):
            relay.handler(stream(items), context)
        assert len(topic()) == 4
        assert [item["sk"] for item in waiting(table)] == [items[2]["sk"]]

    def test_the_line_of_a_failure_is_in_the_events_own_trace(self, table, topic, context, refuse, invoked, log):
        header = parts(invoked())
        emit(table, aggregate("A"))
        invoked()
        items = waiting(table)
        refuse(items[0]["sk"])
        with pytest.raises(ConnectTimeoutError):
            relay.handler(stream(items), context)
        (line,) = [line for line in log() if line["level"] == "ERROR"]
        assert (line["trace_id"], line["event_id"], line["type"]) == (header["Root"], items[0]["sk"], "A")

    def test_a_crash_between_publishing_and_deleting_publishes_again(self, table, topic, context, monkeypatch):
        emit(table, aggregate("TicketOpened"))
        items = waiting(table)
        with monkeypatch.context() as crashing:
            crashing.setattr(dynamodb.Table, "delete_all", lambda *_: (_ for _ in ()).throw(SystemExit))
            with pytest.raises(SystemExit):
                relay.handler(stream(items), context)
        assert len(waiting(table)) == 1
        relay.handler(stream(items), context)
        first, second = topic()
        assert first["Body"] == second["Body"]
        assert waiting(table) == []

    def test_a_crash_in_a_large_backlog_leaves_only_what_was_not_yet_published(self, table, topic, monkeypatch):
        for _ in range(3):
            emit(table, aggregate(*"A" * 20))
        published = []

        def publish(pending):
            if len(published) == 55:
                raise SystemExit
            published.append(pending.event_id)

        monkeypatch.setattr(relay, "_publish", publish)
        with pytest.raises(SystemExit):
            relay.publish(table, outbox.pending_before(table, datetime.now(UTC) + timedelta(minutes=1)))
        left = {item["sk"] for item in waiting(table)}
        assert len(left) == 60 - 50
        assert not left & set(published[:50])


class TestSweep:
    def test_it_publishes_what_is_older_than_a_minute_only(self, table, topic, context, monkeypatch):
        emit(table, aggregate(*"ABCDEFGH"))
        relay.sweep({}, context)
        assert topic() == []
        now = datetime.now(UTC)
        monkeypatch.setattr(relay, "now", lambda: now + timedelta(seconds=59))
        relay.sweep({}, context)
        assert topic() == []
        monkeypatch.setattr(relay, "now", lambda: now + timedelta(seconds=62))
        relay.sweep({}, context)
        assert sorted(attribute(message, "type") for message in topic()) == list("ABCDEFGH")
        assert waiting(table) == []

    def test_it_continues_the_traces_of_the_requests(self, table, topic, context, monkeypatch, invoked):
        header = parts(invoked())
        emit(table, aggregate("A"))
        invoked()
        monkeypatch.setattr(relay, "now", lambda: datetime.now(UTC) + timedelta(minutes=2))
        relay.sweep({}, context)
        assert parts(attribute(topic()[0], "xray"))["Root"] == header["Root"]

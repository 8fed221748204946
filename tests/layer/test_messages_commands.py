"""Commands and replies: from the asker's outbox to the other context's queue, and back."""

import json

import pytest
from botocore.exceptions import ClientError
from layer_support import parts
from marshmallow import ValidationError, fields
from message_support import AT, aggregate, emit, event, waiting

from backoffice import dynamodb
from backoffice.domain import ReturnAddress
from backoffice.dynamodb import to_dynamodb
from backoffice.ids import is_id
from backoffice.messages import addresses, relay
from backoffice.messages.addresses import return_address
from backoffice.messages.envelope import Event, Origin, originating
from backoffice.messages.inbox import Inbox
from backoffice.schemas import Tolerant
from backoffice.transactions import Transaction

ADDRESS = ReturnAddress("test-invoicing-inbox", event().event_id, "cor-7", "Root=1-67e5a3d0-a1b2;Parent=c3;Sampled=1")


class Question(Tolerant):
    about = fields.String(required=True)


def asking():
    made = aggregate()
    made.ask("customer-support", "OpenDisputeTicket", {"about": "inv_1"}, AT)
    return made


def replying(to=ADDRESS):
    made = aggregate(version=3)
    made.reply(to, "DisputeResolved", {"outcome": "upheld"}, AT)
    return made


@pytest.fixture(autouse=True)
def invoicing(monkeypatch):
    """Work as the invoicing of a stage called test."""
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.setenv("CONTEXT", "invoicing")


@pytest.fixture
def queue(aws, numbers):
    """Make a queue of that name, empty; calling it takes what is in there."""
    made = []
    addresses.url_of.cache_clear()

    def make(name):
        sqs = dynamodb.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        made.append(url)
        return lambda: sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        ).get("Messages", [])

    yield make
    for url in made:
        dynamodb.client("sqs").delete_queue(QueueUrl=url)


def relayed(table, context):
    images = [to_dynamodb(item) for item in waiting(table)]
    relay.handler({"Records": [{"eventName": "INSERT", "dynamodb": {"NewImage": image}} for image in images]}, context)


class TestCommands:
    def test_a_command_says_where_its_asker_waits_for_the_reply(self, table):
        with originating(Origin("cor-1", "req-1")):
            emit(table, asking())
        (item,) = waiting(table)
        command = Event.from_json(item["event"])
        assert command.reply_to == "test-invoicing-inbox"
        assert (command.type, command.data) == ("OpenDisputeTicket", {"about": "inv_1"})
        assert (command.correlation_id, command.causation_id) == ("cor-1", "req-1")

    def test_it_goes_to_the_asked_contexts_queue_and_nowhere_else(self, table, queue, context, invoked):
        header = parts(invoked())
        received = queue("test-customer-support-commands")
        emit(table, asking())
        invoked()
        relayed(table, context)
        (message,) = received()
        assert Event.from_json(message["Body"]).type == "OpenDisputeTicket"
        attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        assert attributes["type"] == "OpenDisputeTicket"
        assert parts(attributes["xray"])["Root"] == header["Root"]
        assert waiting(table) == []

    def test_while_its_queue_is_not_there_it_stays_in_the_outbox(self, table, queue, context):
        emit(table, asking())
        with pytest.raises(ClientError, match="NonExistentQueue"):
            relayed(table, context)
        assert len(waiting(table)) == 1
        received = queue("test-customer-support-commands")
        relayed(table, context)
        assert len(received()) == 1

    def test_facts_and_commands_of_one_change_share_version_and_origin(self, table):
        made = asking()
        made.record("InvoiceDisputed", {}, AT)
        emit(table, made)
        told = [json.loads(item["event"]) for item in waiting(table)]
        assert len({(one["aggregate_version"], one["correlation_id"], one["causation_id"]) for one in told}) == 1
        assert {one["type"]: "reply_to" in one for one in told} == {"OpenDisputeTicket": True, "InvoiceDisputed": False}

    @pytest.mark.parametrize("name", ["", "https://sqs/queue", "a b", "x" * 81, "queue\n"])
    def test_a_reply_can_only_be_wanted_at_a_queues_name(self, name):
        with pytest.raises(ValidationError) as refused:
            Event.from_json(event(reply_to=name).to_json())
        assert refused.value.messages == {"reply_to": ["This is no name of a queue."]}


class TestReplies:
    def test_a_reply_keeps_the_commands_correlation_and_names_it_as_its_cause(self, table):
        with originating(Origin("cor-of-somebody-else", "req-9")):
            emit(table, replying())
        (item,) = waiting(table)
        reply = Event.from_json(item["event"])
        assert (reply.correlation_id, reply.causation_id) == (ADDRESS.correlation_id, ADDRESS.command_id)
        assert reply.reply_to is None
        assert is_id("evt", reply.event_id)
        assert reply.aggregate_version == 4

    def test_it_reaches_the_asker_in_the_trace_of_the_command_although_another_request_gives_it(
        self, table, queue, context, invoked
    ):
        asked = parts(invoked())
        trace = f"Root={asked['Root']};Parent={asked['Parent']};Sampled=1"
        received = queue("test-invoicing-inbox")
        invoked()
        emit(table, replying(ReturnAddress("test-invoicing-inbox", ADDRESS.command_id, "cor-7", trace)))
        relayed(table, context)
        (message,) = received()
        assert parts(message["MessageAttributes"]["xray"]["StringValue"])["Root"] == asked["Root"]

    def test_a_reply_to_an_untraced_command_goes_with_the_request_that_gives_it(self, table, invoked):
        header = parts(invoked())
        emit(table, replying(ReturnAddress("test-invoicing-inbox", ADDRESS.command_id, "cor-7")))
        (item,) = waiting(table)
        assert parts(item["xray"])["Root"] == header["Root"]


class TestAnswering:
    @pytest.fixture
    def inbox(self, table):
        inbox = Inbox()

        @inbox.on("OpenDisputeTicket", schema=Question)
        def answer(command, data):
            made = aggregate()
            made.reply(return_address(command), "DisputeResolved", {"about": data["about"]}, AT)
            transaction = Transaction(table)
            transaction.emit(made)
            transaction.once(command.event_id)
            transaction.commit()

        return inbox

    def test_what_is_asked_twice_is_answered_once(self, inbox, table):
        command = event("OpenDisputeTicket", {"about": "inv_1"}, reply_to="test-invoicing-inbox")
        inbox.take(command.to_json())
        inbox.take(command.to_json())
        (item,) = waiting(table)
        reply = Event.from_json(item["event"])
        assert (reply.causation_id, reply.correlation_id) == (command.event_id, command.correlation_id)
        assert item["queue"] == "test-invoicing-inbox"

    def test_a_command_that_does_not_say_where_to_reply_is_refused(self, inbox, table):
        with pytest.raises(ValidationError, match="must say where to reply"):
            inbox.take(event("OpenDisputeTicket", {"about": "inv_1"}).to_json())
        assert waiting(table) == []

    def test_the_reply_continues_the_trace_that_brought_the_command(self, inbox, table, invoked):
        header = parts(invoked())
        inbox.take(event("OpenDisputeTicket", {"about": "inv_1"}, reply_to="test-invoicing-inbox").to_json())
        (item,) = waiting(table)
        assert parts(item["xray"])["Root"] == header["Root"]

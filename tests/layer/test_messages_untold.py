"""What the contract of a message does not allow is not told: it becomes a dead letter, and all else goes on."""

import json

import pytest
from layer_support import parts
from message_support import AT, emit, waiting

from backoffice import dynamodb
from backoffice.domain import Aggregate
from backoffice.dynamodb import to_dynamodb
from backoffice.ids import new_id
from backoffice.messages import contracts, relay

SCORE = {
    "assignee": "agent@example.com",
    "previous": None,
    "priority": "normal",
    "queue": "general",
    "rated_at": "2026-11-23T17:00:00.000Z",
    "score": 4,
}


@pytest.fixture(autouse=True)
def contracts_of_the_house(contracts_of_nobody, monkeypatch):
    """The contracts hold, as they do on Lambda."""
    monkeypatch.setattr(relay, "fault", contracts.fault)


@pytest.fixture
def queues(aws, table, monkeypatch):
    """The topic and the relay's dead letters; calling it answers what came to which of them."""
    sns, sqs = dynamodb.client("sns"), dynamodb.client("sqs")
    urls = {name: sqs.create_queue(QueueName=f"{table.name}-{name}")["QueueUrl"] for name in ("told", "untold")}
    told = sqs.get_queue_attributes(QueueUrl=urls["told"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=table.name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=told, Attributes={"RawMessageDelivery": "true"})
    monkeypatch.setenv("TOPIC_ARN", topic)
    monkeypatch.setenv("DEAD_LETTERS_URL", urls["untold"])

    def received(name):
        answer = sqs.receive_message(QueueUrl=urls[name], MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        return answer.get("Messages", [])

    return received


def rated(version=1, **changes):
    """A ticket whose customer was asked."""
    made = Aggregate(id=new_id("tkt"))
    data = {"ticket_id": made.id, "customer_id": new_id("cus"), **SCORE, **changes}
    made.record("SatisfactionRecorded", data, AT, schema_version=version)
    return made


def relayed(table, context):
    records = [{"eventName": "INSERT", "dynamodb": {"NewImage": to_dynamodb(item)}} for item in waiting(table)]
    relay.handler({"Records": records}, context)


def reason(letter):
    return letter["MessageAttributes"]["reason"]["StringValue"]


def test_a_batch_goes_on_beside_one_that_is_outside_its_contract(table, queues, context):
    for score in (1, 2, 6, 4, 5):
        emit(table, rated(score=score))
    relayed(table, context)
    told = [json.loads(message["Body"])["data"]["score"] for message in queues("told")]
    (letter,) = queues("untold")
    assert sorted(told) == [1, 2, 4, 5]
    assert json.loads(letter["Body"])["data"]["score"] == 6
    assert reason(letter) == "data.score must be smaller than or equal to 5"
    assert waiting(table) == []


def test_the_letter_says_what_it_is_and_belongs_to_its_requests_trace(table, queues, context, invoked, log):
    header = parts(invoked())
    emit(table, rated(score="4", mood="sunny"))
    invoked()
    relayed(table, context)
    (letter,) = queues("untold")
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert attributes["type"] == "SatisfactionRecorded"
    assert parts(attributes["xray"])["Root"] == header["Root"]
    assert "data.score must be integer" in attributes["reason"]
    assert "data must not contain {'mood'} properties" in attributes["reason"]
    (line,) = [line for line in log() if line["level"] == "ERROR"]
    assert (line["trace_id"], line["exception_name"]) == (header["Root"], "OutsideItsContract")


def test_no_value_is_in_the_reason(table, queues, context, log):
    emit(table, rated(queue="Ada Lovelace"))
    relayed(table, context)
    (letter,) = queues("untold")
    assert reason(letter).startswith("data.queue must match pattern")
    assert "Ada" not in reason(letter) + json.dumps(log())


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (rated(version=7), "there is no contract SatisfactionRecorded.v7.json"),
        (Aggregate(id="nobody"), "envelope.aggregate_id must match pattern"),
    ],
)
def test_a_message_without_a_contract_or_with_a_bad_envelope_is_not_told(table, queues, context, made, expected):
    if not made.facts:
        made.record("SatisfactionRecorded", {}, AT)
    emit(table, made)
    relayed(table, context)
    (letter,) = queues("untold")
    assert reason(letter).startswith(expected)
    assert queues("told") == []


def test_what_cannot_be_set_aside_stays_in_the_outbox(table, queues, context, monkeypatch):
    emit(table, rated(score=6))
    emit(table, rated(score=5))
    monkeypatch.setenv("DEAD_LETTERS_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/nowhere")
    with pytest.raises(dynamodb.client("sqs").exceptions.QueueDoesNotExist):
        relayed(table, context)
    assert len(queues("told")) == 1
    assert len(waiting(table)) == 1

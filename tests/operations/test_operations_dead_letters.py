"""Dead letters: looked at, sent back, discarded. SQS is moto's; whoever else works on it meanwhile is played here."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations import causes, dead_letters, moves, queues
from operations.ages import Ages
from operations.dead_letters import Look
from operations.moves import Order
from operations.problems import Problem
from operations.queues import Queue
from operations.stacks import FUNCTION, QUEUE, Resource, Stacks
from operations.stage import Stage
from tests.operations.answers import AnsweredStage, Refusal, trace_id
from tests.operations.conftest import Serve

INBOX, LETTERS, RELAY = "prod-invoicing-inbox", "prod-invoicing-inbox-dead-letters", "prod-invoicing-relay-dead-letters"
HEADER = f"Root={trace_id()};Parent=53995c3f42cd8ad8;Sampled=1"


class KnownStacks(Stacks):
    """What CloudFormation would tell."""

    def __init__(self, stage: Stage, urls: list[str]) -> None:
        super().__init__(stage)
        self.urls = urls

    def resources(self, type_: str) -> list[Resource]:
        ids = {QUEUE: self.urls, FUNCTION: [INBOX]}[type_]
        return [Resource("invoicing", type_, id_) for id_ in ids]


class Place:
    """An inbox with its dead letters, and the operator's tools on them."""

    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        self.urls = {name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in (LETTERS, RELAY, INBOX)}
        self.feed(INBOX, LETTERS)
        self.stage = Stage("prod")
        self.stacks = KnownStacks(self.stage, list(self.urls.values()))

    def feed(self, source: str, target: str) -> None:
        arn = self.sqs.get_queue_attributes(QueueUrl=self.urls[target], AttributeNames=["QueueArn"])
        policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 5}
        self.sqs.set_queue_attributes(QueueUrl=self.urls[source], Attributes={"RedrivePolicy": json.dumps(policy)})

    def die(self, body: str = "{}", **about: Any) -> str:
        return str(self.sqs.send_message(QueueUrl=self.urls[LETTERS], MessageBody=body, **about)["MessageId"])

    def found(self, name: str = LETTERS) -> tuple[Queue, Queue | None]:
        return queues.dead_letter_queue(self.stage, self.stacks, name)

    def received(self, name: str) -> list[dict[str, Any]]:
        """All that a consumer could receive now; it is visible again at once."""
        answer = self.sqs.receive_message(
            QueueUrl=self.urls[name],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def redrive(self, *ids: str, **how: Any) -> moves.Outcome:
        return moves.redrive(self.stage, *self.found(), Order("redrive", ids or None, **{"rate": 100.0, **how}))

    def discard(self, *ids: str, **how: Any) -> moves.Outcome:
        return moves.discard(self.stage, self.found()[0], Order("discard", ids or None, **{"rate": 100.0, **how}))

    def before(self, operation: str, act: Any) -> None:
        """Something comes in between: `act()` is called before each request of the operation."""
        events = self.stage.client("sqs").meta.events
        events.register(f"before-call.sqs.{operation}", lambda **_: act())


@pytest.fixture
def place() -> Iterator[Place]:
    with mock_aws():
        yield Place()


def fail(error: BaseException) -> Any:
    def act() -> None:
        raise error

    return act


def refuse(code: str) -> Any:
    def act() -> tuple[Any, dict[str, Any]]:
        refusal = Refusal(code)
        return type("Answer", (), {"status_code": refusal.status}), refusal.parsed

    return act


def test_looking_hides_nothing_and_takes_nothing_away(place: Place) -> None:
    ids = {place.die(f"body {number}") for number in range(23)}
    found = dead_letters.listed(place.stage, place.found()[0])

    assert {letter["id"] for letter in found["items"]} == ids
    assert not found["truncated"]
    with Look(place.stage, place.found()[0]) as look:
        assert {message["MessageId"] for message in look.all()} == ids


def test_a_letter_tells_its_event_its_trace_and_how_often_it_was_received(place: Place) -> None:
    text = {"DataType": "String", "StringValue": HEADER}
    body = json.dumps({"type": "TicketSolved", "event_id": "evt_1"})
    letter_id = place.die(body, MessageAttributes={"xray": text})
    (letter,) = dead_letters.listed(place.stage, place.found()[0])["items"]

    assert letter["id"] == letter_id
    assert (letter["event_type"], letter["event_id"]) == ("TicketSolved", "evt_1")
    assert (letter["trace_id"], letter["attributes"]) == (trace_id(), {"xray": HEADER})
    assert letter["receives"] == 1
    assert letter["sent_at"] and letter["first_received_at"]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (HEADER, trace_id()),
        (f"Parent=53995c3f42cd8ad8;Root={trace_id()}", trace_id()),
        ("Root=nonsense", None),
        ("", None),
    ],
)
def test_the_trace_is_that_of_the_header_which_sqs_carries(header: str, found: str | None) -> None:
    message = {"MessageId": "m", "Body": "x", "Attributes": {"AWSTraceHeader": header}}

    assert dead_letters.told(message)["trace_id"] == found


@pytest.mark.parametrize("body", ["<script>alert(1)</script>", '"text"', "[1]", '{"type": 7}', "{" * 5000, "ü\ud83d"])
def test_a_body_is_told_as_text_whatever_it_is(body: str) -> None:
    told = dead_letters.told({"MessageId": "m", "Body": body})

    assert (told["body"], told["event_type"]) == (body, None)


def test_a_megabyte_of_text_is_cut_in_the_list_and_whole_when_it_is_opened(place: Place, serve: Serve) -> None:
    body = "ä" * 120_000  # moto's queues take 256 KiB, as SQS's did until 2025
    letter_id = place.die(body)
    (letter,) = dead_letters.listed(place.stage, place.found()[0])["items"]

    assert letter["body"] == "ä" * (dead_letters.SHOWN_BYTES // 2)
    assert letter["body_bytes"] == 240_000
    assert dead_letters.opened(place.stage, place.found()[0], letter_id)["body"] == body


def test_many_large_letters_make_a_list_of_a_few_megabytes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "MOST_BYTES", 3 * dead_letters.SHOWN_BYTES)
    for _ in range(8):
        place.die("x" * 100_000)
    shown = [len(letter["body"]) for letter in dead_letters.listed(place.stage, place.found()[0])["items"]]

    assert sorted(shown) == [512] * 5 + [dead_letters.SHOWN_BYTES] * 3


def test_a_letter_goes_back_as_it_was(place: Place) -> None:
    attributes = {
        "type": {"DataType": "String", "StringValue": "TicketSolved"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": HEADER}}
    letter_id = place.die("<b>", MessageAttributes=attributes, MessageSystemAttributes=header)
    outcome = place.redrive(letter_id)

    assert (outcome.done, outcome.failed) == ([letter_id], [])
    (message,) = place.received(INBOX)
    assert message["Body"] == "<b>"
    assert {name: value["DataType"] for name, value in message["MessageAttributes"].items()} == {
        "type": "String",
        "raw": "Binary",
    }
    assert message["MessageAttributes"]["raw"]["BinaryValue"] == b"\x00\x01"
    assert message["Attributes"]["AWSTraceHeader"] == HEADER
    assert place.received(LETTERS) == []


def test_only_the_letters_that_are_named_go_back(place: Place) -> None:
    ids = [place.die(str(number)) for number in range(15)]
    outcome = place.redrive(ids[3], ids[11])

    assert sorted(outcome.done) == sorted([ids[3], ids[11]])
    assert {message["Body"] for message in place.received(INBOX)} == {"3", "11"}
    assert len(dead_letters.listed(place.stage, place.found()[0])["items"]) == 13


def test_all_go_back_or_as_many_as_are_asked_for(place: Place) -> None:
    for number in range(25):
        place.die(str(number))

    assert len(place.redrive(most=12).done) == 12
    assert queues.depth(place.stage, place.found()[0]) == 13
    assert len(place.redrive().done) == 13
    assert place.received(LETTERS) == []


def test_a_letter_that_fails_again_meanwhile_is_not_sent_back_for_ever(place: Place) -> None:
    first = place.die("poison")
    sent_again: list[str] = []

    def fail_again(**told: Any) -> None:
        sent_again.append(told["parsed"]["MessageId"])
        if len(sent_again) > 5:
            raise AssertionError("sent back again and again")

    # What is sent to the inbox is dead at once: both are one queue.
    queue, _ = place.found()
    place.stage.client("sqs").meta.events.register("after-call.sqs.SendMessage", fail_again)
    outcome = moves.redrive(place.stage, queue, queue, Order("redrive", None, rate=100.0))

    assert outcome.done == [first]
    assert [message["MessageId"] for message in place.received(LETTERS)] == sent_again


def test_a_crash_between_sending_and_deleting_doubles_a_letter_and_loses_none(place: Place) -> None:
    place.die("precious")
    place.before("DeleteMessage", fail(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        place.redrive()

    assert [message["Body"] for message in place.received(INBOX)] == ["precious"]
    assert [message["Body"] for message in place.received(LETTERS)] == ["precious"]


def test_a_letter_that_cannot_be_sent_stays_where_it_is(place: Place) -> None:
    letter_id = place.die("stays")
    place.before("SendMessage", refuse("AccessDenied"))
    with pytest.raises(Problem, match="may not call SendMessage"):
        place.redrive(letter_id)

    assert [message["MessageId"] for message in place.received(LETTERS)] == [letter_id]


def test_what_concerns_one_letter_only_does_not_hold_up_the_others(place: Place) -> None:
    for number in range(3):
        place.die(str(number))
    answers = iter([None, refuse("InvalidMessageContents")(), None])
    place.before("SendMessage", lambda: next(answers))
    outcome = place.redrive()

    assert (len(outcome.done), len(outcome.failed)) == (2, 1)
    assert len(place.received(LETTERS)) == 1


def test_what_would_befall_every_letter_stops_at_once_and_tells_what_was_done(place: Place) -> None:
    for number in range(5):
        place.die(str(number))
    answers = iter([None, None, refuse("ThrottlingException")()])
    place.before("SendMessage", lambda: next(answers))
    outcome = place.redrive()

    assert (len(outcome.done), len(outcome.failed)) == (2, 1)
    assert "throttled" in outcome.failed[0]["reason"]
    assert len(place.received(LETTERS)) == 3


def test_a_letter_that_another_operator_has_taken_is_gone(place: Place) -> None:
    letter_id = place.die("one")
    with Look(place.stage, place.found()[0]) as other:
        (message,) = other.all()
        place.sqs.delete_message(QueueUrl=place.urls[LETTERS], ReceiptHandle=message["ReceiptHandle"])
        other.deleted(message)
    outcome = place.redrive(letter_id)

    assert outcome.done == []
    assert "is gone" in outcome.failed[0]["reason"]
    assert place.received(INBOX) == []


def test_a_letter_that_another_operator_is_just_looking_at_is_waited_for(place: Place) -> None:
    letter_id = place.die("one")
    other = Look(place.stage, place.found()[0])
    (_,) = other.all()
    asked: list[None] = []

    def give_back_later() -> None:
        asked.append(None)
        if len(asked) == 3:
            other.__exit__()

    place.before("ReceiveMessage", give_back_later)

    assert place.redrive(letter_id).done == [letter_id]


def test_a_dry_run_tells_which_letters_it_would_be_and_changes_nothing(place: Place) -> None:
    ids = {place.die(str(number)) for number in range(12)}
    outcome = place.redrive(dry_run=True)

    assert set(outcome.done) == ids
    assert place.received(INBOX) == []
    assert len(dead_letters.listed(place.stage, place.found()[0])["items"]) == 12


def test_the_rate_is_kept(place: Place) -> None:
    for number in range(6):
        place.die(str(number))
    began = time.monotonic()
    place.redrive(rate=20.0)

    assert time.monotonic() - began >= 5 / 20


@pytest.mark.parametrize("rate", [0.0, -1.0, 1000.0, float("nan")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(Problem, match="letters a second"):
        Order("redrive", None, rate=rate)


def test_a_discarded_letter_is_deleted_and_sent_nowhere(place: Place) -> None:
    keep, discard = place.die("keep"), place.die("discard")
    outcome = place.discard(discard)

    assert outcome.done == [discard]
    assert [message["MessageId"] for message in place.received(LETTERS)] == [keep]
    assert place.received(INBOX) == []


def test_letters_of_a_stream_have_nothing_to_go_back_with_and_may_be_discarded(place: Place) -> None:
    place.sqs.send_message(QueueUrl=place.urls[RELAY], MessageBody="{}")
    outcome = moves.redrive(place.stage, *place.found(RELAY), Order("redrive", None))
    assert outcome.done == []
    assert "records of the table's stream" in outcome.failed[0]["reason"]

    assert len(moves.discard(place.stage, place.found(RELAY)[0], Order("discard", None)).done) == 1


def test_a_queue_that_several_feed_has_no_one_way_back(place: Place) -> None:
    place.urls["prod-other"] = place.sqs.create_queue(QueueName="prod-other")["QueueUrl"]
    place.feed("prod-other", LETTERS)
    place.stacks.urls.append(place.urls["prod-other"])
    with pytest.raises(Problem, match="fed by several queues"):
        place.redrive()


def test_a_fifo_queue_is_not_redriven_letter_by_letter(place: Place) -> None:
    for name in ("prod-orders-dead-letters.fifo", "prod-orders.fifo"):
        made = place.sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
        place.urls[name] = made["QueueUrl"]
        place.stacks.urls.append(made["QueueUrl"])
    place.feed("prod-orders.fifo", "prod-orders-dead-letters.fifo")
    with pytest.raises(Problem, match=r"FIFO.*start-message-move-task"):
        moves.redrive(place.stage, *place.found("prod-orders-dead-letters.fifo"), Order("redrive", None))


def test_the_overview_shows_dead_letters_with_the_queue_that_they_came_out_of(place: Place) -> None:
    place.die()
    overview = queues.overview(place.stage, place.stacks, Ages(place.stage))
    items = {item["name"]: item for item in overview["items"]}

    assert set(items) == {INBOX, RELAY}
    letters = items[INBOX]["dead_letters"]
    assert (letters["name"], letters["depth"], letters["redrivable"]) == (LETTERS, 1, True)
    assert (items[RELAY]["depth"], items[RELAY]["dead_letters"]["redrivable"]) == (None, True)


class ToldAgain:
    """A relay that tells all but the messages that are still outside their contract: those are letters again."""

    def __init__(self, place: Place, *refused: str) -> None:
        self.images: list[dict[str, Any]] = []
        self.place, self.refused = place, refused

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:
        assert FunctionName == RELAY.removesuffix("-dead-letters")
        (record,) = json.loads(Payload)["Records"]
        image = {name: value["S"] for name, value in record["dynamodb"]["NewImage"].items()}
        self.images.append(image)
        if image["sk"] in self.refused:
            set_aside(self.place, image["sk"])
        return {"StatusCode": 200}


def set_aside(place: Place, event_id: str, **more: str) -> str:
    attributes = {"type": "TicketSolved", "reason": "data.score must be integer", "xray": HEADER, **more}
    told = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    body = json.dumps({"event_id": event_id})
    sent = place.sqs.send_message(QueueUrl=place.urls[RELAY], MessageBody=body, MessageAttributes=told)
    return str(sent["MessageId"])


def relay_of(place: Place, monkeypatch: pytest.MonkeyPatch, *refused: str) -> ToldAgain:
    relay, real = ToldAgain(place, *refused), place.stage.client
    monkeypatch.setattr(place.stage, "client", lambda service: relay if service == "lambda" else real(service))
    return relay


def test_what_a_relay_has_set_aside_is_handed_to_it_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    letter_id = set_aside(place, "evt_1", queue="prod-customer-support-commands")
    relay = relay_of(place, monkeypatch)
    outcome = moves.redrive(place.stage, *place.found(RELAY), Order("redrive", None))

    assert (outcome.done, place.received(RELAY)) == ([letter_id], [])
    assert relay.images == [
        {
            "pk": "OUTBOX#0",
            "sk": "evt_1",
            "type": "TicketSolved",
            "event": '{"event_id": "evt_1"}',
            "queue": "prod-customer-support-commands",
            "xray": HEADER,
        }
    ]


def test_what_is_still_outside_its_contract_is_a_letter_again_and_not_handed_on_for_ever(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        set_aside(place, f"evt_{number}")
    relay = relay_of(place, monkeypatch, "evt_1")
    moves.redrive(place.stage, *place.found(RELAY), Order("redrive", None, rate=100.0))

    assert sorted(image["sk"] for image in relay.images) == ["evt_0", "evt_1", "evt_2"]
    (left,) = place.received(RELAY)
    assert json.loads(left["Body"])["event_id"] == "evt_1"


def test_a_message_that_was_set_aside_tells_why(place: Place) -> None:
    set_aside(place, "evt_1")
    queue, source = place.found(RELAY)
    (letter,) = dead_letters.listed(place.stage, queue)["items"]
    found = causes.exceptions(place.stage, place.stacks, source, letter)

    assert found["trace_id"] == letter["trace_id"] == trace_id()
    assert found["exceptions"] == [{"type": "OutsideItsContract", "message": "data.score must be integer", "stack": []}]


def test_the_age_of_a_queues_oldest_message_is_that_of_its_metric(place: Place) -> None:
    place.sqs.send_message(QueueUrl=place.urls[INBOX], MessageBody="{}")
    measured = datetime.now(UTC) - timedelta(minutes=2)
    value = {"MetricName": "ApproximateAgeOfOldestMessage", "Value": 7.0, "Timestamp": measured}
    dimensions = [{"Name": "QueueName", "Value": INBOX}]
    boto3.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=[value | {"Dimensions": dimensions}])
    items = queues.overview(place.stage, place.stacks, Ages(place.stage))["items"]

    assert {item["name"]: item["oldest_age"] for item in items} == {INBOX: 7.0, RELAY: None}


def test_every_letter_that_is_touched_leaves_a_line_that_names_who_and_no_content(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = place.die("secret body")
    place.redrive(moved)
    stays = place.die("secret body")
    place.before("DeleteMessage", refuse("AccessDenied"))
    with pytest.raises(Problem):
        place.discard(stays)
    told = capsys.readouterr().err
    lines = [json.loads(line) for line in told.splitlines()]

    assert [(line["action"], line["message_id"], line["outcome"]) for line in lines] == [
        ("redrive", moved, "done"),
        ("discard", stays, "access_denied"),
    ]
    assert all(line["who"].startswith("arn:aws:") and line["queue"] == LETTERS and line["at"] for line in lines)
    assert "secret" not in told


def test_nobody_touches_a_letter_without_a_name(place: Place) -> None:
    letter_id = place.die()
    events = place.stage.client("sts").meta.events
    events.register("before-call.sts.GetCallerIdentity", lambda **_: refuse("AccessDenied")())
    with pytest.raises(Problem, match="may not call GetCallerIdentity"):
        place.redrive(letter_id)

    assert place.received(INBOX) == []


def letter(**about: Any) -> dict[str, Any]:
    return {"id": "m-1", "sent_at": "2026-01-01T00:00:00Z", "trace_id": None, "attributes": {}} | about


def record(at: float, queue: str, message: str) -> dict[str, Any]:
    cause = {"exceptions": [{"id": "e", "type": "NoRate", "message": message, "stack": []}]}
    own = {"id": f"r{at}", "name": INBOX, "start_time": at, "end_time": at + 1, "trace_id": trace_id()}
    return {**own, "origin": "AWS::Lambda::Function", "annotations": {"queue": queue}, "fault": True, "cause": cause}


def test_the_exceptions_are_those_of_the_records_that_worked_on_a_message_of_the_queue(place: Place) -> None:
    documents = [record(1, INBOX, "old"), record(3, INBOX, "new"), record(2, INBOX, "new"), record(4, "other", "no")]
    segments = [{"Id": one["id"], "Document": json.dumps(one)} for one in documents]
    stage = AnsweredStage({"BatchGetTraces": {"Traces": [{"Id": trace_id(), "Segments": segments}]}})
    found = causes.exceptions(stage, place.stacks, place.found()[1], letter(trace_id=trace_id()))

    assert [one["message"] for one in found["exceptions"]] == ["new", "old"]


@pytest.mark.parametrize("known", [None, trace_id(number=7)], ids=["without a trace", "whose trace is gone"])
def test_where_no_trace_tells_the_consumers_log_does(place: Place, known: str | None) -> None:
    line = {
        "level": "ERROR",
        "message": "message failed",
        "message_id": "m-1",
        "trace_id": trace_id(number=1),
        "exception": 'Traceback (most recent call last):\n  File "/var/task/inbox.py", line 7, in take\n    raise x\n'
        "ValueError: The message is not JSON.",
        "exception_name": "ValueError",
    }
    event = {"timestamp": 1_767_225_600_000, "message": json.dumps(line), "logStreamName": "s"}
    stage = AnsweredStage({"FilterLogEvents": {"events": [event]}})
    found = causes.exceptions(stage, place.stacks, place.found()[1], letter(trace_id=known))

    assert found["exceptions"] == [
        {"type": "ValueError", "message": "The message is not JSON.", "stack": ["take (inbox.py:7)"]}
    ]
    assert found["trace_id"] == (known or trace_id(number=1))
    (asked,) = stage.requests("FilterLogEvents")
    assert (asked["logGroupName"], asked["filterPattern"]) == (f"/aws/lambda/{INBOX}", '"m-1"')

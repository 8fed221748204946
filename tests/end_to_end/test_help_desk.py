"""The help desk on a deployed stage: what time, mail and the table's stream bring about."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any

import pytest
import requests

from local.client import Client
from local.demo.apis import Apis
from local.demo.cast import Cast
from local.demo.waiting import until
from tests.end_to_end.problems import assert_problem
from tests.stage import Stage

TABLE = "local-customer-support"
CLOCK = "local-customer-support-clock"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ROUND_THE_CLOCK = {
    "name": "Always",
    "time_zone": "UTC",
    "week": dict.fromkeys(WEEKDAYS, [{"start": "00:00", "end": "24:00"}]),
}


@pytest.fixture
def support(services: Apis) -> Client:
    return services.support


@pytest.fixture
def customer(support: Client) -> dict[str, Any]:
    return dict(support.post("/customers", Cast(uuid.uuid4().int % 10**6).customer()).body)


@pytest.fixture
def heard(stage: Stage) -> Iterator[Any]:
    """The events that support's topic has told since, by a queue of this test's own."""
    sqs, sns = stage.client("sqs"), stage.client("sns")
    url = sqs.create_queue(QueueName=f"heard-{uuid.uuid4().hex}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    topics = [one["TopicArn"] for one in sns.list_topics()["Topics"]]
    (topic,) = [one for one in topics if one.endswith(":local-customer-support-events")]
    raw = {"RawMessageDelivery": "true"}
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)["SubscriptionArn"]
    events: list[Any] = []

    def read(type: str, ticket_id: str) -> list[Any]:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            events.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [one for one in events if (one["type"], one["aggregate_id"]) == (type, ticket_id)]

    yield read
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=url)


def test_a_broken_promise_is_told_once_by_the_clock(
    stage: Stage, support: Client, customer: dict[str, Any], heard: Any
) -> None:
    queue = f"q{uuid.uuid4().hex[:10]}"
    support.put("/calendars/always", ROUND_THE_CLOCK)
    targets = {"normal": {"first_response_minutes": 1, "resolution_minutes": 600}}
    support.put(f"/sla-policies/{queue}", {"name": "Fast", "calendar_id": "always", "targets": targets})
    _promise_an_answer_within_a_second(stage, queue)
    path, ticket_id = _ticket(support, customer, queue=queue)

    def clocks() -> list[str]:
        return [one["state"] for one in support.get(f"{path}/sla").body["clocks"]]

    until("the second is over", lambda: clocks() == ["breached", "running"])
    for _ in range(3):
        assert "FunctionError" not in stage.client("lambda").invoke(FunctionName=CLOCK, Payload=b"{}")
    until("the breach is told", lambda: heard("SlaBreached", ticket_id))
    stage.client("lambda").invoke(FunctionName=CLOCK, Payload=b"{}")
    assert [one["data"]["metric"] for one in heard("SlaBreached", ticket_id)] == ["first_response"]
    assert [line["action"] for line in support.every(f"{path}/history")] == ["opened", "breached"]


def test_of_two_agents_who_solve_at_once_one_wins_and_one_event_goes_out(
    support: Client, customer: dict[str, Any], heard: Any
) -> None:
    path, ticket_id = _ticket(support, customer)
    support.post(f"{path}/assign", {"assignee": "agent@example.com"})
    with ThreadPoolExecutor(4) as agents:
        replies = list(agents.map(lambda _: _act(support, f"{path}/solve"), range(4)))

    assert sorted(reply.status for reply in replies)[0] == 200
    assert {reply.status for reply in replies if reply.status != 200} <= {409, 412}
    assert [reply.status for reply in replies].count(200) == 1
    until("the solution is told", lambda: heard("TicketSolved", ticket_id))
    assert len(heard("TicketSolved", ticket_id)) == 1


def test_a_ticket_goes_its_whole_way(support: Client, customer: dict[str, Any]) -> None:
    path, _ = _ticket(support, customer)
    reply = {"body": "Still.", "author": "customer"}
    steps = [
        ("assign", {"assignee": "agent@example.com"}, "open"),
        ("hold", {"waiting_for": "customer"}, "pending"),
        ("messages", reply, "open"),
        ("hold", {}, "on_hold"),
        ("resume", None, "open"),
        ("solve", None, "solved"),
        ("messages", reply, "open"),
        ("solve", None, "solved"),
        ("reopen", None, "open"),
        ("solve", None, "solved"),
        ("close", None, "closed"),
    ]
    for action, body, status in steps:
        support.post(f"{path}/{action}", body)
        assert support.get(path).body["status"] == status
    support.put(f"{path}/satisfaction", {"score": 5})
    problem = _act(support, f"{path}/reopen")
    assert_problem(problem, 409, "illegal_transition")
    assert (problem.body["status_now"], problem.body["allowed_actions"]) == ("closed", ["rate"])
    follow_up = support.post(f"{path}/messages", reply).body["ticket_id"]
    assert support.get(f"/tickets/{follow_up}").body["follow_up_of"] == path.removeprefix("/tickets/")


def test_a_text_is_found_within_moments_of_being_written(support: Client, customer: dict[str, Any]) -> None:
    word = f"w{uuid.uuid4().hex[:12]}"
    _, ticket_id = _ticket(support, customer, body=f"It burns: {word}")
    until("the text is found", lambda: _found(support, q=f"burns {word.upper()}") == [ticket_id])


def test_lists_show_a_ticket_where_it_belongs(support: Client, customer: dict[str, Any]) -> None:
    mark = f"m{uuid.uuid4().hex[:10]}"
    path, ticket_id = _ticket(support, customer, queue=mark, tags=[mark])
    before = support.get(path).body["updated_at"]
    support.post(f"{path}/assign", {"assignee": f"{mark}@example.com"})
    for query in (
        {"queue": mark},
        {"queue": mark, "status": "open"},
        {"tag": mark},
        {"tag": mark, "status": "open"},
        {"assignee": f"{mark}@example.com", "status": "open"},
        {"customer_id": customer["id"], "status": "open"},
    ):
        assert _found(support, **query) == [ticket_id]
    assert _found(support, tag=mark, status="new") == []
    assert ticket_id in _found(support, updated_after=before)


def test_a_mail_opens_a_ticket_and_the_next_one_answers_it(stage: Stage, support: Client) -> None:
    question = _mail("It burns.")
    question.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="fire.png")
    taken = _received(stage, support, question.as_bytes())
    assert taken["fate"] == "opened"

    answer = _mail("Still burns.", In_Reply_To=question["Message-ID"], From=question["From"])
    assert _received(stage, support, answer.as_bytes())["ticket_id"] == taken["ticket_id"]
    messages = support.every(f"/tickets/{taken['ticket_id']}/messages")
    assert [one["body"] for one in messages] == ["It burns.", "Still burns."]
    _, picture = messages[0]["attachments"]
    assert _downloaded(stage, taken["ticket_id"], picture["id"]) == b"\x89PNG"


def test_what_is_no_mail_is_kept_as_it_was_received_and_its_ticket_marked(stage: Stage, support: Client) -> None:
    raw = bytes(range(256)) + uuid.uuid4().bytes
    taken = _received(stage, support, raw)
    assert support.get(f"/tickets/{taken['ticket_id']}").body["marks"] == ["not_a_mail"]
    (message,) = support.every(f"/tickets/{taken['ticket_id']}/messages")
    (original,) = message["attachments"]
    assert _downloaded(stage, taken["ticket_id"], original["id"]) == raw


def test_an_out_of_office_note_wakes_nobody(stage: Stage, support: Client, customer: dict[str, Any]) -> None:
    path, ticket_id = _ticket(support, customer)
    support.post(f"{path}/hold", {"waiting_for": "customer"})
    away = _mail("I am away.", Auto_Submitted="auto-replied", Subject=f"Re: [{ticket_id}]")
    assert _received(stage, support, away.as_bytes())["fate"] == "noted"
    assert support.get(path).body["status"] == "pending"


def test_an_export_holds_what_a_customer_has_said(support: Client, customer: dict[str, Any]) -> None:
    _, ticket_id = _ticket(support, customer)
    export = support.get(f"/customers/{customer['id']}/export").body
    assert export["customer"] == customer
    assert [one["ticket"]["id"] for one in export["tickets"]] == [ticket_id]
    assert [one["body"] for one in export["tickets"][0]["messages"]] == ["It burns."]


def _ticket(support: Client, customer: dict[str, Any], **details: Any) -> tuple[str, str]:
    question = {"customer_id": customer["id"], "subject": "Printer on fire", "body": "It burns.", **details}
    ticket_id = support.post("/tickets", question).body["id"]
    return f"/tickets/{ticket_id}", ticket_id


def _act(support: Client, path: str) -> Any:
    return support.send("POST", path, headers={"Idempotency-Key": str(uuid.uuid4())})


def _found(support: Client, **query: str) -> list[str]:
    return [ticket["id"] for ticket in support.get("/tickets", **query).body["items"]]


def _promise_an_answer_within_a_second(stage: Stage, policy: str) -> None:
    """The API promises minutes; a test cannot wait for them."""
    stage.client("dynamodb").update_item(
        TableName=TABLE,
        Key={"pk": {"S": "SERVICE_LEVELS"}, "sk": {"S": "SERVICE_LEVELS"}},
        UpdateExpression="SET policies.#policy.targets.normal.first_response = :second",
        ExpressionAttributeNames={"#policy": policy},
        ExpressionAttributeValues={":second": {"N": "1"}},
    )


def _downloaded(stage: Stage, ticket_id: str, attachment_id: str) -> bytes:
    url = f"{stage.endpoints['services']['customer-support']}/tickets/{ticket_id}/attachments/{attachment_id}"
    token = {"Authorization": f"Bearer {stage.token()}"}
    redirect = requests.get(url, headers=token, allow_redirects=False, timeout=30)
    assert redirect.status_code == 303
    return requests.get(redirect.headers["Location"], timeout=30).content


def _mail(body: str, **headers: str) -> EmailMessage:
    mark = uuid.uuid4().hex
    message = EmailMessage()
    usual = {"From": f"Ann <{mark}@example.com>", "Subject": "Printer on fire", "Message-ID": f"<{mark}@example.com>"}
    for name, value in {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        message[name] = value
    message.set_content(body)
    return message


def _received(stage: Stage, support: Client, raw: bytes) -> dict[str, Any]:
    """Drop a mail into the bucket as SES does, and wait for what becomes of it."""
    stack = stage.client("cloudformation").describe_stacks(StackName=TABLE)["Stacks"][0]
    (bucket,) = [one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == "MailBucketName"]
    key = f"inbound/{uuid.uuid4().hex}"
    stage.client("s3").put_object(Bucket=bucket, Key=key, Body=raw)

    def taken() -> Any:
        mails = support.get("/mails", limit=100).body["items"]
        return next((mail for mail in mails if mail["key"] == key), None)

    return dict(until("the mail is taken", taken))

"""A person is erased on a deployed stage: afterwards nothing tells of them but what the law keeps."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from local.client import Client, Reply
from local.demo.apis import Apis
from local.demo.cast import SELLER
from local.demo.traces import documents, trace_ids
from local.demo.waiting import until
from tests.end_to_end.problems import assert_problem
from tests.stage import Stage

Body = dict[str, Any]
TAX = {"category": "S", "rate": "19"}
LINE = {"quantity": "1", "unit": "C62", "unit_price": "100.00", "tax": TAX}


@dataclass
class Person:
    """Somebody with tickets, mails and invoices; ``mark`` is in the name, the address and in all that is written."""

    mark: str
    id: str = ""
    tickets: tuple[str, ...] = ()
    invoice: str = ""

    @property
    def email(self) -> str:
        return f"{self.mark}@example.com"


@pytest.fixture(scope="module")
def began() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def people(stage: Stage, services: Apis, began: datetime) -> list[Person]:
    """Two people with the same life here."""
    marks = [f"{name}{uuid.uuid4().hex[:12]}" for name in ("zoe", "bea")]
    services.invoicing.put("/seller", SELLER)
    with ThreadPoolExecutor() as lives:
        return list(lives.map(lambda mark: _live(stage, services, Person(mark)), marks))


@pytest.fixture(scope="module")
def person(people: list[Person]) -> Person:
    return people[0]


@pytest.fixture(scope="module")
def beside(people: list[Person]) -> Person:
    return people[1]


@pytest.fixture(scope="module")
def asked(stage: Stage, services: Apis, person: Person) -> Reply:
    """The request that has the person erased, whose erasure has come to its end."""
    assert len(set(_tables(stage, person.mark))) > 10
    assert len(list(_objects(stage, person.mark))) == 3
    path = f"/customers/{person.id}/erasure"
    reply = services.support.post(path)
    assert (reply.status, reply.headers["location"]) == (202, f"/erasures/{reply.body['id']}")
    location = reply.headers["location"]
    until("the certificate", lambda: services.support.get(location).body["state"] == "completed")
    return reply


def test_ends_with_a_certificate_that_tells_nothing_of_the_person(services: Apis, person: Person, asked: Reply) -> None:
    erasure = services.support.get(f"/erasures/{asked.body['id']}").body
    assert person.mark not in str(erasure)
    certificate = erasure["certificate"]
    assert {one["times_asked"] for one in erasure["contexts"]} == {1}
    erased = {(one["context"], one["what"]): one["count"] for one in certificate["erased"]}
    assert erased == {
        ("customer-support", "customer"): 1,
        ("customer-support", "tickets"): 2,
        ("customer-support", "messages"): 5,
        ("customer-support", "files"): 3,
        ("customer-support", "time_entries"): 1,
        ("invoicing", "account"): 1,
        ("invoicing", "drafts"): 2,
    }
    kept = {
        one["what"]: (one["context"], one["count"], one["legal_basis"], one["until"]) for one in certificate["kept"]
    }
    law = ("invoicing", 1, "§ 147 AO, § 14b UStG", f"{datetime.now(UTC).year + 8}-12-31")
    assert kept == {"invoices": law, "payments": law}


def test_leaves_what_the_law_keeps_and_nothing_else_anywhere_on_the_stage(
    stage: Stage, services: Apis, person: Person, began: datetime, asked: Reply
) -> None:
    assert set(_tables(stage, person.mark)) == {f"local-invoicing INVOICE#{person.invoice}"}
    assert list(_objects(stage, person.mark)) == []
    assert list(_messages(stage, person.mark)) == []
    assert list(_logged(stage, person.mark, began)) == []
    assert [one for one in _trace(stage, asked) if person.mark in str(one)] == []

    told = {path: person.mark in str(reply.body) for path, reply in _reads(services, person)}
    assert [path for path, tells in told.items() if tells] == [f"/invoices?account_id={person.id}"]
    assert person.mark in services.invoicing.get(f"/invoices/{person.invoice}/document?format=ubl").body


def test_leaves_whoever_is_beside_as_they_were(services: Apis, beside: Person, asked: Reply) -> None:
    assert services.support.get(f"/customers/{beside.id}").body["email"] == beside.email
    assert services.support.get(f"/customers?email={beside.email}").body["items"][0]["id"] == beside.id
    found = services.support.get(f"/tickets?q={beside.mark}").body["items"]
    assert {one["id"] for one in found} == set(beside.tickets)
    bodies = [
        one["body"] for id in beside.tickets for one in services.support.get(f"/tickets/{id}/messages").body["items"]
    ]
    assert [body for body in bodies if beside.mark not in body] == []
    assert services.invoicing.get(f"/accounts/{beside.id}").body["email"] == beside.email


def test_is_one_trace_from_the_request_to_the_certificate(stage: Stage, asked: Reply) -> None:
    functions = {
        f"local-{name}"
        for name in (
            "customer-support-commands",
            "customer-support-relay",
            "customer-support-inbox",
            "invoicing-inbox",
            "invoicing-relay",
            "analytics-inbox",
            "analytics-relay",
        )
    }
    queues = {"customer-support-commands", "customer-support-inbox", "invoicing-commands", "analytics-commands"}
    wanted = functions | {f"local-{name}" for name in queues} | {"local-customer-support-events"}
    found = until("the whole trace", lambda: all_there(_trace(stage, asked), wanted))
    assert not [one.name for one in found if one.fields.get("fault")]


def test_is_looked_at_again_by_the_clock_when_a_law_may_have_let_go(
    stage: Stage, services: Apis, person: Person, asked: Reply
) -> None:
    path = f"/erasures/{asked.body['id']}"
    kept = services.support.get(path).body["certificate"]["kept"]
    dynamodb, table = stage.client("dynamodb"), "local-invoicing"
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    at = {"pk": {"S": f"ACCOUNT#{person.id}"}, "sk": {"S": "ERASURE"}}
    before = dynamodb.get_item(TableName=table, Key=at)["Item"]
    dynamodb.put_item(TableName=table, Item=before | {"looks_on": {"S": yesterday}})
    agenda = {"pk": {"S": "RETENTIONS"}, "account_id": {"S": person.id}}
    dynamodb.delete_item(
        TableName=table, Key={"pk": agenda["pk"], "sk": {"S": f"{before['looks_on']['S']}#{person.id}"}}
    )
    dynamodb.put_item(TableName=table, Item=agenda | {"sk": {"S": f"{yesterday}#{person.id}"}})
    assert "FunctionError" not in stage.client("lambda").invoke(FunctionName="local-invoicing-clock", Payload=b"{}")

    def looks_on() -> bool:
        return bool(dynamodb.get_item(TableName=table, Key=at)["Item"]["looks_on"] == before["looks_on"])

    until("the next look", looks_on)
    assert services.support.get(path).body["certificate"]["kept"] == kept


def test_is_not_undone_when_analytics_makes_its_numbers_anew(
    stage: Stage, person: Person, asked: Reply, as_user: Callable[[str, str], Client]
) -> None:
    operator, path = as_user("analytics", "operator"), "/projections/metrics/rebuilds"
    begun = operator.post(path, {"on_difference": "keep"}, key=uuid.uuid4().hex)
    at = f"{path}/{begun.body['id']}"
    until("rebuilt", lambda: operator.get(at).body["phase"] in ("ready", "switched"), 60)
    assert set(_tables(stage, person.mark)) == {f"local-invoicing INVOICE#{person.invoice}"}
    assert list(_objects(stage, person.mark)) == []


def test_answers_that_the_person_is_gone(services: Apis, person: Person, asked: Reply) -> None:
    for reply in (
        services.support.send("GET", f"/customers/{person.id}"),
        services.support.send("POST", f"/customers/{person.id}/erasure", headers={"Idempotency-Key": "twice"}),
    ):
        assert_problem(reply, 410, "customer_erased")
    draft = {"account_id": person.id, "currency": "EUR", "lines": [LINE | {"description": "More"}]}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    assert_problem(services.invoicing.send("POST", "/invoices", draft, headers=key), 409, "account_erased")


def all_there(found: list[Any], names: set[str]) -> list[Any] | None:
    return found if names <= {one.name for one in found} else None


def _live(stage: Stage, services: Apis, person: Person) -> Person:
    """A life with us: questions, notes, mails, work, an invoice that is paid, and one that is not written yet."""
    name = f"{person.mark.title()} Person"
    registered = {"name": name, "email": person.email, "company": f"{person.mark} Ltd"}
    person.id = services.support.post("/customers", registered).body["id"]
    account = f"/accounts/{person.id}"
    until("the account", lambda: services.invoicing.send("GET", account).status == 200)
    address = {"street": f"{person.mark} 1", "city": "Köln", "postal_code": "50667", "country": "DE"}
    services.invoicing.patch(account, {"address": address}, etag=services.invoicing.get(account).etag)
    rate = {"description": "Work", "unit": "HUR", "unit_price": "90.00", "currency": "EUR", "tax": TAX}
    services.invoicing.put(f"{account}/rates/erasable", rate)
    question = {"customer_id": person.id, "subject": f"Help {person.mark}", "body": f"I am {person.mark}"}
    ticket = services.support.post("/tickets", question).body["id"]
    for visibility in ("public", "internal"):
        services.support.post(f"/tickets/{ticket}/messages", {"body": f"Of {person.mark}", "visibility": visibility})
    time = {"minutes": 60, "rate_code": "erasable", "note": f"Spoke with {person.mark}"}
    services.support.post(f"/tickets/{ticket}/time-entries", time)
    services.support.post(f"/tickets/{ticket}/assign", {"assignee": "agent@example.com"})
    services.support.post(f"/tickets/{ticket}/solve")
    mailed = _write(stage, services, person, f"Mail of {person.mark}", file=f"file of {person.mark}".encode())
    _write(stage, services, person, f"Re: [{mailed}] {person.mark}")
    person.tickets = (ticket, mailed)
    until("the drafted time", lambda: services.invoicing.get(f"/invoices?account_id={person.id}").body["items"])
    draft, issued = (_draft(services, person) for _ in range(2))
    person.invoice = services.invoicing.post(f"/invoices/{issued}/finalize", {}).body["id"]
    money = {"amount": {"amount": "119.00", "currency": "EUR"}, "external_ref": str(uuid.uuid4())}
    services.invoicing.post("/payments", {"account_id": person.id, "invoice_id": issued, **money})
    until("the words", lambda: len(services.support.get(f"/tickets?q={person.mark}").body["items"]) == 2)
    return person


def _draft(services: Apis, person: Person) -> str:
    lines = [LINE | {"description": f"Work for {person.mark}"}]
    draft = {"account_id": person.id, "currency": "EUR", "lines": lines, "note": f"Dear {person.mark}"}
    return str(services.invoicing.post("/invoices", draft).body["id"])


def _write(stage: Stage, services: Apis, person: Person, subject: str, file: bytes = b"") -> str:
    """A mail of the person; answers the ticket that it came to."""
    mail = EmailMessage()
    mail["From"] = f"{person.mark} <{person.email}>"
    mail["To"] = "support@example.com"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{uuid.uuid4()}@{person.mark}.example>"
    mail.set_content(f"Written by {person.mark}")
    if file:
        mail.add_attachment(file, maintype="text", subtype="plain", filename=f"{person.mark}.txt")
    key = f"inbound/{uuid.uuid4()}"
    s3 = stage.client("s3")
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if "customer-support-mail" in one["Name"]]
    s3.put_object(Bucket=bucket, Key=key, Body=mail.as_bytes())

    def taken() -> str | None:
        return next((one["ticket_id"] for one in services.support.every("/mails") if one["key"] == key), None)

    return str(until("the mail", taken))


def _reads(services: Apis, person: Person) -> Iterator[tuple[str, Reply]]:
    """What the APIs answer of the person, in whatever way they are asked."""
    support = [
        "/customers",
        f"/customers?email={person.email}",
        f"/customers?name={person.mark}",
        f"/customers?company={person.mark}",
        f"/customers/{person.id}/history",
        f"/tickets?q={person.mark}",
        f"/tickets?customer_id={person.id}",
        "/tickets",
        "/mails",
        "/erasures",
        *(f"/tickets/{id}{part}" for id in person.tickets for part in ("", "/messages", "/history", "/time-entries")),
    ]
    for path in support:
        yield path, services.support.get(path)
    for path in (f"/invoices?account_id={person.id}", "/accounts", f"/accounts/{person.id}", "/credit-notes"):
        yield path, services.invoicing.get(path)


def _tables(stage: Stage, mark: str) -> Iterator[str]:
    """Where in all tables the mark stands."""
    dynamodb = stage.client("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=name):
            for item in page["Items"]:
                if mark in str(item).lower():
                    yield f"{name} {item['pk']['S']}"


def _objects(stage: Stage, mark: str) -> Iterator[str]:
    s3 = stage.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            for one in page.get("Contents", []):
                content = s3.get_object(Bucket=bucket["Name"], Key=one["Key"])["Body"].read()
                # Of the files with that ending only the archive's are whole: third parties' may be cut off.
                content = gzip.decompress(content) if one["Key"].startswith("events/") else content
                if mark.encode() in (one["Key"].encode() + content).lower():
                    yield f"{bucket['Name']} {one['Key']}"


def _messages(stage: Stage, mark: str) -> Iterator[str]:
    """The messages that wait in all queues, dead letters too; they are left there."""
    sqs = stage.client("sqs")
    for url in sqs.list_queues()["QueueUrls"]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        yield from (url for message in found if mark in str(message).lower())


def _logged(stage: Stage, mark: str, since: datetime) -> Iterator[str]:
    logs = stage.client("logs")
    start = int(since.timestamp() * 1000)
    for group in logs.describe_log_groups()["logGroups"]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"], startTime=start)
        for event in pages.search("events[]"):
            if event and mark in event["message"].lower():
                yield f"{group['logGroupName']}: {event['message']}"


def _trace(stage: Stage, asked: Reply) -> list[Any]:
    """The documents of the one trace that tells of the request; none yet."""
    xray = stage.client("xray")
    (ids,) = trace_ids(xray, [asked]).values()
    assert len(ids) <= 1, "one request, one trace"
    return documents(xray, ids[0]) if ids else []

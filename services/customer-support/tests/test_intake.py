import json
import os
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, quote_plus, urlsplit

import boto3

from backoffice.ids import new_id
from customer_support.domain.mail import LARGEST_MAIL
from customer_support.handlers import intake
from customer_support.store import mailbox
from tests.help_desk import HelpDesk
from tests.letters import OWN, mail

BUCKET = "mail-of-tests"
CONTEXT = SimpleNamespace(function_name="intake", aws_request_id="request")


class Intake(HelpDesk):
    aws = True

    def setUp(self) -> None:
        super().setUp()
        self._start(patch.dict(os.environ, MAIL_BUCKET=BUCKET, SUPPORT_ADDRESSES=",".join(OWN)))
        mailbox._client.cache_clear()
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})

    def drop(self, message: Any, key: str = "") -> str:
        """Let a mail be dropped into the bucket; answers its key."""
        key = key or f"inbound/{new_id('mail')}"
        raw = message if isinstance(message, bytes) else message.as_bytes()
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=raw)
        return key

    def tell(self, *keys: str) -> list[str]:
        """Tell the function of objects, each in a message of its own; answers which messages failed."""
        records = [
            {
                "messageId": key,
                "receiptHandle": key,
                "body": json.dumps({"Records": [{"s3": {"object": {"key": quote_plus(key)}}}]}),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:mail",
            }
            for key in keys
        ]
        answer = intake.handler({"Records": records}, CONTEXT)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def receive(self, message: Any) -> dict[str, Any]:
        """Let a mail come in; answers what became of it."""
        key = self.drop(message)
        self.assertEqual(self.tell(key), [])
        (received,) = [one for one in self.done(self.get("/mails", {"limit": "100"}))["items"] if one["key"] == key]
        return dict(received)

    def opened(self, message: Any) -> str:
        """The path of the ticket that a mail has opened."""
        received = self.receive(message)
        self.assertEqual(received["fate"], "opened")
        return f"/tickets/{received['ticket_id']}"

    def downloaded(self, path: str, attachment_id: str) -> bytes:
        reply = self.get(f"{path}/attachments/{attachment_id}")
        self.assertEqual(reply.status, 303)
        key = urlsplit(reply.headers["Location"]).path.lstrip("/").removeprefix(f"{BUCKET}/")
        return bytes(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def messages(self, path: str) -> list[dict[str, Any]]:
        return list(self.done(self.get(f"{path}/messages"))["items"])


class AMailOfAStranger(Intake):
    def test_opens_a_ticket_of_a_customer_that_is_made_of_its_sender(self) -> None:
        path = self.opened(mail("It burns."))

        ticket = self.get(path).body
        self.assertEqual((ticket["subject"], ticket["body"], ticket["status"]), ("Printer on fire", "It burns.", "new"))
        customer = self.get(f"/customers/{ticket['customer_id']}").body
        self.assertEqual((customer["name"], customer["email"]), ("Ann Smith", "ann@example.com"))
        (message,) = self.messages(path)
        self.assertEqual((message["author"], message["written_by"]), ("customer", "mail:ann@example.com"))
        self.assertEqual({event["type"] for event in self.events()}, {"CustomerRegistered", "TicketOpened"})

    def test_opens_a_ticket_of_the_customer_who_has_the_address_in_whatever_capitals(self) -> None:
        customer = self.customer(email="Ann@Example.com")
        self.assertEqual(self.get(self.opened(mail())).body["customer_id"], customer["id"])

    def test_is_taken_once_however_often_it_is_told_of(self) -> None:
        key = self.drop(mail())
        for _ in range(3):
            self.assertEqual(self.tell(key, key), [])
        self.assertEqual(len(self.walk("/tickets", 10)), 1)
        self.assertEqual(len(self.events("TicketOpened")), 1)

    def test_of_two_at_once_makes_one_customer(self) -> None:
        first, second = self.drop(mail()), self.drop(mail("Another"))
        self.meanwhile("TransactWriteItems", lambda: self.tell(first))
        self.assertEqual(self.tell(second), [])
        self.assertEqual((len(self.walk("/customers", 10)), len(self.walk("/tickets", 10))), (1, 2))

    def test_that_is_not_there_fails_and_nothing_else_of_its_batch_does(self) -> None:
        good = self.drop(mail())
        self.assertEqual(self.tell("inbound/gone", good), ["inbound/gone"])
        self.assertEqual(len(self.walk("/tickets", 10)), 1)

    def test_may_have_a_key_that_urls_write_otherwise(self) -> None:
        key = self.drop(mail(), "inbound/a b+c/ü")
        self.assertEqual(self.tell(key), [])
        self.assertEqual(len(self.walk("/tickets", 10)), 1)

    def test_and_a_test_of_the_bucket_are_told_apart(self) -> None:
        record = {"messageId": "1", "body": '{"Event": "s3:TestEvent"}', "eventSource": "aws:sqs"}
        self.assertEqual(intake.handler({"Records": [record]}, CONTEXT)["batchItemFailures"], [])


class AnAnswer(Intake):
    def setUp(self) -> None:
        super().setUp()
        self.question = mail()
        self.path = self.opened(self.question)
        self.id = self.path.removeprefix("/tickets/")

    def test_finds_its_ticket_by_reference_by_subject_and_by_address(self) -> None:
        for headers in (
            {"In_Reply_To": self.question["Message-ID"]},
            {"References": f"<unknown@x> {self.question['Message-ID']}"},
            {"Subject": f"Re: [{self.id}] Printer"},
            {"To": f"support+{self.id.lower()}@example.com"},
            {"References": f"<{self.id}.msg_1@example.com>"},
        ):
            received = self.receive(mail("Still burns.", **headers))
            self.assertEqual((received["fate"], received["ticket_id"]), ("answered", self.id))
        self.assertEqual(len(self.messages(self.path)), 6)

    def test_to_a_ticket_that_waits_wakes_it(self) -> None:
        self.done(self.post(f"{self.path}/hold", {"waiting_for": "customer"}))
        self.receive(mail(Subject=f"Re: {self.id}"))
        self.assertEqual(self.get(self.path).body["status"], "open")

    def test_to_a_closed_ticket_opens_one_follow_up(self) -> None:
        self.done(self.post(f"{self.path}/assign", {"assignee": "bo"}))
        self.done(self.post(f"{self.path}/solve"))
        self.done(self.post(f"{self.path}/close"))
        followed = {self.receive(mail(f"{n}", Subject=f"Re: {self.id}"))["ticket_id"] for n in range(2)}

        (follow_up,) = followed
        self.assertEqual(self.get(f"/tickets/{follow_up}").body["follow_up_of"], self.id)
        self.assertEqual(len(self.messages(f"/tickets/{follow_up}")), 2)

    def test_while_the_ticket_is_being_changed_is_not_lost(self) -> None:
        key = self.drop(mail("Still burns.", Subject=f"Re: {self.id}"))
        note = {"body": "Hm.", "visibility": "internal"}
        self.meanwhile("TransactWriteItems", lambda: self.done(self.post(f"{self.path}/messages", note)))
        self.assertEqual(self.tell(key), [])
        self.assertEqual([one["body"] for one in self.messages(self.path)][-1], "Still burns.")

    def test_of_somebody_else_is_taken_and_marked(self) -> None:
        self.receive(mail("I am her colleague.", From="Bo <bo@example.com>", Subject=f"Re: {self.id}"))
        self.assertEqual(self.get(self.path).body["marks"], ["other_sender"])
        self.assertEqual(self.messages(self.path)[-1]["marks"], ["other_sender"])

    def test_to_a_ticket_that_there_is_not_opens_one(self) -> None:
        self.opened(mail(Subject=f"Re: {new_id('tkt')}"))

    def test_of_a_machine_is_a_note_and_wakes_nobody(self) -> None:
        self.done(self.post(f"{self.path}/hold", {"waiting_for": "customer"}))
        received = self.receive(mail("I am away.", Subject=f"Re: {self.id}", Auto_Submitted="auto-replied"))

        self.assertEqual((received["fate"], received["reason"]), ("noted", "auto_submitted"))
        self.assertEqual(self.get(self.path).body["status"], "pending")
        message = self.messages(self.path)[-1]
        self.assertEqual((message["visibility"], message["marks"]), ("internal", ["automatic"]))


class AMachinesMail(Intake):
    def test_that_belongs_to_no_ticket_opens_none_and_is_kept(self) -> None:
        received = self.receive(mail("Buy now!", Precedence="bulk"))
        self.assertEqual((received["fate"], received["reason"]), ("set_aside", "precedence"))
        self.assertEqual((self.walk("/tickets", 10), self.walk("/customers", 10)), ([], []))
        self.assertEqual(self.walk("/mails", 10, fate="set_aside"), [received["id"]])
        self.assertEqual(self.walk("/mails", 10, fate="opened"), [])

    def test_from_ourselves_is_a_loop(self) -> None:
        self.assertEqual(self.receive(mail(From=OWN[0]))["reason"], "own_address")


class WhatCannotBeRead(Intake):
    def test_opens_a_ticket_that_is_marked_and_keeps_it_as_it_was_received(self) -> None:
        raw = bytes(range(256)) * 4
        path = self.opened(raw)

        ticket = self.get(path).body
        self.assertEqual((ticket["marks"], ticket["subject"]), (["not_a_mail"], "(no subject)"))
        customer = self.get(f"/customers/{ticket['customer_id']}").body
        self.assertEqual(customer["email"], "unknown-sender@mail.invalid")
        (original,) = self.messages(path)[0]["attachments"]
        self.assertEqual((original["size"], self.downloaded(path, original["id"])), (len(raw), raw))

    def test_all_belongs_to_one_unknown_sender(self) -> None:
        customers = {self.get(self.opened(raw)).body["customer_id"] for raw in (b"\x00", b"\x01", mail(From="?"))}
        self.assertEqual(len(customers), 1)

    def test_because_it_is_too_large_keeps_its_text_and_the_whole_as_it_was_received(self) -> None:
        message = mail("See attached.")
        message.add_attachment(bytes(3_000_000), maintype="application", subtype="zip", filename="big.zip")
        with patch.object(intake, "LARGEST_MAIL", 1_000_000):
            path = self.opened(message)

        self.assertEqual(self.get(path).body["marks"], ["too_large"])
        (one,) = self.messages(path)
        self.assertEqual(
            (one["body"], [file["filename"] for file in one["attachments"]]), ("See attached.", ["original.eml"])
        )
        self.assertEqual(self.downloaded(path, one["attachments"][0]["id"]), message.as_bytes())
        self.assertLess(LARGEST_MAIL, 30 * 1024 * 1024, "a 30 MB attachment is too large")


class Files(Intake):
    def test_that_came_along_are_kept_and_downloaded_under_their_names(self) -> None:
        message = mail()
        message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="fire ü.png")
        path = self.opened(message)

        _, picture = self.messages(path)[0]["attachments"]
        self.assertEqual(
            (picture["filename"], picture["content_type"], picture["size"]), ("fire ü.png", "image/png", 4)
        )
        self.assertEqual(self.downloaded(path, picture["id"]), b"\x89PNG")
        link = parse_qs(urlsplit(self.get(f"{path}/attachments/{picture['id']}").headers["Location"]).query)
        self.assertEqual(link["response-content-disposition"], ["attachment; filename*=UTF-8''fire%20%C3%BC.png"])
        self.assertEqual(link["X-Amz-Expires"], ["300"])

    def test_that_are_not_there_are_a_404(self) -> None:
        path = self.opened(mail())
        (original,) = self.messages(path)[0]["attachments"]
        for id in ("x", "att_", f"{original['id']}0", original["id"].replace("-0", "-9"), new_id("att")):
            self.assert_problem(self.get(f"{path}/attachments/{id}"), 404, "attachment_not_found")
        elsewhere = self.get(f"/tickets/{new_id('tkt')}/attachments/{original['id']}")
        self.assert_problem(elsewhere, 404, "attachment_not_found")

    def test_of_a_mail_that_is_told_of_twice_are_kept_once(self) -> None:
        message = mail()
        message.add_attachment(b"1", maintype="image", subtype="png", filename="a.png")
        key = self.drop(message)
        self.tell(key, key)
        kept = self.s3.list_objects_v2(Bucket=BUCKET, Prefix="attachments/")
        self.assertEqual(kept["KeyCount"], 1)


class Logs(Intake):
    def test_tell_no_personal_data(self) -> None:
        self.receive(mail())
        self.tell("inbound/gone")
        for secret in ("Ann", "ann@", "burns", "Printer"):
            self.assertNotIn(secret, str(self.logs()))

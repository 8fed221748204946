"""A help desk that forgets people, and one person whom it knows well."""

import json
from typing import Any

from backoffice_testing import envelope

from customer_support.handlers import inbox, indexer
from tests.help_desk import HOUR
from tests.letters import mail
from tests.test_intake import CONTEXT, Intake

ADA = {
    "name": "Adalberta Quintessenz",
    "email": "Adalberta@quintessenz.example",
    "company": "Quintessenz Ltd",
    "locale": "de-AT",
    "time_zone": "Europe/Vienna",
}
TRACES = ("adalberta", "quintessenz", "geheimnis", "de-at", "vienna")
"""What tells of Ada: her names, her words, her settings."""
INVOICE = {"what": "invoices", "count": 1, "legal_basis": "§ 147 AO, § 14b UStG", "until": "2034-12-31"}


class Erasing(Intake):
    """A help desk that forgets people."""

    def ask(self, customer_id: str, **how: Any) -> dict[str, Any]:
        """Have somebody erased; answers the erasure."""
        reply = self.post(f"/customers/{customer_id}/erasure", **how)
        self.assertEqual(reply.status, 202, reply.body)
        return dict(reply.body)

    def messages(self, type: str) -> list[dict[str, Any]]:
        """Take the messages of a type out of the outbox, as the relay does."""
        found = self.events(type)
        items = self.table.client.scan(TableName=self.table.name)["Items"]
        gone = {message["event_id"] for message in found}
        self.table.delete_all((item["pk"]["S"], item["sk"]["S"]) for item in items if item["sk"]["S"] in gone)
        return found

    def work(self, most: int = 200) -> int:
        """Deliver the commands to ourselves until there is none; answers how many there were."""
        for number in range(most):
            commands = self.messages("ForgetCustomer")
            if not commands:
                return number
            self.assertEqual(self.deliver(inbox.inbox, *commands), [])
        raise AssertionError("it never ends")

    def answer(self, erasure: dict[str, Any], context: str, version: int = 1, **what: Any) -> dict[str, Any]:
        """What another context says."""
        data = {"customer_id": erasure["customer_id"], "erasure_id": erasure["id"], "erased": [], "kept": [], **what}
        return envelope(f"ErasureAnsweredBy{context}", erasure["customer_id"], data, version=version)

    def read(self, erasure: dict[str, Any]) -> dict[str, Any]:
        return dict(self.done(self.get(f"/erasures/{erasure['id']}")))

    def index(self) -> None:
        """Let the indexer see everything that was ever written, as a late stream does."""
        indexer.handler(self.stream(), CONTEXT)

    def stream(self) -> dict[str, Any]:
        images = [
            image
            for image in self.everything()
            if image["pk"]["S"].startswith("TICKET#")
            and (image["sk"]["S"].startswith("MESSAGE#") or image["sk"]["S"] == "TICKET")
        ]
        return {"Records": [{"dynamodb": {"NewImage": image}} for image in images]}

    def traces(self) -> list[str]:
        """Where something tells of Ada: items of the table but messages on their way, objects, lines of the log."""
        items = [item for item in self.everything() if not item["pk"]["S"].startswith("OUTBOX#")]
        found = [
            f"{item['pk']['S']} {item['sk']['S']}" for item in items if tells(json.dumps(item, ensure_ascii=False))
        ]
        for listed in self.s3.list_objects_v2(Bucket="mail-of-tests").get("Contents", []):
            content = self.s3.get_object(Bucket="mail-of-tests", Key=listed["Key"])["Body"].read().decode()
            found += [listed["Key"]] if tells(listed["Key"] + content) else []
        return found + [str(line) for line in self.logs() if tells(json.dumps(line))]

    def busy(self) -> tuple[str, list[str]]:
        """Ada, known under two names, with a ticket of each kind; answers her id and the paths of her tickets."""
        ada = self.customer(**ADA | {"email": "ada@quintessenz.example"})["id"]
        self.done(self.patch(f"/customers/{ada}", {"email": ADA["email"], "name": "Adalberta Q. Quintessenz"}))
        question = {"customer_id": ada, "subject": "Adalberta's geheimnis", "body": "Geheimnis one", "tags": ["vienna"]}
        opened = self.assigned(**question)
        self.done(self.post(f"{opened}/messages", {"body": "Note of geheimnis", "visibility": "internal"}))
        self.done(self.post(f"{opened}/messages", {"body": "Public geheimnis"}))
        self.done(self.post(f"{opened}/time-entries", HOUR | {"note": "Called Adalberta"}))
        self.done(self.patch(opened, {"subject": "Another geheimnis"}))
        solved = self.assigned(**question)
        self.done(self.post(f"{solved}/solve"))
        self.done(self.put(f"{solved}/satisfaction", {"score": 4, "comment": "Geheimnis kept"}))
        letter = mail("Geheimnis by mail", From=f"Adalberta <{ADA['email']}>", Subject="geheimnis")
        letter.add_attachment(b"geheimnis in a file", maintype="text", subtype="plain", filename="adalberta.txt")
        mailed = self.opened(letter)
        self.index()
        return ada, [opened, solved, mailed]


def tells(text: str) -> bool:
    return any(trace in text.lower() for trace in TRACES)

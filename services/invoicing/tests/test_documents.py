"""What others rely on: the contracts of the events, and the OpenAPI document."""

import json
from pathlib import Path

from backoffice_testing import contracts, envelope
from jsonschema import Draft202012Validator, FormatChecker

from backoffice.http.openapi import of_service
from invoicing.handlers import inbox, queries
from tests.company import RATE, SELLER, CompanyTest, ticket_solved, time_entry

SERVICE = Path(__file__).parents[1]
CONTRACTS = SERVICE.parents[1] / "shared" / "contracts"


def validator(path: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads(path.read_text()), format_checker=FormatChecker())


class Contracts(CompanyTest):
    def test_their_examples_are_valid(self) -> None:
        files = sorted((CONTRACTS / "invoicing").glob("*.v1.json"))
        self.assertEqual(len(files), 18)
        for file in files:
            contract = validator(file)
            Draft202012Validator.check_schema(contract.schema)
            self.assertTrue(contract.schema["examples"], file.name)
            for example in contract.schema["examples"]:
                contract.validate(example)

    def test_every_event_that_is_emitted_keeps_its_own(self) -> None:
        self.put("/seller", SELLER)
        self.put("/rates/consulting", RATE)
        account_id = self.register()
        self.deliver_to_inbox(ticket_solved(account_id, time_entry(), time_entry(20)))
        invoice_id = self.issue(account_id)["id"]
        self.pay(account_id, "500.00", "a", invoice_id=invoice_id)
        events = self.events()
        emitted = {event["type"] for event in events}
        expected = {"InvoiceDrafted", "InvoiceIssued", "PaymentRecorded", "InvoicePaid", "TimeEntryBilled"}
        self.assertEqual(emitted, expected)
        envelopes = validator(CONTRACTS / "envelope.v1.json")
        for event in events:
            envelopes.validate(event)
            contract = f"{event['type']}.v{event['schema_version']}.json"
            validator(CONTRACTS / "invoicing" / contract).validate(event["data"])

    def test_examples_of_what_is_consumed_are_understood(self) -> None:
        self.put("/rates/consulting", RATE)
        self.put("/rates/support", RATE)
        for type, schema in sorted(inbox.inbox.schemas.items()):
            for data in contracts.examples(type):
                self.assertIsNotNone(schema.load(data), data)
                if "customer_id" in data:
                    event = envelope(type, data["customer_id"], data) | {"reply_to": "test-customer-support-inbox"}
                    self.assertEqual(self.deliver_to_inbox(event), [], data)


class OpenApi(CompanyTest):
    def test_the_committed_document_is_fresh(self) -> None:
        self.assertEqual((SERVICE / "openapi.yml").read_text(), of_service(SERVICE))

    def test_is_served_to_everybody(self) -> None:
        reply = self.call(queries.api, "GET", "/openapi.json", groups="")
        self.assertEqual((reply.status, reply.body["openapi"]), (200, "3.1.0"))
        self.assertIn("/invoices/{invoice_id}/finalize", reply.body["paths"])

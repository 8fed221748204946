"""An accountant's work over HTTP: credited, paid, refunded, reversed, pursued, and proven."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.demo.apis import Apis
from local.demo.cast import SELLER, Cast
from local.demo.waiting import until
from tests.end_to_end.ledger import assert_agreement
from tests.end_to_end.problems import assert_problem
from tests.stage import Stage

Body = dict[str, Any]

TODAY = datetime.now(UTC).date()
CURRENCY = "CHF"
LINE = {
    "description": "Workshop",
    "quantity": "3",
    "unit": "HUR",
    "unit_price": "100.00",
    "tax": {"category": "S", "rate": "19"},
}


@pytest.fixture(scope="module")
def account_id(services: Apis) -> str:
    services.invoicing.put("/seller", SELLER)
    customer = services.support.post("/customers", Cast(606).customer()).body["id"]
    path = f"/accounts/{customer}"
    until("the account", lambda: services.invoicing.send("GET", path).status == 200)
    address = {"street": "Lindenweg 1", "city": "Köln", "postal_code": "50667", "country": "DE"}
    services.invoicing.patch(path, {"address": address}, etag=services.invoicing.get(path).etag)
    return str(customer)


@pytest.fixture(scope="module")
def series(services: Apis) -> str:
    """A series of this module's own, whose dates may lie in the past."""
    return str(services.invoicing.put("/series/E2E", {"prefix": "E2E-"}).body["id"])


def test_an_invoice_is_paid_credited_and_refunded_to_the_cent(services: Apis, account_id: str, series: str) -> None:
    invoicing = services.invoicing
    invoice = _issued(services, account_id, series)
    payment = _paid(services, account_id, "400.00", invoice_id=invoice["id"])
    assert payment["unapplied"]["amount"] == "43.00"
    some = {"invoice_id": invoice["id"], "lines": [{"line_id": "1", "quantity": "1"}], "reason": "One too many"}
    note = invoicing.post("/credit-notes", some).body
    assert (note["totals"]["tax_inclusive"], note["freed"][0]["amount"]) == ("119.00", "119.00")
    back = {"amount": {"amount": "162.00", "currency": CURRENCY}, "external_ref": f"back-{uuid.uuid4()}"}
    refunded = invoicing.post(f"/payments/{payment['id']}/refunds", back).body
    assert refunded["unapplied"]["amount"] == "0.00"
    assert _balance(services, account_id)["balance"]["amount"] == "0.00"
    over = {"invoice_id": invoice["id"], "lines": [{"line_id": "1", "quantity": "2.01"}], "reason": "x"}
    refused = invoicing.send("POST", "/credit-notes", over, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert_problem(refused, 422, "validation_failed", "lines.0.quantity")


def test_a_reversed_payment_opens_the_invoice_again(services: Apis, account_id: str, series: str) -> None:
    invoicing = services.invoicing
    invoice = _issued(services, account_id, series)
    payment = _paid(services, account_id, "357.00")
    invoicing.post(f"/payments/{payment['id']}/allocations", {"invoice_id": invoice["id"]})
    assert invoicing.get(f"/invoices/{invoice['id']}").body["state"] == "paid"
    invoicing.post(f"/payments/{payment['id']}/reverse", {"reason": "returned"})
    assert invoicing.get(f"/invoices/{invoice['id']}").body["state"] == "open"
    assert invoicing.post(f"/invoices/{invoice['id']}/void").body["state"] == "void"


def test_an_overdue_invoice_is_pursued_by_the_clock_and_not_while_it_is_disputed(
    stage: Stage, services: Apis, account_id: str, series: str
) -> None:
    invoicing = services.invoicing
    invoicing.put("/dunning-policies/default", {"step_days": [3, 10]})
    late, disputed = (_issued(services, account_id, series, TODAY - timedelta(days=5)) for _ in range(2))
    dispute = invoicing.post(f"/invoices/{disputed['id']}/disputes", {"reason": "Never ordered"}).body
    _tick(stage)
    until("the reminder", lambda: _next_look(stage, late) == f"{TODAY + timedelta(days=5)}")
    assert _next_look(stage, disputed) is None
    assert invoicing.get(f"/invoices/{disputed['id']}").body["disputed"] is True
    assert invoicing.get(f"/disputes/{dispute['id']}").body["state"] == "open"
    invoicing.post(f"/disputes/{dispute['id']}/settle", {"outcome": "upheld"})
    _tick(stage)
    until("the reminder", lambda: _next_look(stage, disputed) == f"{TODAY + timedelta(days=5)}")
    for invoice in (late, disputed):
        invoicing.post(f"/invoices/{invoice['id']}/mark-uncollectible")


def test_the_statement_adds_up_to_the_balance_and_the_audit_proves_the_numbers(
    services: Apis, account_id: str, series: str
) -> None:
    invoicing = services.invoicing
    _issued(services, account_id, series)
    period = {"currency": CURRENCY, "from": f"{TODAY}", "to": f"{TODAY + timedelta(days=2)}"}
    statement = invoicing.get(f"/accounts/{account_id}/statement", **period).body
    balance = _balance(services, account_id)
    assert statement["closing"] == statement["entries"][-1]["balance"] == balance["balance"]["amount"] == "357.00"
    assert balance["ageing"]["current"]["amount"] == "357.00"
    audit = invoicing.get(f"/series/{series}/audit").body
    assert audit["is_complete"], audit
    assert audit["numbers"] == audit["last_number"] > 0


def test_the_metrics_are_what_the_documents_say_whatever_became_of_them(
    services: Apis, account_id: str, series: str
) -> None:
    invoicing = services.invoicing
    hopeless = _issued(services, account_id, series)
    invoicing.post(f"/invoices/{hopeless['id']}/mark-uncollectible")
    _paid(services, account_id, "57.00", invoice_id=hopeless["id"])
    assert_agreement(services)


def test_a_preview_names_each_contradiction_of_its_taxes(services: Apis) -> None:
    lines = [LINE, LINE | {"tax": {"category": "O"}}, LINE | {"tax": {"category": "E", "rate": "7"}}]
    reply = services.invoicing.send("POST", "/invoices/preview", {"currency": CURRENCY, "lines": lines})
    assert_problem(reply, 422, "validation_failed", "lines.2.tax.rate", "lines.1.tax.category")


def _issued(services: Apis, account_id: str, series: str, day: Any = TODAY) -> Body:
    body = {"account_id": account_id, "currency": CURRENCY, "lines": [LINE], "terms": {"net_days": 0}}
    draft = services.invoicing.post("/invoices", body).body
    own = series if day == TODAY else _past_series(services)
    finalization = {"series": own, "issue_date": f"{day}"}
    return dict(services.invoicing.post(f"/invoices/{draft['id']}/finalize", finalization).body)


def _past_series(services: Apis) -> str:
    return str(services.invoicing.put("/series/E2E-PAST", {"prefix": "E2E-PAST-"}).body["id"])


def _paid(services: Apis, account_id: str, amount: str, **what: str) -> Body:
    money = {"amount": amount, "currency": CURRENCY}
    body = {"account_id": account_id, "amount": money, "external_ref": f"bank-{uuid.uuid4()}", **what}
    return dict(services.invoicing.post("/payments", body).body)


def _balance(services: Apis, account_id: str) -> Body:
    (balance,) = services.invoicing.get(f"/accounts/{account_id}/balance").body["balances"]
    return dict(balance)


def _tick(stage: Stage) -> None:
    """Let the clock strike now, and not only at the next minute."""
    answer = stage.client("lambda").invoke(FunctionName="local-invoicing-clock", Payload=json.dumps({}).encode())
    assert "FunctionError" not in answer, answer["Payload"].read()


def _next_look(stage: Stage, invoice: Body) -> str | None:
    """The day on which the clock looks at an invoice next."""
    key = {"pk": {"S": f"INVOICE#{invoice['id']}"}, "sk": {"S": "INVOICE"}}
    item = stage.client("dynamodb").get_item(TableName="local-invoicing", Key=key)["Item"]
    reminder = item["dunning"]["M"].get("reminder", {})
    return reminder.get("S")

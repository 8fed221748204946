"""Whatever a company does, in whatever order, and wherever it crashes: what must always hold does hold."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from typing import Any

from backoffice_testing import Reply
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from backoffice.ids import new_id
from invoicing.handlers import clock
from tests.company import RATE, SELLER, CompanyTest, line, ticket_solved, time_entry
from tests.races import lost_answer, lost_request

_SUMS = {"payable", "amount", "freed", "written_off"}
CRASHES = st.sampled_from(["none", "none", "before the write", "after the write"])
AMOUNTS = st.integers(1, 30_000).map(lambda cents: f"{Decimal(cents) / 100:.2f}")
PICK = st.integers(0, 99)
STANDS = (
    "number",
    "series",
    "currency",
    "lines",
    "document_allowances",
    "issue_date",
    "due_date",
    "seller",
    "buyer",
    "terms",
)


class Bookkeeping(RuleBasedStateMachine):
    """An accountant at work, whose every request may crash and is then sent again under its key."""

    def __init__(self) -> None:
        super().__init__()
        self.company = CompanyTest()
        self.company.setUp()
        self.account_id = ""
        self.stands: dict[str, dict[str, Any]] = {}

    def teardown(self) -> None:
        self.company.doCleanups()

    @initialize()
    def open_for_business(self) -> None:
        self.company.put("/seller", SELLER)
        self.company.put("/rates/consulting", RATE)
        self.company.put("/dunning-policies/default", {"step_days": [1, 2]})
        self.account_id = self.company.register()

    @rule(crash=CRASHES, quantity=st.integers(1, 9), price=AMOUNTS, tax=st.sampled_from(["19", "7"]))
    def draft(self, crash: str, quantity: int, price: str, tax: str) -> None:
        lines = [line(quantity=str(quantity), unit_price=price), line(tax={"category": "S", "rate": tax})]
        body = {"account_id": self.account_id, "currency": "EUR", "lines": lines, "terms": {"net_days": 0}}
        assert self.send("/invoices", body, crash).status == 201

    @rule(minutes=st.integers(1, 200), times=st.integers(1, 3))
    def work(self, minutes: int, times: int) -> None:
        solved = ticket_solved(self.account_id, time_entry(minutes))
        assert self.company.deliver_to_inbox(*[solved] * times) == []

    @precondition(lambda self: self.invoices("draft"))
    @rule(crash=CRASHES, pick=PICK, back_dated=st.booleans())
    def finalize(self, crash: str, pick: int, back_dated: bool) -> None:
        invoice = self.picked(self.invoices("draft"), pick)
        body = {"issue_date": "2026-11-01"} if back_dated else {}
        reply = self.send(f"/invoices/{invoice['id']}/finalize", body, crash)
        if reply.status == 200:
            self.stands[invoice["id"]] = {name: reply.body[name] for name in STANDS}
        else:
            assert (reply.status, reply.body["code"]) == (409, "issue_date_out_of_order")

    @rule(crash=CRASHES, amount=AMOUNTS, pick=PICK)
    def pay(self, crash: str, amount: str, pick: int) -> None:
        payable = self.invoices("open") + self.invoices("uncollectible")
        body = {
            "account_id": self.account_id,
            "amount": {"amount": amount, "currency": "EUR"},
            "external_ref": new_id("bank"),
            "invoice_id": self.picked(payable, pick)["id"] if payable else None,
        }
        assert self.send("/payments", body, crash).status == 201

    @precondition(lambda self: self.payments() and self.stands)
    @rule(crash=CRASHES, pick=PICK, other=PICK, action=st.sampled_from(["allocations", "refunds", "reverse"]))
    def move(self, crash: str, pick: int, other: int, action: str) -> None:
        payment = self.picked(self.payments(), pick)
        invoice_id = self.picked(list(self.stands), other)
        body: dict[str, Any] = {
            "allocations": {"invoice_id": invoice_id},
            "refunds": {"amount": {"amount": "1.00", "currency": "EUR"}, "external_ref": new_id("back")},
            "reverse": {},
        }[action]
        assert self.send(f"/payments/{payment['id']}/{action}", body, crash).status in {200, 201, 409, 422}

    @precondition(lambda self: self.stands)
    @rule(crash=CRASHES, pick=PICK, quantity=st.sampled_from([None, "1", "0.5"]))
    def credit(self, crash: str, pick: int, quantity: str | None) -> None:
        what = {"lines": [{"line_id": "1", "quantity": quantity}]} if quantity else {"all": True}
        body = {"invoice_id": self.picked(list(self.stands), pick), "reason": "Not delivered"} | what
        assert self.send("/credit-notes", body, crash).status in {201, 409, 422}

    @precondition(lambda self: self.stands)
    @rule(crash=CRASHES, pick=PICK, action=st.sampled_from(["void", "mark-uncollectible"]))
    def give_up(self, crash: str, pick: int, action: str) -> None:
        invoice_id = self.picked(list(self.stands), pick)
        assert self.send(f"/invoices/{invoice_id}/{action}", {}, crash).status in {200, 409}

    @rule()
    def let_a_minute_pass(self) -> None:
        clock.pursue_invoices()

    @invariant()
    def sums_agree(self) -> None:
        if not self.account_id:
            return
        invoices, payments = self.invoices(), self.payments()
        paid_by = Counter[str]()
        for payment in payments:
            shares = {share["invoice_id"]: Decimal(share["amount"]["amount"]) for share in payment["allocations"]}
            spent = sum(shares.values()) + Decimal(payment["refunded"]["amount"])
            if payment["state"] == "recorded":
                assert spent + _amount(payment["unapplied"]) == _amount(payment["amount"])
            assert _amount(payment["unapplied"]) >= 0
            for share in payment["allocations"]:
                paid_by[share["invoice_id"]] += int(_amount(share["amount"]) * 100)
        for invoice in invoices:
            totals = {name: Decimal(value) for name, value in invoice["totals"].items() if name != "taxes"}
            assert totals["lines"] + totals["tax"] == totals["tax_inclusive"]
            assert totals["paid"] + totals["credited"] + totals["remaining"] == totals["payable"]
            assert totals["remaining"] >= 0
            assert totals["paid"] * 100 == paid_by[invoice["id"]]
            assert (invoice["state"] == "paid") <= (totals["remaining"] == 0)
        self.assert_balance(invoices, payments)

    @invariant()
    def what_is_finalized_stands(self) -> None:
        for invoice in self.invoices():
            if invoice["id"] in self.stands:
                assert {name: invoice[name] for name in STANDS} == self.stands[invoice["id"]]

    @invariant()
    def numbers_have_neither_gap_nor_twin(self) -> None:
        for series in ("INV", "CRN"):
            assert self.company.get(f"/series/{series}/audit").body["is_complete"]
        assert self.company.get("/series/INV").body["next_number"] == len(self.stands) + 1

    @invariant()
    def each_time_entry_is_billed_once_and_each_fact_told_once(self) -> None:
        entries = [line["time_entry_id"] for invoice in self.invoices() for line in invoice["lines"]]
        assert max(Counter(filter(None, entries)).values(), default=0) <= 1
        events = self.company.events()
        told = Counter((event["type"], event["aggregate_id"], event["data"].get("step")) for event in events)
        once = {"InvoiceIssued", "InvoiceOverdue", "DunningStepReached", "PaymentRecorded", "PaymentReversed"}
        assert [fact for fact, times in told.items() if fact[0] in once and times > 1] == []
        assert {fact[1] for fact in told if fact[0] == "InvoiceIssued"} == self.stands.keys()

    @invariant()
    def what_events_tell_adds_up_to_what_remains(self) -> None:
        """By due date: nobody who listens needs to know anything else."""
        owed = Counter[str]()
        for event in self.company.events():
            for due_date, cents in _owed(event["type"], event["data"]):
                owed[due_date] += cents
        remaining = Counter[str]()
        for invoice in self.invoices("open"):
            remaining[invoice["due_date"]] += int(Decimal(invoice["totals"]["remaining"]) * 100)
        assert +owed == +remaining and not -owed

    def assert_balance(self, invoices: list[Any], payments: list[Any]) -> None:
        """The running sums are what the documents say, and the book adds up to them."""
        balances = self.company.get(f"/accounts/{self.account_id}/balance").body["balances"]
        if not balances:
            return
        (balance,) = balances
        remaining = [Decimal(one["totals"]["remaining"]) for one in invoices if one["state"] == "open"]
        assert _amount(balance["outstanding"]) == sum(remaining, Decimal(0))
        assert _amount(balance["unapplied"]) == sum((_amount(one["unapplied"]) for one in payments), Decimal(0))
        assert sum(map(_amount, balance["ageing"].values())) == _amount(balance["outstanding"])
        query = {"currency": "EUR", "from": "2026-01-01", "to": "2999-01-01"}
        statement = self.company.get(f"/accounts/{self.account_id}/statement", **query).body
        assert Decimal(statement["closing"]) == _amount(balance["balance"])

    def send(self, path: str, body: dict[str, Any], crash: str) -> Reply:
        """What the client gets in the end: where the first try crashes, it is repeated with its key."""
        key = new_id("key")
        with self.crashing(crash):
            first = self.company.post(path, body, key=key)
        if first.status != 500:
            return first
        return self.company.post(path, body, key=key)

    def crashing(self, crash: str) -> AbstractContextManager[None]:
        client = self.company.table.client
        if crash == "before the write":
            return lost_request(client)
        return lost_answer(client, must_happen=False) if crash == "after the write" else nullcontext()

    def invoices(self, state: str | None = None) -> list[Any]:
        query = {"limit": "100"} | ({"state": state} if state else {})
        items: list[Any] = self.company.get("/invoices", **query).body["items"]
        return items

    def payments(self) -> list[Any]:
        items: list[Any] = self.company.get("/payments", limit="100").body["items"]
        return items

    def picked(self, these: list[Any], pick: int) -> Any:
        return these[pick % len(these)]


def _owed(type: str, data: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """How an event changes what is owed, in cents, by due date."""
    told = {name: int(Decimal(value) * 100) for name, value in data.items() if name in _SUMS}
    written_off = told.get("written_off", 0)
    match type:
        case "InvoiceIssued":
            yield data["due_date"], told["payable"]
        case "InvoiceVoided" | "InvoiceMarkedUncollectible":
            yield data["due_date"], written_off - told["amount"]
        case "CreditNoteIssued":
            yield data["due_date"], written_off + told["freed"] - told["payable"]
        case "PaymentRecorded" | "PaymentAllocated" | "PaymentReversed":
            for share in data["allocations"]:
                cents = int((Decimal(share["written_off"]) - Decimal(share["amount"])) * 100)
                yield share["due_date"], -cents if type == "PaymentReversed" else cents


def _amount(money: dict[str, str]) -> Decimal:
    return Decimal(money["amount"])


Invariants = Bookkeeping.TestCase
Invariants.settings = settings(
    max_examples=6,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # to shrink a failure takes minutes on moto; ask for it when there is one
    suppress_health_check=list(HealthCheck),
)

"""A working day: what agents and accountants do from morning to evening, through the public APIs alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from local.client import Client, Reply, success
from local.demo.apis import Apis
from local.demo.cast import AGENT, RATES, SELLER, Body, Case, Cast
from local.demo.numbers import Numbers, total
from local.demo.waiting import until

_CHANGED_BY_ANOTHER = (409, 412)


@dataclass
class Done:
    """What a day has brought about so far, as the APIs answered it; `solved` are the answers to POST solve."""

    customers: list[Body] = field(default_factory=list)
    tickets: list[Body] = field(default_factory=list)
    time_entries: list[Body] = field(default_factory=list)
    solved: list[Reply] = field(default_factory=list)
    invoices: list[Body] = field(default_factory=list)
    payments: list[Body] = field(default_factory=list)

    @property
    def billable(self) -> dict[str, set[str]]:
        """The ids of the solved tickets' billable time entries, by customer."""
        solved = {reply.body["id"]: reply.body["customer_id"] for reply in self.solved}
        found: dict[str, set[str]] = {}
        for entry in self.time_entries:
            if entry["billable"] and entry["ticket_id"] in solved:
                found.setdefault(solved[entry["ticket_id"]], set()).add(entry["id"])
        return found

    def numbers(self) -> Numbers:
        """What the day must add to the metrics."""
        invoiced = [(one["currency"], Decimal(one["totals"]["tax_inclusive"])) for one in self.invoices]
        paid = [(one["amount"]["currency"], Decimal(one["amount"]["amount"])) for one in self.payments]
        shares = [share["amount"] for payment in self.payments for share in payment["allocations"]]
        allocated = [(share["currency"], -Decimal(share["amount"])) for share in shares]
        return Numbers(
            tickets_opened=len(self.tickets),
            tickets_solved=len(self.solved),
            backlog=len(self.tickets) - len(self.solved),
            invoiced=total(invoiced),
            collected=total(paid),
            outstanding=total(invoiced + allocated),
        )


class Day:
    """Plays the day; `done` tells how far it has come. Any step that fails raises Refused or TooLate."""

    def __init__(self, apis: Apis, *, seed: int = 1, customers: int = 4, tickets_each: int = 2) -> None:
        self.done = Done()
        self._apis = apis
        self._cast = Cast(seed)
        self._customers = customers
        self._tickets_each = tickets_each

    def play(self) -> Done:
        """The whole day, from setting up the seller to the last payment."""
        self.set_up()
        self.support()
        self.await_drafts()
        self.finalize()
        self.collect()
        self.await_billed()
        return self.done

    def set_up(self) -> None:
        """Say who issues invoices and what an hour costs, unless that is known."""
        keep(self._apis.invoicing, "/seller", SELLER)
        for code, rate in RATES.items():
            keep(self._apis.invoicing, f"/rates/{code}", rate)

    def support(self) -> None:
        """Register customers; open, assign and answer their tickets, enter time, solve most."""
        number = 0
        for _ in range(self._customers):
            customer = self._apis.support.post("/customers", self._cast.customer()).body
            self.done.customers.append(customer)
            for _ in range(self._tickets_each):
                self._work_on(customer, self._cast.case(number))
                number += 1

    def await_drafts(self) -> None:
        """Wait until all billable time of solved tickets stands on draft invoices."""
        for account_id, entries in self.done.billable.items():
            what = f"a draft line for each of the {len(entries)} time entries of {account_id}"
            until(what, partial(self._are_drafted, account_id, entries))

    def finalize(self) -> None:
        """Complete the accounts and issue their drafts."""
        for account_id in self.done.billable:
            self._complete(account_id)
            for draft in self._drafts(account_id):
                self.done.invoices.append(self._apis.invoicing.post(f"/invoices/{draft['id']}/finalize", {}).body)

    def collect(self) -> None:
        """Money comes in: the first invoice is paid in full, the second in part, the third not, and so on."""
        for number, invoice in enumerate(self.done.invoices):
            if number % 3 < 2:
                self._pay(invoice, Decimal(1) if number % 3 == 0 else Decimal("0.4"))

    def await_billed(self) -> None:
        """Wait until the agents see on which invoice their time stands."""
        for reply in self.done.solved:
            path = f"/tickets/{reply.body['id']}/time-entries"
            until(f"an invoice's id in all of {path}", partial(self._are_billed, path))

    def _work_on(self, customer: Body, case: Case) -> None:
        support = self._apis.support
        ticket = support.post("/tickets", {**case.ticket, "customer_id": customer["id"]}).body
        self.done.tickets.append(ticket)
        path = f"/tickets/{ticket['id']}"
        support.post(f"{path}/assign", {"assignee": AGENT})
        support.post(f"{path}/messages", {"body": "Looks like our cache.", "visibility": "internal"})
        support.post(f"{path}/messages", {"body": case.answer})
        for worked in case.time_entries:
            entry = support.post(f"{path}/time-entries", worked).body
            self.done.time_entries.append({**entry, "ticket_id": ticket["id"]})
        if case.gets_solved:
            self.done.solved.append(support.post(f"{path}/solve"))

    def _complete(self, account_id: str) -> None:
        account = until(f"the account of {account_id}", partial(self._known_account, account_id))
        path = f"/accounts/{account_id}"
        self._apis.invoicing.patch(path, {"address": self._cast.address()}, etag=account.etag)

    def _known_account(self, account_id: str) -> Reply | None:
        reply = self._apis.invoicing.send("GET", f"/accounts/{account_id}")
        # A ticket may have come before its customer: the account has no name yet.
        return reply if reply.status == 200 and reply.body["name"] else None

    def _drafts(self, account_id: str) -> list[Body]:
        return self._apis.invoicing.every("/invoices", account_id=account_id, state="draft")

    def _pay(self, invoice: Body, share: Decimal) -> None:
        remaining = Decimal(invoice["totals"]["remaining"])
        amount = (remaining * share).quantize(remaining, ROUND_HALF_UP)
        payment = {
            "account_id": invoice["account_id"],
            "invoice_id": invoice["id"],
            "amount": {"amount": str(amount), "currency": invoice["currency"]},
            "external_ref": f"bank-{invoice['id']}",
        }
        self.done.payments.append(self._apis.invoicing.post("/payments", payment).body)

    def _are_drafted(self, account_id: str, entries: set[str]) -> bool:
        return entries <= _time_on(self._drafts(account_id))

    def _are_billed(self, path: str) -> bool:
        return all(entry["invoice_id"] for entry in self._apis.support.every(path) if entry["billable"])


def keep(invoicing: Client, path: str, wanted: Body) -> None:
    """Put what is not there yet. Another day may be putting the same at this moment, and then it is there."""
    if _is_kept(invoicing, path, wanted):
        return
    put = invoicing.send("PUT", path, wanted)
    if put.status not in _CHANGED_BY_ANOTHER or not _is_kept(invoicing, path, wanted):
        success(put)


def _is_kept(invoicing: Client, path: str, wanted: Body) -> bool:
    found = invoicing.send("GET", path)
    if found.status == 404:
        return False
    return all(success(found).body.get(name) == value for name, value in wanted.items())


def _time_on(invoices: Iterable[Body]) -> set[str]:
    return {line["time_entry_id"] for invoice in invoices for line in invoice["lines"] if line["time_entry_id"]}

"""What is left for the evening: a customer rates a solution, disputes a bill, and is reminded of another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from local.demo.apis import Apis
from local.demo.cast import AGENT, WORKSHOP, Body
from local.demo.day import Done, keep
from local.demo.waiting import until

_SERIES, _POLICY = "LATE", "demo"
_OVERDUE_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Episode:
    """What happened, and the trace of the event that analytics has counted for it."""

    title: str
    outcome: str
    trace_id: str


class Evening:
    """Plays what follows a day that is `done`. `tick` does at once what invoicing does once a minute."""

    def __init__(self, apis: Apis, done: Done, tick: Callable[[], None]) -> None:
        self._apis = apis
        self._done = done
        self._tick = tick
        self._began = datetime.now(UTC)

    def play(self) -> list[Episode]:
        """Raises Refused, TooLate."""
        return [self.rate(), self.dispute(), self.remind()]

    def rate(self) -> Episode:
        """A customer says what a solution was worth."""
        ticket = self._done.solved[0].body
        rating = {"score": 4, "comment": "Quick, thank you. The second answer was the right one."}
        self._apis.support.put(f"/tickets/{ticket['id']}/satisfaction", rating)
        outcome = f"{rating['score']} of 5 for {ticket['id']}, {ticket['subject']!r}"
        return Episode("a rating", outcome, self._trace("satisfaction", ticket["id"]))

    def dispute(self) -> Episode:
        """A bill is objected to; support finds that its first line is wrong, and invoicing credits that."""
        support, invoicing = self._apis.support, self._apis.invoicing
        invoice = self._unpaid()
        reason = {"reason": "We had solved that ourselves before anybody answered."}
        dispute = invoicing.post(f"/invoices/{invoice['id']}/disputes", reason).body
        ticket = self._ticket(invoice["account_id"], f"Dispute about invoice {invoice['number']}")
        support.post(f"/tickets/{ticket['id']}/assign", {"assignee": AGENT})
        decision = {"outcome": "credited", "lines": [{"line_id": "1"}]}
        support.post(f"/tickets/{ticket['id']}/solve", decision)
        settled = until("the end of the dispute", partial(self._settled, dispute["id"]))
        note = invoicing.get(f"/credit-notes/{settled['credit_note_id']}").body
        amount = f"{note['totals']['tax_inclusive']} {note['currency']}"
        outcome = f"{invoice['number']}, decided on {ticket['id']}: credit note {note['number']} over {amount}"
        return Episode("a dispute", outcome, self._trace("credited", note["id"]))

    def remind(self) -> Episode:
        """A bill is overdue: a step of its dunning is reached, and somebody has a ticket to remind the customer."""
        invoice = self._overdue(self._done.invoices[0]["account_id"])
        self._tick()
        ticket = self._ticket(invoice["account_id"], f"Reminder 1: invoice {invoice['number']}")
        outcome = f"{invoice['number']}, due on {invoice['due_date']}: {ticket['id']}, priority {ticket['priority']}"
        return Episode("a reminder", outcome, self._trace("tickets_opened", ticket["id"]))

    def _unpaid(self) -> Body:
        paid = {payment["invoice_id"] for payment in self._done.payments}
        return next(invoice for invoice in self._done.invoices if invoice["id"] not in paid)

    def _overdue(self, account_id: str) -> Body:
        invoicing = self._apis.invoicing
        keep(invoicing, f"/dunning-policies/{_POLICY}", {"step_days": [3, 14]})
        keep(invoicing, f"/series/{_SERIES}", {"prefix": f"{_SERIES}-"})
        path = f"/accounts/{account_id}"
        invoicing.patch(path, {"dunning_policy": _POLICY}, etag=invoicing.get(path).etag)
        draft = invoicing.post("/invoices", {**WORKSHOP, "account_id": account_id}).body
        issue = {"series": _SERIES, "issue_date": f"{(self._began - _OVERDUE_FOR).date()}"}
        return dict(invoicing.post(f"/invoices/{draft['id']}/finalize", issue).body)

    def _ticket(self, customer_id: str, subject: str) -> Body:
        def look() -> Body | None:
            tickets = self._apis.support.every("/tickets", customer_id=customer_id)
            return next((ticket for ticket in tickets if ticket["subject"] == subject), None)

        return until(f"the ticket {subject!r}", look)

    def _settled(self, dispute_id: str) -> Body | None:
        dispute: Body = self._apis.invoicing.get(f"/disputes/{dispute_id}").body
        return dispute if dispute["state"] == "settled" else None

    def _trace(self, metric: str, aggregate_id: str) -> str:
        """The trace of what a metric has counted, once it has."""
        hour = self._began.replace(minute=0, second=0, microsecond=0)
        bucket = f"{hour.isoformat()}/{(hour + timedelta(days=1)).isoformat()}"

        def look() -> str | None:
            events = self._apis.analytics.every(f"/metrics/{metric}/events", bucket=bucket)
            return next((event["trace_id"] for event in events if event["aggregate_id"] == aggregate_id), None)

        return until(f"{aggregate_id} among the events of {metric}", look)

"""Erases an account, step by step: each step is bounded, may be repeated, and tells how far it got."""

import time
from collections.abc import Callable
from datetime import date, datetime

from backoffice.clock import now
from backoffice.contention import retry_on_conflict
from backoffice.errors import StaleVersion
from backoffice.logs import logger
from backoffice.messages.addresses import return_address
from backoffice.messages.envelope import Event
from invoicing.domain.account import Account
from invoicing.domain.erasure import AccountErasure, Step
from invoicing.domain.invoice import Invoice
from invoicing.domain.lines import ERASED
from invoicing.domain.retention import Law, law_of
from invoicing.store import Store

# Ten messages, which come at once at most, take less than the function's time-out (10 s).
_SECONDS = 0.7
_AT_ONCE = 10


@retry_on_conflict()
def begin(store: Store, account_id: str, erasure_id: str, command: Event) -> None:
    """Erase an account, known or not. Asked again, go on or answer again. Raises AlreadySeen."""
    answer_to, at = return_address(command), now()
    erasure = store.account_erasure(account_id)
    if erasure:
        erasure.ask_again(answer_to, at)
        store.save_account_erasure(erasure, erasure.looks_on, command.event_id)
        return
    account = store.known_account(account_id) or Account(id=account_id)
    account.erase(at)
    begun = AccountErasure.begun(account_id, erasure_id, answer_to, at)
    store.begin_erasure(account, begun, command.event_id)


def go_on(store: Store, account_id: str, at: datetime, event_id: str) -> None:
    """Go some steps on; where another message goes on with the same account, this one has nothing to do.

    Raises AlreadySeen.
    """
    erasure = store.account_erasure(account_id)
    if erasure is None or erasure.is_done:
        logger.info("there is nothing left to erase")
        return
    looked_on = erasure.looks_on
    Work(store, erasure, at).go_on()
    if not erasure.is_done:
        erasure.go_on_later(at)
    try:
        store.save_account_erasure(erasure, looked_on, event_id)
    except StaleVersion:
        logger.info("another message goes on with it")


def look_again(store: Store, account_id: str, at: datetime) -> None:
    """Begin to erase what is not kept any more. Raises StaleVersion."""
    erasure = store.account_erasure(account_id)
    if erasure and erasure.looks_on and erasure.looks_on <= at.date():
        looked_on = erasure.looks_on
        erasure.look_again(at.date(), at)
        store.save_account_erasure(erasure, looked_on)


class Work:
    """The steps, within the time that one message may take."""

    def __init__(self, store: Store, erasure: AccountErasure, at: datetime) -> None:
        self._store = store
        self._erasure = erasure
        self._at = at
        self._ends_at = time.monotonic() + _SECONDS
        seller = store.seller()
        self._law = law_of(seller.details.address.country if seller else None)
        listed: dict[Step, tuple[Callable[[str, str | None, int], list[str]], Callable[[str], None]]] = {
            Step.INVOICES: (store.next_invoices, self._invoice),
            Step.CREDIT_NOTES: (store.next_credit_notes, self._credit_note),
            Step.PAYMENTS: (store.next_payments, self._payment),
            Step.DISPUTES: (store.next_disputes, self._dispute),
        }
        self._listed = listed

    def go_on(self) -> None:
        """One thing at least, and as many as there is time for."""
        while True:
            self._go_on()
            if self._erasure.is_done or not self._has_time():
                return

    def _has_time(self) -> bool:
        return time.monotonic() < self._ends_at

    def _go_on(self) -> None:
        erasure = self._erasure
        if erasure.step is Step.RECEIPTS:
            self._store.forget_account_receipts(erasure.id)
            erasure.finish_step(self._at)
            return
        following, forget = self._listed[erasure.step]
        ids = following(erasure.id, erasure.after, _AT_ONCE)
        for id in ids:
            forget(id)
            erasure.after = id
            if not self._has_time():
                return
        if not ids:
            erasure.finish_step(self._at)

    def _invoice(self, id: str) -> None:
        invoice = self._forgotten_invoice(id)
        if issue := invoice.issue:
            self._note("invoices", issue.issue_date, law_of(issue.seller.address.country))
        else:
            self._erasure.count("drafts")

    @retry_on_conflict()
    def _forgotten_invoice(self, id: str) -> Invoice:
        invoice = self._store.invoice(id)
        issue = invoice.issue
        is_kept = issue is not None and self._is_kept(issue.issue_date, law_of(issue.seller.address.country))
        if not is_kept and not (issue or invoice).buyer.erased:
            invoice.forget()
            self._store.save_forgotten(invoice)
        return invoice

    def _credit_note(self, id: str) -> None:
        note = self._store.credit_note(id)
        law = law_of(note.issue.seller.address.country)
        if not self._is_kept(note.issue.issue_date, law) and not note.issue.buyer.erased:
            note.forget()
            self._store.save_forgotten(note)
        self._note("credit_notes", note.issue.issue_date, law)

    @retry_on_conflict()
    def _payment(self, id: str) -> None:
        payment = self._store.payment(id)
        if not self._is_kept(payment.received_on, self._law) and payment.external_ref != ERASED:
            payment.forget()
            self._store.save_forgotten_payment(payment)
        self._note("payments", payment.received_on, self._law)

    @retry_on_conflict()
    def _dispute(self, id: str) -> None:
        dispute = self._store.dispute(id)
        if dispute.reason != ERASED:
            dispute.forget()
            self._store.save_forgotten(dispute)
        self._erasure.count("disputes")

    def _is_kept(self, made_on: date, law: Law) -> bool:
        return self._at.date() <= law.keeps_until(made_on)

    def _note(self, what: str, made_on: date, law: Law) -> None:
        """Note that a document is kept, or that it was erased."""
        if self._is_kept(made_on, law):
            self._erasure.keep(what, made_on, law)
        else:
            self._erasure.count(what)

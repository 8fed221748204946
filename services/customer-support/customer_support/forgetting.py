"""Forgets a customer, step by step: each step is bounded, leaves a trace of how far it got, and may be repeated.

Words, files and mails go before the item that tells of them, so that a step which was cut off finds them again.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from backoffice.clock import parse_time
from backoffice.contention import retry_on_conflict
from backoffice.dynamodb import Item
from backoffice.errors import StaleVersion
from backoffice.logs import logger
from customer_support.domain.conversation import Message
from customer_support.domain.customers import sender_mark
from customer_support.domain.erasure import OURSELVES, Answer
from customer_support.domain.forgetting import ERASED, Forgetting, Step
from customer_support.domain.history import Act
from customer_support.store import Store, keys
from customer_support.store.items import load
from customer_support.store.mailbox import Mailbox

AUTHOR = "erasure"
# Ten messages, which come at once at most, take less than the function's time-out (10 s).
_SECONDS = 0.7
_AT_ONCE = 10


def go_on(store: Store, customer_id: str, look: int, at: datetime, event_id: str) -> None:
    """Go some steps on; what is left is for the next message, and what is done is answered.

    Where another message goes on with the same customer, this one has nothing to do. Raises AlreadySeen.
    """
    forgetting = store.forgetting(customer_id)
    forgetting.begin(look)
    if not forgetting.is_done:
        Work(store, Mailbox.from_env(), forgetting, at).go_on()
        if not forgetting.is_done:
            forgetting.go_on_later(at)
        try:
            store.save_forgetting(forgetting, event_id)
        except StaleVersion:
            logger.info("another message goes on with it")
            return
    if forgetting.is_done:
        take_answer(store, forgetting.erasure_id, (OURSELVES, forgetting.answer(at)), at)


@retry_on_conflict()
def take_answer(
    store: Store, erasure_id: str, given: tuple[str, Answer], at: datetime, event_id: str | None = None
) -> None:
    """Note what a context has answered. Raises NotFound, AlreadySeen, Contended if others kept writing it."""
    erasure = store.erasure(erasure_id)
    if erasure.take(*given, at):
        store.save_erasure(erasure, event_id)
    else:
        logger.info("answer was known already", extra={"erasure_id": erasure_id})


class Work:
    """The steps, within the time that one message may take."""

    def __init__(self, store: Store, mailbox: Mailbox, forgetting: Forgetting, at: datetime) -> None:
        self._store = store
        self._mailbox = mailbox
        self._forgetting = forgetting
        self._at = at
        self._ends_at = time.monotonic() + _SECONDS
        self._steps: dict[Step, Callable[[], None]] = {
            Step.TICKETS: self._tickets,
            Step.MAILS: self._mails,
            Step.CUSTOMER: self._customer,
            Step.RECEIPTS: self._receipts,
        }

    def go_on(self) -> None:
        """One step at least, and as many as there is time for."""
        while True:
            self._steps[self._forgetting.step]()
            if self._forgetting.is_done or not self._has_time():
                return

    def _has_time(self) -> bool:
        return time.monotonic() < self._ends_at

    def _tickets(self) -> None:
        forgetting = self._forgetting
        if forgetting.after is None:
            following = self._store.next_ticket_of(forgetting.id, forgetting.ticket_id)
            if following is None:
                return forgetting.finish_step()
            self._end(following)
            forgetting.ticket_id, forgetting.after = following, ""
        assert forgetting.ticket_id, "what has parts is a ticket"
        parts = self._store.ticket_parts(forgetting.ticket_id, forgetting.after, _AT_ONCE)
        if parts:
            forgetting.after = self._forget_parts(forgetting.ticket_id, parts)["sk"]
        else:
            self._empty(forgetting.ticket_id)
            forgetting.count({"tickets": 1})
            forgetting.after = None
        return None

    @retry_on_conflict()
    def _end(self, ticket_id: str) -> None:
        """From now on nobody adds to the ticket, and its words are not noted any more."""
        ticket = self._store.ticket(ticket_id)
        if not ticket.erased_at:
            ticket.end_by_erasure(Act(AUTHOR, self._at))
            self._store.save_ticket(ticket)

    def _empty(self, ticket_id: str) -> None:
        ticket = self._store.ticket(ticket_id)
        if ticket.subject != ERASED:
            self._store.forget_words(ticket_id, [ticket.subject])
            ticket.forget(ERASED)
            self._store.save_ticket(ticket)

    def _forget_parts(self, ticket_id: str, parts: list[Item]) -> Item:
        """Forget as many of these parts as there is time for, one at least; answers the last one."""
        done: list[Item] = []
        for part in parts:
            if done and not self._has_time():
                break
            self._let_go(ticket_id, part)
            done.append(part)
        self._store.forget_parts(done)
        return done[-1]

    def _let_go(self, ticket_id: str, part: Item) -> None:
        """Take away what a part is found by and what came with it."""
        if part["sk"].startswith(keys.HISTORY):
            self._store.forget_words(ticket_id, _changed(part, "subject"))
        elif part["sk"].startswith(keys.TIME):
            self._forgetting.count({"time_entries": 1})
        elif part["sk"].startswith(keys.MESSAGE):
            message = load(Message, part)
            files = [file.key for file in message.attachments if file.key]
            for key in files:
                if mail := self._store.mail_in_bucket(key, message.written_at):
                    self._store.forget_mail(mail)
            self._mailbox.erase(files)
            self._store.forget_words(ticket_id, [message.body] if message.body != ERASED else [])
            self._forgetting.count(Counter(messages=1, files=len(message.attachments)))

    def _mails(self) -> None:
        """Mails that are on no ticket of the customer: those that were set aside, and those on others' tickets.

        One that is forgotten is in no list of its sender's any more, so the next message finds the rest.
        """
        self._gather_senders()
        for mark in self._forgetting.senders:
            for mail in self._store.mails_from(mark, self._forgetting.asked_at):
                self._forget_mail(mail)
                if not self._has_time():
                    return
        self._forgetting.finish_step()

    def _gather_senders(self) -> None:
        """The addresses that the customer ever had; one that was given up may be another's by now."""
        lines = self._store.customer_parts(self._forgetting.id)
        addresses = {address for line in lines for address in _changed(line, "email")}
        own = {sender_mark(address) for address in addresses if self._store.customer_with(address) is None}
        self._forgetting.senders = tuple(sorted({*self._forgetting.senders, *own}))

    def _forget_mail(self, mail: Item) -> None:
        if ticket_id := mail.get("ticket_id"):
            self._forget_author(ticket_id)
        if mail["key"]:
            self._mailbox.erase([mail["key"]])
        self._store.forget_mail(mail)
        self._forgetting.count({"other_mails": 1})

    def _forget_author(self, ticket_id: str) -> None:
        """What the customer wrote on another's ticket; the others' words stay, and stay to be found."""
        parts = self._store.ticket_parts(ticket_id, None)
        of_customer = [part for part in parts if self._is_by_customer(part)]
        texts = [part["body"] for part in of_customer if "body" in part]
        others = [part["body"] for part in parts if "body" in part and part not in of_customer]
        self._store.forget_words(ticket_id, texts, but=[*others, self._store.ticket(ticket_id).subject])
        for part in of_customer:
            self._mailbox.erase(file["key"] for file in part.get("attachments", []) if file["key"])
        for begin in range(0, len(of_customer), _AT_ONCE):
            self._store.forget_parts(of_customer[begin : begin + _AT_ONCE])

    def _is_by_customer(self, part: Item) -> bool:
        by, at = part.get("written_by") or part.get("by", ""), part.get("written_at") or part.get("at")
        return at is not None and self._forgetting.knows(by) and parse_time(at) <= self._forgetting.asked_at

    def _customer(self) -> None:
        """Earlier names and addresses stand in the history, which goes when nothing is to be found by them any more."""
        forgetting = self._forgetting
        lines = self._store.customer_parts(forgetting.id, forgetting.after, _AT_ONCE)
        if not lines:
            forgetting.count({"customer": 1})
            return forgetting.finish_step()
        self._store.forget_parts(lines)
        forgetting.after = lines[-1]["sk"]
        return None

    def _receipts(self) -> None:
        self._store.forget_receipts(self._forgetting.id)
        self._forgetting.finish_step()


def _changed(line: Item, name: str) -> list[str]:
    """What a field was and became by a line of a history."""
    return [value for value in line.get("changes", {}).get(name, {}).values() if value]

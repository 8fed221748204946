"""How a mail gets to its ticket: it opens one, answers one, is noted on one, or is set aside."""

from dataclasses import dataclass
from datetime import datetime

from backoffice.contention import LookAgain, retry_on_conflict
from backoffice.domain import RuleBroken
from backoffice.errors import Conflict, NotFound
from backoffice.ids import new_id
from backoffice.logs import logger
from customer_support.domain.conversation import Attachment, Author, Message, Visibility
from customer_support.domain.customers import Customer, normal_email
from customer_support.domain.history import Act
from customer_support.domain.mail import Fate, Mail, MailFile, ReceivedMail, ticket_ids_in
from customer_support.domain.replies import Reply, receive
from customer_support.domain.service_levels import Priority, ServiceLevels
from customer_support.domain.tickets import Ticket
from customer_support.store import Store
from customer_support.store.mailbox import Mailbox
from customer_support.store.mails import KNOWN

QUEUE = "general"
# Mails without a usable sender belong to one customer, so that they can be seen, and merged, by agents.
NOBODY = {"name": "Unknown sender", "email": "unknown-sender@mail.invalid"}


def deliver(delivery: "Delivery", mailbox: Mailbox) -> Fate | None:
    """Give a mail to its ticket, once; None if it had been taken before.

    Raises Contended if others kept changing the ticket.
    """
    try:
        return _take(delivery, mailbox)
    except Conflict as conflict:
        if KNOWN not in conflict:
            raise
        return None


@retry_on_conflict()
def _take(delivery: "Delivery", mailbox: Mailbox) -> Fate:
    try:
        return delivery.take(Store(), mailbox)
    except RuleBroken as broken:
        if broken.code not in {"email_taken", "customer_erased"}:
            raise
        # Another mail of the same new customer was faster, or the customer was just erased.
        raise LookAgain from broken


@dataclass
class Delivery:
    """A mail on its way to its ticket."""

    mail: Mail
    key: str
    size: int
    at: datetime

    def take(self, store: Store, mailbox: Mailbox) -> Fate:
        """Give the mail to its ticket. Raises Conflict ``known_mail``, StaleVersion, RuleBroken ``email_taken``."""
        found = self._ticket(store)
        if self.mail.automatic:
            return self._note(store, mailbox, *found) if found else self._set_aside(store)
        return self._answer(store, mailbox, *found) if found else self._open(store, mailbox)

    def _ticket(self, store: Store) -> tuple[Ticket, ServiceLevels] | None:
        """The ticket that a token or a reference of the mail names, or whichever takes the replies to that one."""
        mail = self.mail
        named = [*ticket_ids_in(mail.recipients, mail.subject, *mail.references)]
        for ticket_id in dict.fromkeys(named or store.tickets_of_mails(mail.references)):
            try:
                ticket, levels = store.replied_to(ticket_id)
            except NotFound:
                logger.info("mail names a ticket that there is not")
                continue
            if not ticket.erased_at:
                return ticket, levels
            logger.info("mail names a ticket of an erased customer", extra={"ticket_id": ticket.id})
        return None

    def _open(self, store: Store, mailbox: Mailbox) -> Fate:
        customer = self._customer(store)
        details = {
            "customer_id": customer.id,
            "subject": self.mail.subject or "(no subject)",
            "body": self.mail.body,
            "priority": Priority.NORMAL,
            "queue": QUEUE,
            "tags": [],
        }
        ticket = Ticket.open(new_id("tkt"), details, self._act, store.service_levels())
        message = self._message(ticket, mailbox)
        ticket.mark(message.marks)
        store.add_ticket(ticket, message, mail=self._received(Fate.OPENED, ticket))
        return Fate.OPENED

    def _answer(self, store: Store, mailbox: Mailbox, ticket: Ticket, levels: ServiceLevels) -> Fate:
        customer = store.customer(ticket.customer_id)
        if self.mail.sender is None or normal_email(self.mail.sender) != normal_email(customer.email):
            self.mail.marks.add("other_sender")
        reply = receive(ticket, self._message(ticket, mailbox), new_id("tkt"), levels)
        store.add_reply(reply, mail=self._received(Fate.ANSWERED, reply.ticket))
        return Fate.ANSWERED

    def _note(self, store: Store, mailbox: Mailbox, ticket: Ticket, levels: ServiceLevels) -> Fate:
        """An automatic mail neither wakes nor reopens a ticket: that is how loops end."""
        self.mail.marks.add("automatic")
        message = self._message(ticket, mailbox, Visibility.INTERNAL)
        ticket.add(message, levels)
        store.add_reply(Reply(ticket, message), mail=self._received(Fate.NOTED, ticket))
        return Fate.NOTED

    def _set_aside(self, store: Store) -> Fate:
        store.set_aside(self._received(Fate.SET_ASIDE, None))
        return Fate.SET_ASIDE

    def _customer(self, store: Store) -> Customer:
        """The sender, who is made a customer if nobody has that address."""
        address = self.mail.sender or NOBODY["email"]
        if known := store.customer_with(address):
            return known
        name = self.mail.sender_name.strip() or address.partition("@")[0]
        details = {"name": name, "email": address} if self.mail.sender else NOBODY
        customer = Customer.register(new_id("cus"), {**details, "locale": "en", "time_zone": "UTC"}, self._act)
        store.add_customer(customer)
        return customer

    def _message(self, ticket: Ticket, mailbox: Mailbox, visibility: Visibility = Visibility.PUBLIC) -> Message:
        id = new_id("msg")
        original = MailFile("original.eml", "message/rfc822", b"")
        files = [(original, self.key, self.size)]
        for number, file in enumerate(self.mail.files, 1):
            files.append((file, mailbox.keep(self.mail.identity, number, file), len(file.content)))
        return Message(
            id=id,
            ticket_id=ticket.id,
            body=self.mail.body,
            visibility=visibility,
            author=Author.CUSTOMER,
            written_by=self._act.by,
            written_at=self.at,
            attachments=tuple(
                Attachment(
                    id=f"{id.replace('msg', 'att')}-{number}",
                    filename=file.filename,
                    content_type=file.content_type,
                    size=size,
                    key=key,
                )
                for number, (file, key, size) in enumerate(files)
            ),
            marks=tuple(sorted(self.mail.marks)),
        )

    @property
    def _act(self) -> Act:
        return Act(f"mail:{self.mail.sender or NOBODY['email']}", self.at)

    def _received(self, fate: Fate, ticket: Ticket | None) -> ReceivedMail:
        return ReceivedMail(
            id=self.mail.identity,
            key=self.key,
            size=self.size,
            fate=fate,
            received_at=self.at,
            reason=self.mail.automatic,
            header_id=self.mail.message_id,
            ticket_id=ticket.id if ticket else None,
            sender=self.mail.sender,
        )

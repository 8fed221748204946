"""Mails that were received: what became of each, and which ticket a reply to it belongs to."""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from backoffice.clock import rfc3339
from backoffice.codec import keyed, plain
from backoffice.transactions import Transaction
from customer_support.domain.customers import sender_mark
from customer_support.domain.mail import Fate, ReceivedMail
from customer_support.store import keys
from customer_support.store.part import Listed, Part, listed

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging

KNOWN = "known_mail"
"""The name of the condition that a mail was not taken before."""


class Mails(Part):
    """What became of mails."""

    def set_aside(self, mail: ReceivedMail) -> None:
        """Remember a mail that belongs to no ticket. Raises Conflict ``known_mail``."""
        transaction = Transaction(self._table)
        write_mail(transaction, mail)
        transaction.commit()

    def mails(self, fate: Fate | None, page: "Paging") -> Listed[ReceivedMail]:
        """Mails that were received, of one fate or all, the newest first."""
        partition, index = (keys.mails_that(fate), "gsi2") if fate else (keys.MAILS, "gsi1")
        return listed(ReceivedMail, self._list(partition, index, page))

    def tickets_of_mails(self, header_ids: Iterable[str]) -> list[str]:
        """Ids of the tickets that the mails with these Message-IDs belong to, in their order."""
        wanted = [header_key(header_id) for header_id in header_ids]
        found = self._table.get_all(wanted) if wanted else {}
        return [found[key]["ticket_id"] for key in wanted if key in found]


def write_mail(transaction: Transaction, mail: ReceivedMail) -> None:
    """Write what became of a mail; the commit raises Conflict ``known_mail`` if it was taken before."""
    received = f"{rfc3339(mail.received_at)}#{mail.id}"
    lists = {"gsi1pk": keys.MAILS, "gsi1sk": received, "gsi2pk": keys.mails_that(mail.fate), "gsi2sk": received}
    if mail.sender:
        lists |= {"gsi3pk": keys.mails_from(sender_mark(mail.sender)), "gsi3sk": received}
    transaction.add({**plain(mail), **keyed(keys.mail(mail.id)), **lists}, KNOWN)
    if mail.header_id and mail.ticket_id:
        transaction.put({**keyed(header_key(mail.header_id)), "ticket_id": mail.ticket_id})


def header_key(header_id: str) -> keys.Key:
    """Where the ticket of a mail with that Message-ID is noted."""
    return keys.header_id(hashlib.sha256(header_id.encode(errors="replace")).hexdigest())

"""Lists of tickets, newest first; a page costs the same however many tickets there are."""

from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from backoffice.clock import rfc3339
from backoffice.dynamodb import Item, Page
from customer_support.domain.tickets import Ticket
from customer_support.store import keys
from customer_support.store.items import load
from customer_support.store.part import Listed, Part

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging

# Lambda answers 6 MB at most; the longest body alone is 80 KB.
LARGEST_PAGE = 4 * 1024 * 1024

_INDEXES = {
    ("queue", False): "gsi1",
    ("queue", True): "gsi2",
    ("assignee", False): "gsi4",
    ("assignee", True): "gsi3",
    ("customer_id", False): "gsi2",
    ("customer_id", True): "gsi4",
    ("tag", False): "gsi1",
    ("tag", True): "gsi2",
}
"""The index that lists by a field, without and with a status beside it."""


class Lists(Part):
    """Tickets by what they have in common."""

    def tickets(self, filter: dict[str, Any], page: "Paging") -> Listed[Ticket]:
        """Tickets of one queue, agent, customer or tag, of one status, of both, or all; newest first.

        With ``updated_after``: those that have changed since, the last change first.
        """
        others = {name: value for name, value in filter.items() if name != "status"}
        if "updated_after" in filter:
            index = "gsi2"
            found = self._changed_since(filter["updated_after"], page)
        elif others:
            ((name, value),) = others.items()
            index = _INDEXES[name, "status" in filter]
            found = self._list(keys.listed(name, value, filter.get("status")), index, page)
        elif "status" in filter:
            index = "gsi3"
            found = self._list(keys.in_status(filter["status"]), index, page)
        else:
            index = "gsi1"
            found = self._list(keys.TICKETS, index, page)
        tickets = self._tickets_of(found.items, filter)
        shown = fitting(tickets)
        if len(shown) == len(tickets):
            return tickets, found.last_key
        (last,) = [item for item in found.items if _ticket_id(item) == shown[-1].id]
        return shown, {name: last[name] for name in ("pk", "sk", f"{index}pk", f"{index}sk")}

    def _changed_since(self, time: datetime, page: "Paging") -> Page:
        return self._table.query(
            keys.UPDATED,
            index="gsi2",
            sk_between=(f"{rfc3339(time)}~", "~"),
            newest_first=True,
            limit=page.limit,
            start=page.start,
        )

    def _tickets_of(self, items: list[Item], filter: dict[str, Any]) -> list[Ticket]:
        """The tickets that the entries of a list point to; some lists hold the tickets themselves.

        An index lags behind the table by some milliseconds: what no longer belongs to the list is left out.
        """
        pointed_to = [keys.ticket(item["ticket_id"]) for item in items if "ticket_id" in item]
        found = self._table.get_all(pointed_to) if pointed_to else {}
        entries = [found.get(keys.ticket(item["ticket_id"])) if "ticket_id" in item else item for item in items]
        tickets = [load(Ticket, item) for item in entries if item]
        return [ticket for ticket in tickets if _belongs(ticket, filter)]


def fitting(tickets: list[Ticket]) -> list[Ticket]:
    """The first of the tickets, as many as one answer has room for."""
    lengths = accumulate(len(ticket.body.encode()) for ticket in tickets)
    return [ticket for ticket, length in zip(tickets, lengths, strict=True) if length <= LARGEST_PAGE]


def _ticket_id(item: Item) -> str:
    return str(item.get("ticket_id") or item["id"])


def _belongs(ticket: Ticket, filter: dict[str, Any]) -> bool:
    for name, value in filter.items():
        if name == "tag":
            if value not in ticket.tags:
                return False
        elif name != "updated_after" and getattr(ticket, name) != value:
            return False
    return True

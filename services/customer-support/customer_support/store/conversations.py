"""Reading conversations and time page by page, those of merged tickets as one."""

from typing import TYPE_CHECKING, Any, TypeVar

from backoffice.dynamodb import Item, Page
from backoffice.errors import Conflict, Gone, NotFound
from backoffice.transactions import Transaction
from customer_support.domain.conversation import Attachment, Message, TimeEntry
from customer_support.store import keys
from customer_support.store.items import load
from customer_support.store.part import Listed, Part, listed

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging

T = TypeVar("T")


class Conversations(Part):
    """What was said and worked on a ticket and on those that were merged into it."""

    def messages(self, ticket_id: str, page: "Paging") -> Listed[Message]:
        """The conversation, oldest first, and where the next page starts. Raises NotFound."""
        listed_, next_start = self._parts(Message, keys.absorbed(ticket_id), keys.MESSAGE, page)
        # Every ticket begins with a message, so an empty first page means that there is no ticket.
        if not listed_ and page.start is None:
            raise NotFound("ticket", ticket_id)
        return listed_, next_start

    def time_entries(self, ticket_id: str, page: "Paging") -> Listed[TimeEntry]:
        """Time that was worked, oldest first, and where the next page starts. Raises NotFound."""
        return self._parts(TimeEntry, keys.ticket(ticket_id), keys.TIME, page, head_required=True)

    def attachment(self, ticket_id: str, attachment_id: str) -> Attachment:
        """A file that came with a message; its id is the message's, and its number. Raises NotFound, Gone."""
        message_id = "msg" + attachment_id.removeprefix("att").partition("-")[0]
        item = self._table.get(*keys.message(ticket_id, message_id))
        for attachment in load(Message, item).attachments if item else ():
            if attachment.id == attachment_id:
                if not attachment.key:
                    raise Gone("attachment", attachment_id)
                return attachment
        raise NotFound("attachment", attachment_id)

    def mark_billed(self, event_id: str, billed: dict[str, Any]) -> None:
        """Note on which invoice a time entry stands and what it charges, once for each event.

        Raises AlreadySeen; Conflict if there is no such entry, or if it stands on another invoice: nobody pays for
        the same time twice, so people must look at it.
        """
        try:
            self._mark_billed(event_id, billed["ticket_id"], billed)
        except Conflict as conflict:
            elsewhere = self._absorbed_home(billed) if _UNKNOWN in conflict and not conflict.items[_UNKNOWN] else None
            if elsewhere is None:
                raise
            self._mark_billed(event_id, elsewhere, billed)

    def _mark_billed(self, event_id: str, ticket_id: str, billed: dict[str, Any]) -> None:
        told = {name: billed[name] for name in ("invoice_id", "charged_minutes") if billed[name] is not None}
        transaction = Transaction(self._table)
        transaction.once(event_id)
        transaction.update(
            *keys.time_entry(ticket_id, billed["time_entry_id"]),
            "SET " + ", ".join(f"{name} = :{name}" for name in told),
            values={f":{name}": value for name, value in told.items()},
            condition="attribute_exists(pk) AND (attribute_not_exists(invoice_id) OR invoice_id = :invoice_id)",
            conflict=_UNKNOWN,
        )
        transaction.commit()

    def _absorbed_home(self, billed: dict[str, Any]) -> str | None:
        """Which of the tickets that were merged into the one that told of the time holds the entry."""
        heir = self._table.get(*keys.ticket(billed["ticket_id"])) or {}
        homes = {keys.time_entry(one, billed["time_entry_id"]): one for one in heir.get("absorbed", [])}
        found = self._table.get_all(homes) if homes else {}
        return next((homes[key] for key in found), None)

    def _parts(
        self, kind: type[T], head: keys.Key, prefix: str, page: "Paging", *, head_required: bool = False
    ) -> Listed[T]:
        """A page of a ticket's parts. ``head`` sorts before them and tells what was merged into the ticket."""
        if page.start and "absorbed" in page.start:
            return self._merged(kind, [head[0], *page.start["absorbed"].split(",")], prefix, page, page.start["after"])
        found = self._table.query(
            head[0], sk_between=(head[1], f"{prefix}~"), limit=page.limit + (page.start is None), start=page.start
        )
        if page.start is not None:
            return listed(kind, found)
        has_head = bool(found.items) and found.items[0]["sk"] == head[1]
        if head_required and not has_head:
            raise NotFound("ticket", head[0].partition("#")[2])
        if has_head and found.items[0].get("absorbed"):
            partitions = [keys.ticket(one)[0] for one in found.items[0]["absorbed"]]
            return self._merged(kind, [head[0], *partitions], prefix, page, "")
        return listed(kind, _cut(found.items[has_head:], found.last_key, page.limit))

    def _merged(self, kind: type[T], partitions: list[str], prefix: str, page: "Paging", after: str) -> Listed[T]:
        """A page of the parts of several tickets: ids sort by time, so they are one conversation by their ids."""
        limit = min(page.limit, _MOST_AT_ONCE)
        pages = [
            self._table.query(
                pk,
                sk_between=(f"{prefix}{after}~" if after else prefix, f"{prefix}~"),
                limit=limit + 1,
            )
            for pk in partitions
        ]
        # A page that was cut short by its size says nothing of what comes after its last item.
        known_until = min((one.items[-1]["id"] for one in pages if one.last_key), default=_END)
        items = sorted((item for one in pages for item in one.items if item["id"] <= known_until), key=_by_id)
        shown = items[:limit]
        is_all = known_until == _END and len(shown) == len(items)
        start = None if is_all else {"after": shown[-1]["id"], "absorbed": ",".join(partitions[1:])}
        return listed(kind, Page(shown, start))


_END = "~"
# The longest messages of several partitions must still fit one answer.
_MOST_AT_ONCE = 40
_UNKNOWN = "time_entry_unknown_or_billed_elsewhere"


def _by_id(item: Item) -> Any:
    return item["id"]


def _cut(items: list[Item], last_key: dict[str, str] | None, limit: int) -> Page:
    """At most ``limit`` of the items that one query has found."""
    if len(items) <= limit:
        return Page(items, last_key)
    last = items[limit - 1]
    return Page(items[:limit], {"pk": last["pk"], "sk": last["sk"]})

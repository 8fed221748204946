"""The index of words in DynamoDB: written after the texts, from the table's stream."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from backoffice.codec import keyed
from backoffice.dynamodb import Item, Page, from_dynamodb
from customer_support.domain.searching import words
from customer_support.domain.tickets import Ticket
from customer_support.store import keys
from customer_support.store.lists import Lists, fitting
from customer_support.store.part import Listed

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging

# What one request looks at, at most; its page may then be shorter, and the cursor goes on from there.
_ROUNDS = 4


class Search(Lists):
    """Tickets by what was said on them."""

    def index(self, images: Iterable[Mapping[str, Any]]) -> int:
        """Note the words of texts, given as the stream's images of their items. Returns how many were noted.

        The stream may be late, and the customer erased since: an erasure marks a ticket before it takes its words away,
        so that whoever notes words and then finds no mark has done so in time.
        """
        noted = {keys.word(word, ticket_id) for ticket_id, text in map(_text, images) for word in words(text)}
        self._table.put_all(keyed(key) for key in sorted(noted))
        erased = self._erased({ticket_id for _, ticket_id in noted})
        self._table.delete_all(key for key in sorted(noted) if key[1] in erased)
        return len(noted)

    def forget_words(self, ticket_id: str, texts: Iterable[str], but: Iterable[str] = ()) -> None:
        """Take away the words under which a ticket is found by these texts, except those of others."""
        gone = {word for text in texts for word in words(text)} - {word for text in but for word in words(text)}
        self._table.delete_all(keys.word(word, ticket_id) for word in sorted(gone))

    def search(self, wanted: frozenset[str], filter: dict[str, Any], page: "Paging") -> Listed[Ticket]:
        """Tickets that hold all the words, newest first.

        Walks the tickets of the longest word, which is likely the rarest, and looks the others up. A page may be
        shorter than asked for although there is more.
        """
        lead, *others = sorted(wanted, key=lambda word: (-len(word), word))
        shown: list[Ticket] = []
        start = page.start
        for _ in range(_ROUNDS):
            candidates = self._table.query(
                keys.holding(lead), newest_first=True, limit=page.limit - len(shown), start=start
            )
            shown += self._tickets_of(self._holding_all(candidates, others), filter)
            start = candidates.last_key
            if start is None or len(shown) == page.limit:
                break
        room = fitting(shown)
        if len(room) < len(shown):
            start = {"pk": keys.holding(lead), "sk": room[-1].id}
        return room, start

    def _erased(self, ticket_ids: set[str]) -> set[str]:
        found = self._table.get_all(map(keys.ticket, ticket_ids)) if ticket_ids else {}
        return {item["id"] for item in found.values() if item.get("erased_at")}

    def _holding_all(self, candidates: Page, others: list[str]) -> list[Item]:
        ticket_ids = [item["sk"] for item in candidates.items]
        for word in others:
            found = self._table.get_all(keys.word(word, ticket_id) for ticket_id in ticket_ids) if ticket_ids else {}
            ticket_ids = [ticket_id for ticket_id in ticket_ids if keys.word(word, ticket_id) in found]
        return [{"ticket_id": ticket_id} for ticket_id in ticket_ids]


def _text(image: Mapping[str, Any]) -> tuple[str, str]:
    """The id of the ticket and the text in a message, in a new ticket, or in a change of its subject."""
    item = from_dynamodb(image)
    ticket_id = item["pk"].removeprefix("TICKET#")
    if item["sk"].startswith(keys.MESSAGE):
        return ticket_id, item["body"]
    if item["sk"].startswith(keys.HISTORY):
        return ticket_id, item["changes"]["subject"]["to"]
    return ticket_id, item["subject"]

"""What lies in the table: the items that domain objects become, and back."""

from typing import Any, TypeVar

from backoffice.clock import rfc3339
from backoffice.codec import keyed, plain, read, stored
from backoffice.dynamodb import Item
from customer_support.domain import promises
from customer_support.domain.conversation import Message, TimeEntry
from customer_support.domain.customers import Customer
from customer_support.domain.erasure import Erasure
from customer_support.domain.history import Remembering
from customer_support.domain.searching import beginning, names
from customer_support.domain.tickets import Ticket
from customer_support.store import keys
from customer_support.store.keys import Key

T = TypeVar("T")


def load(kind: type[T], item: Item) -> T:
    """A domain object as it was stored."""
    return read(kind, item)


def customer_item(customer: Customer) -> Item:
    lists = {} if customer.erasure_id else {"gsi1pk": keys.CUSTOMERS, "gsi1sk": customer.id}
    return {**stored(customer, keys.customer(customer.id)), **lists}


def customer_pointers(customer: Customer) -> dict[str, Item]:
    """The items by which a customer is found by name and by company, by their sort keys."""
    found = {f"NAME#{place}": ("name", name) for place, name in enumerate(names(customer.name))}
    if customer.company:
        found["COMPANY"] = ("company", beginning(customer.company))
    pk, _ = keys.customer(customer.id)
    return {
        sk: {
            **keyed((pk, sk)),
            "gsi1pk": keys.called(kind, name),
            "gsi1sk": f"{name}#{customer.id}",
            "customer_id": customer.id,
        }
        for sk, (kind, name) in found.items()
    }


def erasure_item(erasure: Erasure) -> Item:
    lists = {
        "gsi2pk": keys.ERASURES,
        "gsi2sk": erasure.id,
        "gsi3pk": keys.erasures_in(erasure.state),
        "gsi3sk": erasure.id,
    }
    if wakes_at := erasure.wakes_at:
        lists |= {"gsi1pk": keys.ERASURES_WAKING, "gsi1sk": keys.waking_at(wakes_at, erasure.id)}
    return {**stored(erasure, keys.erasure(erasure.id)), **lists}


def email_item(customer: Customer) -> Item:
    return {**keyed(keys.email(customer.email)), "customer_id": customer.id}


def ticket_item(ticket: Ticket) -> Item:
    lists = {
        "gsi1pk": keys.TICKETS,
        "gsi1sk": ticket.id,
        "gsi2pk": keys.listed("customer_id", ticket.customer_id),
        "gsi2sk": ticket.id,
        "gsi3pk": keys.in_status(ticket.status),
        "gsi3sk": ticket.id,
    }
    if ticket.assignee:
        lists |= {"gsi4pk": keys.listed("assignee", ticket.assignee), "gsi4sk": ticket.id}
    return {**stored(ticket, keys.ticket(ticket.id)), **lists}


def message_item(message: Message) -> Item:
    return {**plain(message), **keyed(keys.message(message.ticket_id, message.id))}


def time_item(entry: TimeEntry) -> Item:
    return {**plain(entry), **keyed(keys.time_entry(entry.ticket_id, entry.id))}


def history_items(aggregate: Remembering, key: Key) -> list[Item]:
    """The new lines of an aggregate's history, under the version that they made."""
    version = aggregate.next_version
    return [
        {**plain(entry), **keyed(keys.history(key[0], version, number)), "version": version}
        for number, entry in enumerate(aggregate.history)
    ]


def ticket_pointers(ticket: Ticket) -> dict[str, Item]:
    """The items that put a ticket into the lists for which it has no index of its own, by their sort keys."""
    pk, _ = keys.ticket(ticket.id)
    found = {"LISTS": _lists(ticket), "LISTS#TIMES": _times(ticket)}
    for tag in ticket.tags:
        found[f"TAG#{tag}"] = {
            "gsi1pk": keys.listed("tag", tag),
            "gsi1sk": ticket.id,
            "gsi2pk": keys.listed("tag", tag, ticket.status),
            "gsi2sk": ticket.id,
        }
    return {sk: {**keyed((pk, sk)), "ticket_id": ticket.id, **item} for sk, item in found.items()}


def _lists(ticket: Ticket) -> Item:
    lists = {
        "gsi1pk": keys.listed("queue", ticket.queue),
        "gsi1sk": ticket.id,
        "gsi2pk": keys.listed("queue", ticket.queue, ticket.status),
        "gsi2sk": ticket.id,
        "gsi4pk": keys.listed("customer_id", ticket.customer_id, ticket.status),
        "gsi4sk": ticket.id,
    }
    if ticket.assignee:
        lists |= {"gsi3pk": keys.listed("assignee", ticket.assignee, ticket.status), "gsi3sk": ticket.id}
    return lists


def _times(ticket: Ticket) -> dict[str, Any]:
    times = {"gsi2pk": keys.UPDATED, "gsi2sk": f"{rfc3339(ticket.updated_at)}#{ticket.id}"}
    if wakes_at := ticket.wakes_at:
        shard = ord(ticket.id[-1]) % keys.WAKING_SHARDS
        times |= {"gsi1pk": keys.waking(shard), "gsi1sk": keys.waking_at(wakes_at, ticket.id)}
    if ticket.agreement and any(promises.pending(ticket)):
        times |= {
            "gsi3pk": keys.clocks_of("calendar", ticket.agreement.calendar_id),
            "gsi3sk": ticket.id,
            "gsi4pk": keys.clocks_of("policy", ticket.agreement.policy_id),
            "gsi4sk": ticket.id,
        }
    return times

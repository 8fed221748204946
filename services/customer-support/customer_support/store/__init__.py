"""Customer support in DynamoDB: transactions and lists. The shape of the table is told in ``keys``."""

from customer_support.store.cases import Cases
from customer_support.store.conversations import Conversations
from customer_support.store.customers import Customers
from customer_support.store.erasures import Erasures
from customer_support.store.exports import Exports
from customer_support.store.mails import Mails
from customer_support.store.search import Search
from customer_support.store.service_levels import Levels


class Store(Customers, Cases, Search, Conversations, Levels, Exports, Mails, Erasures):
    """What customer support knows. A read is one call or two; a write is one transaction, after one read at most."""

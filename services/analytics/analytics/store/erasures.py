"""Answers to erasures, on their way out."""

from analytics.domain.erasure import Search
from backoffice.dynamodb import Table
from backoffice.transactions import Transaction


class ErasureStore:
    """Nothing of a customer is kept here, so only the answer is written."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()

    def answer(self, search: Search, event_id: str) -> None:
        """Send what was found, once for each command. Raises AlreadySeen."""
        transaction = Transaction(self._table)
        transaction.emit(search)
        transaction.once(event_id)
        transaction.commit()

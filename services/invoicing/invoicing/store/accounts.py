"""Accounts with all that lies beside them: balances, what is due, rates of their own, the entries of their book."""

from typing import TYPE_CHECKING

from backoffice.codec import stored
from backoffice.dynamodb import Item
from backoffice.transactions import Transaction
from invoicing.domain.account import Account
from invoicing.domain.balance import AccountBalance
from invoicing.domain.rates import Rate
from invoicing.domain.statement import Period, Statement
from invoicing.store import keys
from invoicing.store.base import Base, Listed, found, listed, optional
from invoicing.store.items import account_item, balance_of, entry_of, open_item_of

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging


class AccountStore(Base):
    """An account and its book lie in one partition."""

    def account(self, account_id: str) -> Account:
        """Raises NotFound."""
        return found(Account, self._table.get(*keys.account(account_id)), account_id)

    def known_account(self, account_id: str) -> Account | None:
        """An account, if anything is known of it."""
        return optional(Account, self._table.get(*keys.account(account_id)))

    def accounts(self, page: "Paging") -> Listed[Account]:
        """All accounts, newest first, and where the next page starts."""
        return listed(Account, self._list(keys.ACCOUNTS, "gsi1", page))

    def save_account(self, account: Account, event_id: str | None = None) -> None:
        """Write an account; once, if an event is the cause. Raises StaleVersion, AlreadySeen."""
        transaction = Transaction(self._table)
        transaction.replace(account_item(account), version=account.version)
        transaction.once(event_id)
        transaction.commit()

    def own_rate(self, account_id: str, rate_code: str) -> Rate | None:
        """An account's own price of an hour under that code."""
        return optional(Rate, self._table.get(*keys.account_rate(account_id, rate_code)))

    def account_rate(self, account_id: str, rate_code: str) -> tuple[Account, Rate | None]:
        """An account with its own price of an hour under that code. Raises NotFound for the account."""
        own = keys.account_rate(account_id, rate_code)
        items = self._table.get_all([keys.account(account_id), own])
        account = found(Account, items.get(keys.account(account_id)), account_id)
        return account, optional(Rate, items.get(own))

    def save_account_rate(self, account: Account, rate: Rate) -> None:
        """Write an account's own price. Raises StaleVersion."""
        self._replace(stored(rate, keys.account_rate(account.id, rate.id)), rate.version)

    def balance(self, account_id: str) -> AccountBalance:
        """What an account owes in each currency, and since when. Raises NotFound."""
        pk, _ = keys.account(account_id)
        items = {item["sk"]: item for item in self._table.query_all(pk, sk_between=keys.BALANCES_AND_OPEN_ITEMS)}
        found(Account, items.get("ACCOUNT"), account_id)
        open_items = [open_item_of(item) for sk, item in items.items() if sk.startswith(keys.OPEN_ITEM)]
        balances = [balance_of(item, open_items) for sk, item in items.items() if sk.startswith(keys.BALANCE)]
        return AccountBalance(account_id, tuple(balances))

    def statement(self, account_id: str, currency: str, period: Period) -> Statement:
        """What happened on an account; its book is read from the first entry on. Raises NotFound."""
        self.account(account_id)
        pk, _ = keys.account(account_id)
        begin, end = keys.entries_before(currency, period.to)
        entries = (entry_of(item) for item in self._table.query_all(pk, sk_between=(begin, end)))
        return Statement.of(account_id, currency, period, entries)

    def _side_by_side(self, account_id: str) -> dict[str, Item]:
        """An account with its balances and the pointers to its open drafts: few items, one call."""
        pk, sk = keys.account(account_id)
        return {item["sk"]: item for item in self._table.query_all(pk, sk_prefix=sk)}

"""What a company sets up: seller, rates, series of numbers, dunning policies."""

from collections.abc import Iterator

from backoffice.codec import keyed, stored
from backoffice.domain import RuleBroken
from backoffice.errors import Conflict
from backoffice.transactions import Transaction
from invoicing.domain.auditing import SeriesAudit, UsedNumber, audit
from invoicing.domain.dunning import DunningPolicy
from invoicing.domain.numbering import Series
from invoicing.domain.rates import Rate
from invoicing.domain.seller import Seller
from invoicing.store import keys
from invoicing.store.base import Base, optional, series_of
from invoicing.store.items import load, used_number


class SetupStore(Base):
    """Seldom written, often read."""

    def seller(self) -> Seller | None:
        """Who issues the invoices; None until somebody has said so."""
        return optional(Seller, self._table.get(*keys.SELLER))

    def save_seller(self, seller: Seller) -> None:
        """Write who issues the invoices. Raises StaleVersion."""
        self._replace(stored(seller, keys.SELLER), seller.version)

    def rate(self, rate_code: str) -> Rate | None:
        """The price of an hour under that code."""
        return optional(Rate, self._table.get(*keys.rate(rate_code)))

    def save_rate(self, rate: Rate) -> None:
        """Write a price. Raises StaleVersion."""
        self._replace(stored(rate, keys.rate(rate.id)), rate.version)

    def dunning_policy(self, policy_id: str) -> DunningPolicy | None:
        """When to remind, by the policy of that id."""
        return optional(DunningPolicy, self._table.get(*keys.dunning_policy(policy_id)))

    def save_dunning_policy(self, policy: DunningPolicy) -> None:
        """Write a policy. Raises StaleVersion."""
        self._replace(stored(policy, keys.dunning_policy(policy.id)), policy.version)

    def series(self, series_id: str) -> Series:
        """A run of numbers; the default ones are there from the start. Raises NotFound."""
        return series_of(series_id, self._table.get(*keys.series(series_id)))

    def add_series(self, series: Series) -> Series:
        """Write a new series, unless there is one under its id: return the one that stands.

        Raises RuleBroken if the prefix belongs to another series.
        """
        transaction = Transaction(self._table)
        transaction.add(stored(series, keys.series(series.id)))
        transaction.add({**keyed(keys.prefix(series.prefix)), "series_id": series.id}, "prefix_taken")
        try:
            transaction.commit()
        except Conflict as conflict:
            if earlier := conflict.items.get("exists"):
                return load(Series, earlier)
            raise RuleBroken("prefix_taken", f"Another series writes its numbers with {series.prefix}.") from None
        return series

    def audit(self, series_id: str) -> SeriesAudit:
        """Read every number of a series. Raises NotFound.

        The counter is read first: a number is written together with its count, so all up to there must be found.
        """
        return audit(series_id, self.series(series_id).last_number, self._used_numbers(series_id))

    def _used_numbers(self, series_id: str) -> Iterator[UsedNumber]:
        pk, _ = keys.series(series_id)
        return map(used_number, self._table.query_all(pk, sk_prefix=keys.NUMBER))

"""Service levels in DynamoDB, and finding the tickets whose time has come."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from backoffice.clock import parse_time, rfc3339
from backoffice.codec import keyed, stored
from backoffice.dynamodb import Item
from backoffice.transactions import Transaction
from customer_support.domain.service_levels import ServiceLevels
from customer_support.store import keys
from customer_support.store.part import Part
from customer_support.store.tickets import service_levels

# As many tickets as fit one read beside the service levels.
BATCH = 99


@dataclass(frozen=True)
class Rewind:
    """Clocks that must be computed anew, since their ``calendar`` or ``policy`` was changed.

    ``version`` is that of the service levels which brought the change, ``after`` the last ticket that is done.
    """

    kind: str
    id: str
    version: int
    asked_at: datetime
    after: str | None = None

    def item(self) -> Item:
        return {
            **keyed(keys.rewind(self.kind, self.id)),
            "kind": self.kind,
            "id": self.id,
            "version": self.version,
            "asked_at": rfc3339(self.asked_at),
            "after": self.after,
        }


class Levels(Part):
    """Calendars, policies, and what they make due."""

    def service_levels(self) -> ServiceLevels:
        """What is promised in this house."""
        return service_levels(self._table.get(*keys.SERVICE_LEVELS))

    def save_service_levels(self, levels: ServiceLevels, rewind: Rewind) -> None:
        """Write what is promised, and that the open clocks are to be computed anew. Raises StaleVersion."""
        transaction = Transaction(self._table)
        transaction.replace(stored(levels, keys.SERVICE_LEVELS), version=levels.version)
        transaction.put(rewind.item())
        transaction.commit()

    def due(self, at: datetime) -> Iterator[list[str]]:
        """Ids of the tickets that should have been woken by ``at``, in batches, shard by shard."""
        for shard in range(keys.WAKING_SHARDS):
            start = None
            while True:
                page = self._table.query(
                    keys.waking(shard),
                    index="gsi1",
                    sk_between=("0", keys.waking_at(at, "~")),
                    limit=BATCH,
                    start=start,
                )
                if page.items:
                    yield [item["ticket_id"] for item in page.items]
                if page.last_key is None:
                    break
                start = page.last_key

    def rewinds(self) -> list[Rewind]:
        """What was changed and has not come to all clocks yet."""
        items = self._table.query_all(keys.REWINDS)
        return [
            Rewind(item["kind"], item["id"], int(item["version"]), parse_time(item["asked_at"]), item.get("after"))
            for item in items
        ]

    def clocks_of(self, rewind: Rewind) -> list[str]:
        """Ids of the next tickets whose open clocks run by what was changed."""
        index = {"calendar": "gsi3", "policy": "gsi4"}[rewind.kind]
        between = (f"{rewind.after}~" if rewind.after else "tkt_", "tkt_~")
        page = self._table.query(keys.clocks_of(rewind.kind, rewind.id), index=index, sk_between=between, limit=BATCH)
        return [item["ticket_id"] for item in page.items]

    def go_on(self, rewind: Rewind, after: str | None) -> Rewind:
        """Remember how far the work has come, or that it is done.

        Raises StaleVersion if the thing was changed once more: then it all begins anew.
        """
        further = replace(rewind, after=after)
        transaction = Transaction(self._table)
        if after is None:
            transaction.delete(*keys.rewind(rewind.kind, rewind.id), version=rewind.version)
        else:
            transaction.replace(further.item(), version=rewind.version)
        transaction.commit()
        return further

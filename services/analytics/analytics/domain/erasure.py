"""What analytics says when a customer is to be erased."""

from dataclasses import dataclass
from datetime import datetime

from backoffice.domain import Aggregate, ReturnAddress


@dataclass(kw_only=True)
class Search(Aggregate):
    """The search for what tells of a customer, whose ``id`` it has.

    It finds nothing by construction: metrics count, the archive of events leaves names and addresses out, and both know
    customers by ids alone. Records of third parties are about their own users.
    """

    def answer(self, erasure_id: str, to: ReturnAddress, at: datetime) -> None:
        """Nothing was there to be erased, and nothing is kept."""
        data = {"customer_id": self.id, "erasure_id": erasure_id, "erased": [], "kept": []}
        self.reply(to, "ErasureAnsweredByAnalytics", data, at)

"""What is known here of customer support's customers."""

from dataclasses import dataclass

from backoffice.domain import Aggregate


@dataclass(kw_only=True)
class Customer(Aggregate):
    """The replica of a customer, under the customer's own id.

    Events come late and in any order: ``customer_version`` says how much is known (0: nothing yet).
    """

    time_zone: str = "UTC"
    customer_version: int = 0

    def learn(self, time_zone: str, version: int) -> bool:
        """Take over what customer support says, unless something newer is known. Returns whether it was news."""
        if version <= self.customer_version:
            return False
        self.time_zone, self.customer_version = time_zone, version
        return True

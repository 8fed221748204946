"""What an hour of billable time costs."""

from dataclasses import dataclass
from decimal import Decimal

from backoffice.domain import Aggregate, FieldError, Invalid
from invoicing.domain.lines import Content, Line
from invoicing.domain.taxes import Tax

HOUR = "HUR"  # UN/ECE recommendation 20


class UnknownRate(Exception):
    """Time was worked under a rate code that nobody has priced yet."""

    def __init__(self, rate_code: str) -> None:
        super().__init__(f"no rate {rate_code!r}: create it with PUT /rates/{rate_code}, then redrive the message")
        self.rate_code = rate_code


class OtherCurrency(Exception):
    """Time is priced in another currency than the account's time is billed in."""

    def __init__(self, account_id: str, billed_in: str, rate: "Rate") -> None:
        super().__init__(
            f"{account_id} is billed in {billed_in}, and rate {rate.id!r} is in {rate.currency}: "
            f"give the account its own rate with PUT /accounts/{account_id}/rates/{rate.id}, then redrive the message"
        )


@dataclass(kw_only=True)
class Rate(Aggregate):
    """The price of an hour under a rate code (its id). Changing it leaves lines alone that were priced before.

    An account may have a rate of its own under a code, which then goes before the general one.
    """

    description: str
    unit_price: Decimal
    currency: str
    tax: Tax
    unit: str = HOUR
    step_minutes: int | None = None

    def charged(self, minutes: int) -> int:
        """The minutes that are charged for: each begun step counts whole, if there are steps."""
        step = self.step_minutes or 1
        return -(-minutes // step) * step

    def check(self) -> None:
        """Raise Invalid if no line could ever be priced by it."""
        hour = Line(description="", quantity=Decimal(1), unit=HOUR, unit_price=self.unit_price, tax=self.tax)
        faults = [
            FieldError(fault.field.removeprefix("lines.0."), fault.message)
            for fault in Content(lines=(hour,)).faults(self.currency)
        ]
        if faults:
            raise Invalid(faults)

"""What an hour of billable time costs."""

from dataclasses import dataclass
from decimal import Decimal

from backoffice.domain import Aggregate, FieldError, Invalid
from invoicing.domain.lines import Content, Line, Tax

HOUR = "HUR"  # UN/ECE recommendation 20


class UnknownRate(Exception):
    """Time was worked under a rate code that nobody has priced yet."""

    def __init__(self, rate_code: str) -> None:
        super().__init__(f"no rate {rate_code!r}: create it with PUT /rates/{rate_code}, then redrive the message")
        self.rate_code = rate_code


@dataclass(kw_only=True)
class Rate(Aggregate):
    """The price of an hour under a rate code (its id). Changing it leaves lines alone that were priced before."""

    description: str
    unit_price: Decimal
    currency: str
    tax: Tax
    unit: str = HOUR

    def check(self) -> None:
        """Raise Invalid if no line could ever be priced by it."""
        hour = Line(description="", quantity=Decimal(1), unit=HOUR, unit_price=self.unit_price, tax=self.tax)
        faults = [
            FieldError(fault.field.removeprefix("lines.0."), fault.message)
            for fault in Content(lines=(hour,)).faults(self.currency)
        ]
        if faults:
            raise Invalid(faults)

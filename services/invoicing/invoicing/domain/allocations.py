"""What a payment is to pay of invoices, and what it pays."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from invoicing.domain.invoice import Invoice
from invoicing.domain.money import written


@dataclass(frozen=True)
class Intent:
    """That an invoice shall be paid, by an amount or (None) by as much as remains and as there is.

    ``field`` is where the request names it.
    """

    invoice_id: str
    amount: Decimal | None = None
    currency: str | None = None
    field: str = dataclasses.field(default="", compare=False)


Order = tuple[Invoice, Intent]


@dataclass(frozen=True)
class Allocation:
    """The share of a payment that pays an invoice."""

    invoice_id: str
    amount: Decimal


@dataclass(frozen=True)
class Settlement:
    """What a payment pays of an invoice, or paid before it was reversed.

    ``written_off`` is the part that was given up for lost when the payment came, or is given up again.
    """

    invoice: Invoice
    amount: Decimal
    written_off: Decimal

    def told(self) -> dict[str, str]:
        """As events tell it."""
        return {
            "invoice_id": self.invoice.id,
            "amount": written(self.amount, self.invoice.currency),
            "due_date": self.invoice.issued.due_date.isoformat(),
            "written_off": written(self.written_off, self.invoice.currency),
        }


def allocations_told(settled: Sequence[Settlement]) -> dict[str, list[dict[str, str]]]:
    """As events tell them; an invoice of which nothing was paid is left out."""
    return {"allocations": [one.told() for one in settled if one.amount]}

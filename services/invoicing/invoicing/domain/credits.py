"""How much of an invoice has been credited so far, line by line."""

from dataclasses import dataclass
from decimal import Decimal

from invoicing.domain.lines import Content
from invoicing.domain.money import ZERO


@dataclass(frozen=True)
class Credits:
    """What all credit notes of an invoice have taken: of each line quantity and net amount, of each allowance its
    amount, and the sum with tax. Positions are those of the invoice's content.
    """

    quantities: tuple[Decimal, ...]
    nets: tuple[Decimal, ...]
    allowances: tuple[Decimal, ...]
    total: Decimal = ZERO

    @classmethod
    def none(cls, content: Content) -> "Credits":
        """Nothing has been credited yet."""
        nothing = (ZERO,) * len(content.lines)
        return cls(nothing, nothing, (ZERO,) * len(content.document_allowances))

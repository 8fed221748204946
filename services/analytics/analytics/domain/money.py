"""How amounts are written in answers."""

from decimal import Decimal

from backoffice.currencies import MINOR_UNITS


def amount_text(amount: Decimal, currency: str) -> str:
    """An amount with the currency's minor digits, ``"12.50"``; if more are on record, with all of them."""
    recorded = -int(amount.normalize().as_tuple().exponent)
    return f"{amount:.{max(MINOR_UNITS[currency], recorded)}f}"

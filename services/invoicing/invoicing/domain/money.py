"""Amounts of money: decimal, in one currency, rounded only where a rule says so."""

from decimal import ROUND_HALF_UP, Context, Decimal

from backoffice.currencies import MINOR_UNITS
from backoffice.domain import FieldError

ZERO = Decimal(0)

# No operation of an invoice rounds by accident: a product of two inputs has at most 56 digits, and a quotient shortened
# to 120 digits cannot be mistaken for half a cent.
EXACT = Context(prec=120, rounding=ROUND_HALF_UP)

_QUANTUM = {code: Decimal(1).scaleb(-digits) for code, digits in MINOR_UNITS.items()}

# Above this an amount is a mistake, and sums would outgrow what a DynamoDB number holds (38 digits).
LARGEST = Decimal(10) ** 15


def is_currency(code: str) -> bool:
    """Tell whether an invoice can be written in this currency (an ISO 4217 code with minor units)."""
    return code in MINOR_UNITS


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round to the currency's minor unit, half away from zero: 0.125 EUR is 0.13, -0.125 EUR is -0.13.

    The answer carries exactly the currency's decimals, and zero has no sign. ``ROUND_HALF_UP`` is symmetric.
    """
    return EXACT.add(EXACT.quantize(amount, _QUANTUM[currency]), ZERO)


def is_payable(amount: Decimal, currency: str) -> bool:
    """Tell whether the amount can be paid in the currency: it has no more decimals than the minor unit."""
    return rounded(amount, currency) == amount


def amount_faults(amount: Decimal, currency: str, prefix: str = "") -> list[FieldError]:
    """What is wrong with an amount that shall be paid, under the ``prefix`` of the request's field."""
    if amount <= 0 or not is_payable(amount, currency):
        return [FieldError(f"{prefix}amount.amount", f"Must be more than zero and payable in {currency}.")]
    return []


def written(amount: Decimal, currency: str) -> str:
    """Write an amount with exactly the currency's decimals: ``"12.50"`` EUR, ``"13"`` JPY, ``"0.500"`` KWD."""
    return f"{rounded(amount, currency):f}"

"""How many digits a currency's amounts are written with.

Source: ISO 4217, https://www.six-group.com/en/products-services/financial-information/data-standards.html
"""

from decimal import Decimal

_USUAL_DIGITS = 2
_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
    **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def amount_text(amount: Decimal, currency: str) -> str:
    """An amount with the currency's minor digits, ``"12.50"``; if more are on record, with all of them."""
    recorded = -int(amount.normalize().as_tuple().exponent)
    return f"{amount:.{max(_DIGITS.get(currency, _USUAL_DIGITS), recorded)}f}"

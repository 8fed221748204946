"""What UBL by EN 16931 cannot say. An invoice that needs it is refused, with each reason and where it lies."""

from collections.abc import Iterator

from backoffice.currencies import MINOR_UNITS
from backoffice.domain import FieldError
from invoicing.documents.document import Document
from invoicing.documents.ubl.codes import COUNTRIES, UNITS, UNKNOWN_CURRENCIES
from invoicing.documents.ubl.parties import buyer_address, is_outside_scope, names_its_country
from invoicing.domain.taxes import NAMES_THE_BUYERS_VAT_ID

_MOST_DECIMALS = 2


def faults(document: Document) -> list[FieldError]:
    """Everything that keeps a document from being UBL; nothing if it can be."""
    return [*_currency(document), *_parties(document), *_units(document)]


def _currency(document: Document) -> Iterator[FieldError]:
    currency = document.currency
    decimals = MINOR_UNITS[currency]
    if decimals > _MOST_DECIMALS:
        yield FieldError(
            "currency",
            f"{currency} has {decimals} decimals, and EN 16931 allows amounts of {_MOST_DECIMALS} at most (BR-DEC).",
        )
    elif currency in UNKNOWN_CURRENCIES:
        yield FieldError("currency", f"{currency} is not in the currency list of EN 16931 or Peppol (BR-CL-04).")


def _parties(document: Document) -> Iterator[FieldError]:
    buyer = document.buyer
    for field, address in (("seller.address", document.seller.address), ("buyer.address", buyer.address)):
        if address and address.country not in COUNTRIES:
            yield FieldError(f"{field}.country", f"{address.country} is not in ISO 3166-1 (BR-CL-14).")
    if not is_outside_scope(document) and not names_its_country(document.seller.vat_id):
        yield FieldError("seller.vat_id", "Must begin with the code of its country, like DE (BR-CO-09).")
    needed = any(tax.category in NAMES_THE_BUYERS_VAT_ID for tax in document.totals.taxes)
    if needed and not names_its_country(buyer.vat_id or ""):
        yield FieldError("buyer.vat_id", "Must begin with the code of its country, like DE (BR-CO-09).")
    if buyer_address(document) is None:
        yield FieldError("buyer.email", "Missing: the buyer has neither a VAT id nor an e-mail address to send it to.")


def _units(document: Document) -> Iterator[FieldError]:
    for index, line in enumerate(document.content.lines):
        if line.unit not in UNITS:
            yield FieldError(
                f"lines.{index}.unit", f"{line.unit} is in neither recommendation 20 nor 21 of UN/ECE (BR-CL-23)."
            )

"""Documents as PDF, for people to read and to pay."""

from collections.abc import Iterator

from backoffice.domain import FieldError, Invalid
from invoicing.documents.document import Document
from invoicing.documents.pdf import fonts, parts
from invoicing.documents.pdf.pages import print_pages

fonts.register()


def render(document: Document) -> bytes:
    """Set the document on A4 pages. The same document gives the same bytes.

    Raises Invalid, naming each text with letters that cannot be written, like those that run from right to left.
    """
    if faults := list(_unwritable(document)):
        raise Invalid(faults)
    story = [*parts.head(document), *parts.lines(document), *parts.sums(document), *parts.closing(document)]
    return print_pages(document, f"{parts.TITLES[document.kind]} {document.number}", story)


def _unwritable(document: Document) -> Iterator[FieldError]:
    for field, text in _texts(document):
        if letters := fonts.unwritable(text or ""):
            yield FieldError(field, f"Has letters that a PDF cannot show here: {letters[:20]} (ask for ubl instead).")


def _texts(document: Document) -> Iterator[tuple[str, str | None]]:
    seller, buyer, content = document.seller, document.buyer, document.content
    yield "seller.name", seller.name
    yield "buyer.name", buyer.name
    yield "buyer.company", buyer.company
    for party, address in (("seller", seller.address), ("buyer", buyer.address)):
        if address:
            yield f"{party}.address.street", address.street
            yield f"{party}.address.city", address.city
            yield f"{party}.address.postal_code", address.postal_code
    yield "seller.contact.name", seller.contact.name if seller.contact else None
    yield "note", document.note
    for name in ("buyer_reference", "order_reference"):
        yield name, getattr(content.references, name)
    for index, line in enumerate(content.lines):
        yield f"lines.{index}.description", line.description
        yield from ((f"lines.{index}.allowances.{n}.reason", one.reason) for n, one in enumerate(line.allowances))
    yield from ((f"document_allowances.{n}.reason", one.reason) for n, one in enumerate(content.document_allowances))
    yield from ((f"totals.taxes.{n}.reason", tax.reason) for n, tax in enumerate(document.totals.taxes))

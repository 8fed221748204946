"""The parts of a document, from its head to how it is to be paid."""

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, LongTable, Paragraph, Spacer, Table, TableStyle

from invoicing.documents.document import Document, Kind
from invoicing.documents.pdf import styles
from invoicing.documents.pdf.fonts import has_ideographs, markup
from invoicing.documents.pdf.pages import WIDTH
from invoicing.documents.pdf.wording import address, grouped, money, number, price, quantity, tax
from invoicing.domain.lines import Allowance, Line

Row = list[Flowable | list[Flowable]]

TITLES = {Kind.INVOICE: "Invoice", Kind.CREDIT_NOTE: "Credit note"}

_COLUMNS = [8 * mm, WIDTH - 107 * mm, 20 * mm, 28 * mm, 27 * mm, 24 * mm]


def write(text: str, style: ParagraphStyle = styles.TEXT) -> Paragraph:
    """A paragraph of plain text; line breaks are kept."""
    lines = "<br/>".join(markup(line, style.fontName) for line in text.splitlines())
    if has_ideographs(text):
        style = ParagraphStyle(f"{style.name} unspaced", style, wordWrap="CJK")
    return Paragraph(lines, style)


def head(document: Document) -> list[Flowable]:
    """Who sells, to whom, and what identifies the document."""
    seller, buyer = document.seller, document.buyer
    sender = " · ".join([seller.name, *address(seller.address)])
    addressee = [document.buyer_name, *([buyer.name] if buyer.company and buyer.name else [])]
    addressee += address(buyer.address) if buyer.address else []
    window = [write(sender, styles.SMALL), Spacer(0, 2 * mm), *(write(line) for line in addressee)]
    title = [write(TITLES[document.kind], styles.TITLE), Spacer(0, 2 * mm), _facts(document)]
    letter = Table([[window, "", title]], [82 * mm, WIDTH - 156 * mm, 74 * mm], style=TableStyle(styles.BARE))
    return [write(seller.name, styles.SELLER), Spacer(0, 12 * mm), letter, Spacer(0, 10 * mm)]


def lines(document: Document) -> list[Flowable]:
    """The table of lines; its head stands on every page that it runs over."""
    names = [("#", styles.HEAD), ("Description", styles.HEAD)]
    names += [(name, styles.HEAD_RIGHT) for name in ("Quantity", "Unit price", "Tax", f"Net {document.currency}")]
    rows: list[Row] = [[write(name, style) for name, style in names]]
    rows += [_row(position, line, document.currency) for position, line in enumerate(document.content.lines, 1)]
    return [LongTable(rows, _COLUMNS, repeatRows=1, splitInRow=1, style=TableStyle(styles.RULED))]


def sums(document: Document) -> list[Flowable]:
    """From the sum of the lines to what is to be paid, and the taxes in between."""
    table = Table([["", _sum_table(document)]], [WIDTH - 96 * mm, 96 * mm], style=TableStyle(styles.BARE))
    return [Spacer(0, 4 * mm), KeepTogether([table]), Spacer(0, 5 * mm), KeepTogether([_tax_table(document)])]


def closing(document: Document) -> list[Flowable]:
    """How it is to be paid, or what it takes back; and what else there is to say."""
    told = _payment(document) if document.kind is Kind.INVOICE else _credit(document)
    parts: list[Flowable] = [Spacer(0, 6 * mm), KeepTogether(told)]
    if document.note and document.kind is Kind.INVOICE:
        parts += [Spacer(0, 4 * mm), write("Note", styles.HEAD), write(document.note)]
    return parts


def _facts(document: Document) -> Table:
    references = document.content.references
    preceding = document.preceding
    facts = {
        "Number": document.number,
        "Date": f"{document.issue_date}",
        "Due date": document.due_date and f"{document.due_date}",
        "For invoice": preceding and f"{preceding.number} of {preceding.issue_date}",
        "Delivery date": references.delivery_date and f"{references.delivery_date}",
        "Your reference": references.buyer_reference,
        "Your order": references.order_reference,
        "Your VAT id": document.buyer.vat_id,
    }
    rows = [[write(name, styles.SMALL), write(value)] for name, value in facts.items() if value]
    return Table(rows, [26 * mm, 48 * mm], style=TableStyle(styles.FACTS))


def _row(position: int, line: Line, currency: str) -> Row:
    description: list[Flowable] = [write(line.description)]
    description += [write(_allowance(allowance, currency), styles.SMALL) for allowance in line.allowances]
    if line.gross_price is not None:
        description.append(write(f"List price {price(line.gross_price, currency)}", styles.SMALL))
    per = "" if line.base_quantity == 1 else f" / {quantity(line.base_quantity, line.unit)}"
    figures = [
        quantity(line.quantity, line.unit),
        price(line.unit_price, currency) + per,
        tax(line.tax.category, line.tax.rate),
        money(line.net(currency), currency),
    ]
    return [write(f"{position}", styles.SMALL), description, *(write(figure, styles.NUMBER) for figure in figures)]


def _allowance(allowance: Allowance, currency: str) -> str:
    name = allowance.reason or ("Charge" if allowance.charge else "Allowance")
    part = f" ({number(allowance.percentage)}%)" if allowance.percentage is not None else ""
    return f"{name}{part}: {money(allowance.effect, currency)}"


def _sum_table(document: Document) -> Table:
    totals, currency = document.totals, document.currency
    rows = [("Sum of lines", totals.lines)] if document.content.document_allowances else []
    rows += [(_named(one), one.effect) for one in document.content.document_allowances]
    rows += [("Total without tax", totals.tax_exclusive), ("Tax", totals.tax)]
    rows += [("Total", totals.tax_inclusive)] if totals.prepaid or totals.rounding else []
    rows += [("Paid already", -totals.prepaid)] if totals.prepaid else []
    rows += [("Rounding", totals.rounding)] if totals.rounding else []
    due = "Amount due" if document.kind is Kind.INVOICE else "Amount credited"
    written = [[write(name), write(money(amount, currency), styles.NUMBER)] for name, amount in rows]
    last = [write(due, styles.SUM), write(f"{currency} {money(totals.payable, currency)}", styles.SUM_RIGHT)]
    return Table([*written, last], [52 * mm, 44 * mm], style=TableStyle(styles.SUMS))


def _named(allowance: Allowance) -> str:
    name = allowance.reason or ("Charge" if allowance.charge else "Allowance")
    return f"{name} ({number(allowance.percentage)}%)" if allowance.percentage is not None else name


def _tax_table(document: Document) -> Table:
    currency = document.currency
    names = [write("Tax", styles.HEAD)]
    names += [write(f"{name} {currency}", styles.HEAD_RIGHT) for name in ("Taxed amount", "Tax amount")]
    rows: list[Row] = [[*names]]
    for total in document.totals.taxes:
        name: list[Flowable] = [write(tax(total.category, total.rate))]
        if total.reason and total.reason != tax(total.category, total.rate):
            name.append(write(total.reason, styles.SMALL))
        amounts = [write(money(amount, currency), styles.NUMBER) for amount in (total.base, total.amount)]
        rows.append([name, *amounts])
    return Table(rows, [WIDTH - 90 * mm, 45 * mm, 45 * mm], repeatRows=1, style=TableStyle(styles.RULED))


def _payment(document: Document) -> list[Flowable]:
    bank, totals = document.seller.bank_account, document.totals
    if totals.payable <= 0:
        return [write("Nothing is to be paid.", styles.STRONG)]
    owed = f"{document.currency} {money(totals.payable, document.currency)}"
    asked = f"Please pay {owed} by {document.due_date}."
    facts = {
        "Account holder": document.seller.name,
        "IBAN": grouped(bank.iban),
        "BIC": bank.bic,
        "Payment reference": document.number,
        "Terms": document.terms and document.terms.wording,
    }
    rows = [[write(name, styles.SMALL), write(value)] for name, value in facts.items() if value]
    table = Table(rows, [32 * mm, WIDTH - 32 * mm], style=TableStyle(styles.FACTS))
    return [write(asked, styles.STRONG), Spacer(0, 1.5 * mm), table]


def _credit(document: Document) -> list[Flowable]:
    taken_back = f" for invoice {document.preceding.number}" if document.preceding else ""
    credited = f"{document.currency} {money(document.totals.payable, document.currency)}"
    told = [write(f"We credit you {credited}{taken_back}. Nothing is to be paid.", styles.STRONG)]
    return [*told, *([write(f"Reason: {document.note}")] if document.note else [])]

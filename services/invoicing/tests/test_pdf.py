"""Documents as PDF: what a reader finds on the pages."""

import io
import unittest
from datetime import date
from decimal import Decimal
from functools import lru_cache

from pypdf import PdfReader

from backoffice.domain import Invalid
from invoicing.documents.document import Document
from invoicing.documents.pdf import render
from invoicing.domain.account import Address
from invoicing.domain.credit_notes import LineClaim
from invoicing.domain.lines import Allowance, Content, DocumentAllowance, References
from invoicing.domain.taxes import Tax
from tests.business import STANDARD, line
from tests.issued import CONTACT, buyer_in, credited, invoiced, issue, seller_in

LARGEST_ANSWER = 6 * 1024 * 1024  # of a Lambda function, base64 included


@lru_cache
def workshop() -> Document:
    """An invoice with a little of everything."""
    lines = (
        line("7.5", "120.00", unit="HUR", description="Consulting"),
        line(
            unit_price="2400.00",
            description="Workshop in Köln",
            allowances=(Allowance(Decimal(0), percentage=Decimal(10), reason="Loyalty"),),
        ),
        line("20", "120.00", unit="MIN", base_quantity=Decimal(60), description="Support by phone"),
        line("250", "4.75", unit="H87", base_quantity=Decimal(100), description="Screws", tax=Tax("S", Decimal(7))),
    )
    delivery = DocumentAllowance(Decimal("50.00"), charge=True, reason="Delivery", tax=STANDARD)
    references = References("Team 7", "4500012345", "Thank you!", date(2026, 11, 20))
    content = Content(lines, (delivery,), references=references)
    return invoiced(content, seller=seller_in("DE", contact=CONTACT), of=buyer_in("AT", company="Zażółć GmbH"))


def reader(document: Document) -> PdfReader:
    return PdfReader(io.BytesIO(render(document)))


def pages(document: Document) -> list[str]:
    """The text of each page, with single spaces."""
    return [" ".join(page.extract_text().split()) for page in reader(document).pages]


def many(count: int) -> Document:
    return invoiced(Content(tuple(line(description=f"Line number {n}") for n in range(1, count + 1))))


class AnInvoice(unittest.TestCase):
    def assert_told(self, text: str, *parts: str) -> None:
        self.assertEqual([part for part in parts if part not in text], [], text)

    def test_tells_seller_buyer_number_and_dates(self) -> None:
        (page,) = pages(workshop())
        self.assert_told(page, "Backoffice GmbH", "Lindenweg 1", "50667 Köln", "DE123456789", "Erika Muster")
        self.assert_told(page, "Zażółć GmbH", "Ann Smith", "Ring 1", "1010 Wien", "ATU12345678")
        self.assert_told(
            page, "Invoice", "INV-000001", "2026-11-23", "2026-12-23", "2026-11-20", "Team 7", "4500012345"
        )

    def test_tells_each_line_with_its_price_and_tax(self) -> None:
        (page,) = pages(workshop())
        self.assert_told(page, "Consulting 7.5 h 120.00 VAT 19% 900.00", "Loyalty (10%): -240.00", "2,160.00")
        self.assert_told(page, "20 min 120.00 / 60 min VAT 19% 40.00", "250 pc 4.75 / 100 pc VAT 7% 11.88")

    def test_tells_sums_and_taxes(self) -> None:
        (page,) = pages(workshop())
        self.assert_told(page, "Sum of lines 3,111.88", "Delivery 50.00", "Total without tax 3,161.88", "Tax 599.33")
        self.assert_told(page, "Amount due EUR 3,761.21", "VAT 19% 3,150.00 598.50", "VAT 7% 11.88 0.83")

    def test_tells_how_to_pay(self) -> None:
        (page,) = pages(workshop())
        self.assert_told(page, "Please pay EUR 3,761.21 by 2026-12-23.", "DE89 3704 0044 0532 0130 00", "COBADEFFXXX")
        self.assert_told(page, "Payment reference INV-000001", "Payable within 30 days", "Thank you!", "Page 1 of 1")

    def test_over_nothing_asks_for_nothing(self) -> None:
        (page,) = pages(invoiced(Content((line(unit_price="0"),))))
        self.assert_told(page, "Nothing is to be paid.")
        self.assertNotIn("Please pay", page)

    def test_tells_what_was_prepaid_and_rounded(self) -> None:
        (page,) = pages(invoiced(Content((line(),), prepaid=Decimal(100), rounding=Decimal("0.02"))))
        self.assert_told(page, "Total 119.00", "Paid already -100.00", "Rounding 0.02", "Amount due EUR 19.02")

    def test_tells_why_nothing_is_taxed(self) -> None:
        (page,) = pages(invoiced(Content((line(tax=Tax("E", Decimal(0), "Education, article 132")),))))
        self.assert_told(page, "Exempt", "Education, article 132")

    def test_writes_amounts_with_the_decimals_of_their_currency(self) -> None:
        for currency, due in {"JPY": "JPY 119", "KWD": "KWD 119.000"}.items():
            self.assert_told(pages(invoiced(Content((line(unit_price="100"),)), currency))[0], f"Amount due {due}")


class ACreditNote(unittest.TestCase):
    def test_names_its_invoice_its_reason_and_what_is_credited(self) -> None:
        invoice = issue(Content((line("4", "100.00", description="Chairs"),)))
        (page,) = pages(credited(invoice, LineClaim("1", quantity=Decimal(1)), reason="One was broken"))
        for part in ("Credit note", "CRN-000001", "INV-000001 of 2026-11-23", "Amount credited EUR 119.00"):
            self.assertIn(part, page)
        self.assertIn("We credit you EUR 119.00 for invoice INV-000001. Nothing is to be paid.", page)
        self.assertIn("Reason: One was broken", page)
        self.assertNotIn("Please pay", page)


class Pages(unittest.TestCase):
    def test_repeat_the_head_of_the_table_and_count_themselves(self) -> None:
        found = pages(many(120))
        self.assertGreater(len(found), 3)
        for number, page in enumerate(found[:-1], 1):
            self.assertIn("Description Quantity Unit price Tax Net EUR", page)
            self.assertIn(f"Page {number} of {len(found)}", page)
        told = " ".join(found)
        self.assertEqual([n for n in range(1, 121) if f"Line number {n} " not in told], [])

    def test_of_a_thousand_lines_fit_into_an_answer(self) -> None:
        self.assertLess(len(render(many(1000))) * 4 / 3, LARGEST_ANSWER / 10)

    def test_break_within_a_line_that_is_longer_than_a_page(self) -> None:
        endless = line(description="\n".join("Ж" * 500))
        found = pages(invoiced(Content((endless, line(description="y " * 499)))))
        self.assertEqual(sum(page.count("Ж") for page in found), 500)

    def test_hold_words_that_are_wider_than_their_column(self) -> None:
        (page,) = pages(invoiced(Content((line(description="Щ" * 300),)), of=buyer_in("AT", name="Ж" * 200)))
        self.assertEqual((page.count("Щ"), page.count("Ж")), (300, 200))


class Letters(unittest.TestCase):
    def test_of_many_scripts_are_written(self) -> None:
        texts = [
            "Ελληνικά",
            "Київ",
            "Zażółć gęślą",
            "Nguyễn Đà Nẵng",
            "Հայերեն",
            "ქართული",
            "請求書",
            "ひらがな",
            "한국어",
            "₴ ₹ € ₺",
        ]
        (page,) = pages(invoiced(Content(tuple(line(description=text) for text in texts))))
        self.assertEqual([text for text in texts if text not in page], [])

    def test_are_all_in_the_file(self) -> None:
        fonts = {}
        for page in reader(workshop()).pages:
            fonts |= {name: font.get_object() for name, font in page["/Resources"]["/Font"].items()}
        embedded = [font for font in fonts.values() if "FontFile2" in str(font.get("/FontDescriptor", {}))]
        self.assertEqual({str(font["/BaseFont"])[8:] for font in embedded}, {"NotoSans-Regular", "NotoSans-Bold"})

    def test_that_are_marked_up_are_text(self) -> None:
        (page,) = pages(invoiced(Content((line(description="<b>Q&A</b> &amp; <font"),))))
        self.assertIn("<b>Q&A</b> &amp; <font", page)

    def test_unknown_signs_are_shown_as_such(self) -> None:
        (page,) = pages(invoiced(Content((line(description="Party \N{PARTY POPPER} kit"),))))
        self.assertIn("Party \N{REPLACEMENT CHARACTER} kit", page)

    def test_that_run_from_right_to_left_are_refused_by_name(self) -> None:
        hebrew = buyer_in("AT", name="שלום", address=Address("Ring 1", "القاهرة", "EG"))
        with self.assertRaises(Invalid) as caught:
            render(invoiced(Content((line(), line(description="नमस्ते"))), of=hebrew))
        fields = [error.field for error in caught.exception.errors]
        self.assertEqual(fields, ["buyer.name", "buyer.address.city", "lines.1.description"])


class TheFile(unittest.TestCase):
    def test_is_the_same_whenever_it_is_made(self) -> None:
        first = render(workshop())
        render(many(3))
        self.assertEqual(render(workshop()), first)

    def test_has_a_title_a_language_and_the_date_of_its_issue(self) -> None:
        found = reader(workshop())
        self.assertEqual(found.metadata.title if found.metadata else None, "Invoice INV-000001")
        self.assertEqual(found.metadata.creation_date.date() if found.metadata else None, date(2026, 11, 23))
        root = found.trailer["/Root"]
        self.assertEqual((root["/Lang"], root["/ViewerPreferences"]["/DisplayDocTitle"]), ("en", True))

"""The sheet of paper: margins, what stands at the foot of each page, and "page x of y"."""

from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import TimeStamp
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

from invoicing.documents.document import Document
from invoicing.documents.pdf import styles
from invoicing.documents.pdf.fonts import REGULAR, markup
from invoicing.documents.pdf.wording import address, grouped

WIDTH = A4[0] - styles.LEFT - styles.RIGHT
_BOTTOM, _TOP = 32 * mm, 16 * mm
_LANGUAGE = "en"


def print_pages(document: Document, title: str, parts: list[Flowable]) -> bytes:
    """Set the parts on as many pages as they need. The same parts give the same bytes."""
    paper = BytesIO()
    template = BaseDocTemplate(paper, pagesize=A4, lang=_LANGUAGE, invariant=1)
    template.title, template.subject = title, title
    template.author, template.creator = document.seller.name, "Backoffice"
    frame = Frame(styles.LEFT, _BOTTOM, WIDTH, A4[1] - _BOTTOM - _TOP, 0, 0, 0, 0)
    foot = _foot(document)

    def draw_foot(canvas: Canvas, _: BaseDocTemplate) -> None:
        height = foot.wrap(WIDTH, _BOTTOM)[1]
        foot.drawOn(canvas, styles.LEFT, 25 * mm - height)

    template.addPageTemplates(PageTemplate(frames=[frame], onPage=draw_foot))
    template.build(parts, canvasmaker=_canvas_of(document, title))
    return paper.getvalue()


def _canvas_of(document: Document, title: str) -> Any:
    """A canvas that remembers its pages until it knows how many they are."""

    class NumberedPages(Canvas):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options | {"initialFontName": REGULAR})
            self._doc._timeStamp = _stamp(document.issue_date)  # type: ignore[attr-defined]  # there is no other way
            self.setViewerPreference("DisplayDocTitle", "true")
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                self._number(number)
                super().showPage()
            super().save()

        def _number(self, number: int) -> None:
            self.setFont(styles.SMALL.fontName, styles.SMALL.fontSize)
            self.setFillColor(styles.GREY)
            self.drawRightString(A4[0] - styles.RIGHT, 9 * mm, f"Page {number} of {len(self._pages)}")
            self.drawString(styles.LEFT, 9 * mm, title)

    return NumberedPages


def _foot(document: Document) -> Paragraph:
    seller = document.seller
    bank = seller.bank_account
    told = [
        " · ".join([seller.name, *address(seller.address), f"VAT {seller.vat_id}"]),
        " · ".join(part for part in (f"IBAN {grouped(bank.iban)}", bank.bic and f"BIC {bank.bic}") if part),
    ]
    if seller.contact:
        told.append(" · ".join([seller.contact.name, seller.contact.phone, seller.contact.email]))
    return Paragraph("<br/>".join(markup(line) for line in told), styles.SMALL)


def _stamp(day: date) -> TimeStamp:
    """The time that the file says it was made at: midnight, in UTC, of the day of its issue."""
    stamp = TimeStamp(invariant=True)
    midnight = datetime.combine(day, time())
    stamp.lt, stamp.YMDhms = midnight.timetuple(), tuple(midnight.timetuple())[:6]
    return stamp

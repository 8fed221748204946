"""How it looks: one family of letters, three sizes, one colour beside black and grey."""

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

from invoicing.documents.pdf.fonts import BOLD, REGULAR

LEFT, RIGHT = 22 * mm, 18 * mm

INK, GREY, PALE = HexColor("#1b1f24"), HexColor("#667079"), HexColor("#d9dee3")
ACCENT, TINT = HexColor("#1f4e79"), HexColor("#f2f5f8")

TEXT = ParagraphStyle("text", fontName=REGULAR, fontSize=9, leading=12.5, textColor=INK, splitLongWords=1)
STRONG = ParagraphStyle("strong", TEXT, fontName=BOLD)
SMALL = ParagraphStyle("small", TEXT, fontSize=7.2, leading=10, textColor=GREY)
HEAD = ParagraphStyle("head", TEXT, fontName=BOLD, fontSize=7.6, leading=10, textColor=ACCENT)
HEAD_RIGHT = ParagraphStyle("head right", HEAD, alignment=TA_RIGHT)
TITLE = ParagraphStyle("title", TEXT, fontName=BOLD, fontSize=21, leading=25, textColor=ACCENT)
SELLER = ParagraphStyle("seller", TEXT, fontName=BOLD, fontSize=12.5, leading=16)
SUM = ParagraphStyle("sum", TEXT, fontName=BOLD, fontSize=10.5, leading=14, textColor=ACCENT)
SUM_RIGHT = ParagraphStyle("sum right", SUM, alignment=TA_RIGHT)
NUMBER = ParagraphStyle("number", TEXT, alignment=TA_RIGHT)

# What reportlab's table styles are made of: a command, the first and the last cell that it holds for, and its values.
Commands = list[tuple[str, tuple[int, int], tuple[int, int], *tuple[Any, ...]]]

BARE: Commands = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    # Empty cells have a font, too, and one that is not embedded.
    ("FONTNAME", (0, 0), (-1, -1), REGULAR),
]
FACTS: Commands = [
    *BARE,
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 0.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0.5),
]
RULED: Commands = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LINEBELOW", (0, 0), (-1, 0), 0.9, ACCENT),
    ("LINEBELOW", (0, 1), (-1, -1), 0.3, PALE),
    ("LEFTPADDING", (0, 0), (0, -1), 2),
    ("LEFTPADDING", (1, 0), (-1, -1), 5),
    ("RIGHTPADDING", (0, 0), (-1, -1), 2),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
]
SUMS: Commands = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("RIGHTPADDING", (0, 0), (-1, -1), 2),
    ("TOPPADDING", (0, 0), (-1, -2), 1.5),
    ("BOTTOMPADDING", (0, 0), (-1, -2), 1.5),
    ("LINEABOVE", (0, -1), (-1, -1), 0.9, ACCENT),
    ("BACKGROUND", (0, -1), (-1, -1), TINT),
    ("BOTTOMPADDING", (0, -1), (-1, -1), 5),
]

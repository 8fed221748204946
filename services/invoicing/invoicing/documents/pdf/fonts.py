"""Letters: which font has which of them. The fonts lie in the layer of the function that makes PDFs."""

from functools import cache
from importlib.resources import files
from itertools import groupby
from unicodedata import bidirectional, category
from xml.sax.saxutils import escape

from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "NotoSans", "NotoSans-Bold"

# Where the text's own font lacks a letter, the next ones are asked in this order. They have no bold.
_FALLBACKS = ("NotoSansArmenian", "NotoSansGeorgian", "DroidSansFallback")
_FILES = {
    REGULAR: "NotoSans-Regular.ttf",
    BOLD: "NotoSans-Bold.ttf",
    "NotoSansArmenian": "NotoSansArmenian-Regular.ttf",
    "NotoSansGeorgian": "NotoSansGeorgian-Regular.ttf",
    "DroidSansFallback": "DroidSansFallback.ttf",
}
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_RIGHT_TO_LEFT = {"R", "AL"}


def register() -> None:
    """Make the text's own fonts known to reportlab; the others are when a letter first asks for them."""
    for name in (REGULAR, BOLD):
        _characters(name)
    registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def markup(text: str, font: str = REGULAR) -> str:
    """Text as reportlab's paragraphs take it: escaped, with the font of each run where it is not the text's own.

    What no font has, and is no letter, becomes a mark that says so.
    """
    runs = ((name, "".join(letters)) for name, letters in groupby(text, lambda letter: _font_of(letter, font)))
    return "".join(_run(letters, name, font) for name, letters in runs)


def unwritable(text: str) -> str:
    """The letters of a text that cannot be written: no font has them, or they run from right to left."""
    return "".join(dict.fromkeys(letter for letter in text if not letter.isascii() and not _is_writable(letter)))


def has_ideographs(text: str) -> bool:
    """Whether lines may break between any two letters, since there are no spaces."""
    return any(_font_of(letter, REGULAR) == "DroidSansFallback" for letter in text)


def _is_writable(letter: str) -> bool:
    if category(letter)[0] not in "LMN":
        return True
    return bidirectional(letter) not in _RIGHT_TO_LEFT and _font_of(letter, REGULAR) is not None


def _font_of(letter: str, font: str) -> str | None:
    if letter.isspace():
        return font
    return next((name for name in (font, *_FALLBACKS) if ord(letter) in _characters(name)), None)


def _run(letters: str, name: str | None, font: str) -> str:
    if name is None:
        return escape(_UNKNOWN * len(letters))
    return escape(letters) if name == font else f'<font name="{name}">{escape(letters)}</font>'


@cache
def _characters(name: str) -> frozenset[int]:
    with (files("document_fonts") / _FILES[name]).open("rb") as file:
        font = TTFont(name, file)
    registerFont(font)
    return frozenset(font.face.charToGlyph)

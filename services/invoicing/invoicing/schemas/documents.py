"""Which document is wanted of what was issued."""

from enum import StrEnum

from marshmallow import fields

from backoffice.schemas import Strict


class Format(StrEnum):
    """PDF for people, UBL for programs."""

    PDF = "pdf"
    UBL = "ubl"


class DocumentChoice(Strict):
    format = fields.Enum(Format, by_value=True, load_default=Format.PDF)

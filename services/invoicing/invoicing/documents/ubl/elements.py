"""UBL's two vocabularies as elements of a tree: basic components hold a value, aggregate components hold others."""

from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement

# Neither of the two can be written in XML 1.0, not even escaped.
_NOT_XML = dict.fromkeys((0xFFFE, 0xFFFF))


def basic(parent: Element, name: str, value: str, **attributes: str) -> None:
    """Append a basic component: ``basic(party, "Name", "Ann")``."""
    SubElement(parent, f"cbc:{name}", attributes).text = value.translate(_NOT_XML)


def optional(parent: Element, name: str, value: str | None) -> None:
    """Append a basic component if there is a value: Peppol takes no empty elements."""
    if value:
        basic(parent, name, value)


def aggregate(parent: Element, *path: str) -> Element:
    """Append an aggregate component, within others if several are named, and return the innermost."""
    for name in path:
        parent = SubElement(parent, f"cac:{name}")
    return parent


def number(value: Decimal) -> str:
    """A quantity, price or rate as it was given, without an exponent."""
    return f"{value:f}"

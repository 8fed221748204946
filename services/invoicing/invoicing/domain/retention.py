"""How long issued documents must be kept, by the country of who issued them.

Each period begins with the end of the calendar year in which the document was made. The laws are named, with their
sources, in docs/decisions/0099-what-the-law-keeps.md.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Law:
    """A duty to keep documents, and for how many years."""

    legal_basis: str
    years: int

    def keeps_until(self, made_on: date) -> date:
        """The last day on which a document of that day is kept."""
        return date(made_on.year + self.years, 12, 31)


_BY_COUNTRY = {
    "AT": Law("§ 132 BAO, § 11 Abs. 2 UStG", 7),
    "CH": Law("Art. 958f OR", 10),
    "DE": Law("§ 147 AO, § 14b UStG", 8),
    "FR": Law("Art. L123-22 Code de commerce", 10),
    "NL": Law("Art. 52 AWR", 7),
}
_ELSEWHERE = Law("National law under directive 2006/112/EC, article 247", 10)


def law_of(country: str | None) -> Law:
    """The duty of a seller in that country (ISO 3166-1 alpha-2); of one that is not listed, the longest of all."""
    return _BY_COUNTRY.get(country or "", _ELSEWHERE)

"""Where billable time is gathered: on one open draft for each account and currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backoffice.ids import new_id
from invoicing.domain.account import Buyer
from invoicing.domain.invoice import Invoice, Origin
from invoicing.domain.rates import Rate, UnknownRate
from invoicing.domain.time_billing import WorkedTime

# So many lines of text fit, with room to spare, into a DynamoDB item (400 KB).
MOST_TIME_LINES = 250


@dataclass
class OpenDrafts:
    """The drafts that gather an account's time, by currency.

    ``touched`` are those that ``bill`` has changed or begun and that are to be written.
    """

    buyer: Buyer
    drafts: dict[str, Invoice]
    touched: dict[str, Invoice] = field(default_factory=dict)

    def bill(self, entries: Sequence[WorkedTime], rates: Mapping[str, Rate], at: datetime) -> None:
        """Charge for time entries that were never billed, each priced by its rate.

        Raises UnknownRate if one of them has none; nothing is to be written then.
        """
        for worked in entries:
            rate = rates.get(worked.rate_code)
            if rate is None:
                raise UnknownRate(worked.rate_code)
            draft = self._draft(rate.currency, at)
            draft.buyer = self.buyer
            draft.bill_time(worked, rate, at)
            self.touched[draft.id] = draft

    def _draft(self, currency: str, at: datetime) -> Invoice:
        draft = self.drafts.get(currency)
        if draft is None or len(draft.content.lines) >= MOST_TIME_LINES:
            draft = Invoice.draft(new_id("inv"), self.buyer, currency, Origin.BILLABLE_TIME, at)
            self.drafts[currency] = draft
        return draft

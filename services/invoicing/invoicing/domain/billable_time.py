"""Where billable time is gathered: on one open draft for each account and currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backoffice.ids import new_id
from invoicing.domain.account import Account
from invoicing.domain.invoice import Invoice, Origin
from invoicing.domain.rates import OtherCurrency, Rate, UnknownRate
from invoicing.domain.time_billing import WorkedTime

# So many lines of text fit, with room to spare, into a DynamoDB item (400 KB).
MOST_TIME_LINES = 250


@dataclass
class OpenDrafts:
    """The drafts that gather an account's time, by currency.

    All time of an account is charged in one currency: that of the first time entry that was billed.
    ``touched`` are the drafts that ``bill`` has changed or begun and that are to be written.
    """

    account: Account
    drafts: dict[str, Invoice]
    touched: dict[str, Invoice] = field(default_factory=dict)

    def bill(self, entries: Sequence[WorkedTime], rates: Mapping[str, Rate], at: datetime) -> None:
        """Charge for time entries that were never billed, each priced by its rate.

        Raises UnknownRate if one of them has none, OtherCurrency if one is priced in another currency than the account
        is billed in; nothing is to be written then.
        """
        for worked in entries:
            rate = rates.get(worked.rate_code)
            if rate is None:
                raise UnknownRate(worked.rate_code)
            if not self.account.is_billed_in(rate.currency):
                raise OtherCurrency(self.account.id, f"{self.account.billing_currency}", rate)
            draft = self._draft(rate.currency, at)
            draft.buyer = self.account.as_buyer()
            draft.bill_time(worked, rate, at)
            self.touched[draft.id] = draft

    def _draft(self, currency: str, at: datetime) -> Invoice:
        draft = self.drafts.get(currency)
        if draft is None or len(draft.content.lines) >= MOST_TIME_LINES:
            draft = Invoice.draft(new_id("inv"), self.account.as_buyer(), currency, Origin.BILLABLE_TIME, at)
            self.drafts[currency] = draft
        return draft

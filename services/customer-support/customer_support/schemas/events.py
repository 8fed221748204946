"""What customer support needs of the events of other contexts."""

from backoffice.schemas import Id, Tolerant, Whole


class TimeEntryBilledV1(Tolerant):
    time_entry_id = Id("tme", required=True)
    ticket_id = Id("tkt", required=True)
    invoice_id = Id("inv", required=True)


class TimeEntryBilled(TimeEntryBilledV1):
    """Version 2, which tells what is charged; null is of one that was told before."""

    charged_minutes = Whole(required=True, allow_none=True)

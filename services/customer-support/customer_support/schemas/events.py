"""What customer support needs of the events of other contexts."""

from backoffice.schemas import Id, Tolerant


class TimeEntryBilled(Tolerant):
    time_entry_id = Id("tme", required=True)
    ticket_id = Id("tkt", required=True)
    invoice_id = Id("inv", required=True)

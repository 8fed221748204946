"""Where things lie in the table.

| item             | pk                | sk                           | indexes                                       |
| ---------------- | ----------------- | ---------------------------- | --------------------------------------------- |
| seller           | SELLER            | SELLER                       |                                               |
| rate             | RATE#<code>       | RATE                         |                                               |
| dunning policy   | DUNNING#<id>      | DUNNING                      |                                               |
| series           | SERIES#<id>       | SERIES                       |                                               |
| its numbers      | SERIES#<id>       | NUMBER#<n>                   |                                               |
| its prefix       | PREFIX#<prefix>   | PREFIX                       |                                               |
| account          | ACCOUNT#<id>      | ACCOUNT                      | gsi1 all accounts                             |
| its balances     | ACCOUNT#<id>      | ACCOUNT#BALANCE#<currency>   |                                               |
| its latest draft | ACCOUNT#<id>      | ACCOUNT#GATHERING#<currency> |                                               |
| what it owes     | ACCOUNT#<id>      | DUE#<invoice>                |                                               |
| its book         | ACCOUNT#<id>      | ENTRY#<currency>#<time>#...  |                                               |
| its erasure      | ACCOUNT#<id>      | ERASURE                      |                                               |
| its own rates    | ACCOUNT#<id>      | RATE#<code>                  |                                               |
| invoice          | INVOICE#<id>      | INVOICE                      | gsi1 account, gsi2 state, gsi4 both, gsi3 all |
| credit note      | CREDIT_NOTE#<id>  | CREDIT_NOTE                  | gsi1 account, gsi2 invoice, gsi3 all          |
| agenda           | AGENDA            | <day>#<invoice>              |                                               |
| dispute          | DISPUTE#<id>      | DISPUTE                      | gsi1 by state, gsi2 all, gsi3 account         |
| its time-out     | ESCALATIONS       | <day>#<dispute>              |                                               |
| what is kept     | RETENTIONS        | <day>#<account>              |                                               |
| billed time      | TIME_ENTRY#<id>   | TIME_ENTRY                   |                                               |
| payment          | PAYMENT#<id>      | PAYMENT                      | gsi1 by account, gsi3 all                     |
| its external ref | PAYMENT_REF#<ref> | PAYMENT_REF                  |                                               |
| of a refund      | REFUND_REF#<ref>  | REFUND_REF                   |                                               |

Ids sort by time, so lists by id are lists by age. Within state ``open`` invoices sort by due date, the first due first.
The agenda says on which day time itself next concerns an invoice: that it is overdue, or that a step of its dunning is
reached. An account's latest draft is the one that gathers its billable time.
"""

from datetime import date

from backoffice.clock import rfc3339
from invoicing.domain.disputes import DisputeState
from invoicing.domain.invoice import Invoice, State
from invoicing.domain.ledger import Entry

Key = tuple[str, str]

SELLER: Key = ("SELLER", "SELLER")
ACCOUNTS = "ACCOUNTS"
INVOICES = "INVOICES"
PAYMENTS = "PAYMENTS"
CREDIT_NOTES = "CREDIT_NOTES"
AGENDA = "AGENDA"
DISPUTES = "DISPUTES"
ESCALATIONS = "ESCALATIONS"
RETENTIONS = "RETENTIONS"
ENTRIES = "ENTRY#"
NUMBER = "NUMBER#"
OPEN_ITEM = "DUE#"
BALANCE = "ACCOUNT#BALANCE#"
GATHERING = "ACCOUNT#GATHERING#"
# An account, its balances and what it owes lie side by side; its book and its rates come after.
BALANCES_AND_OPEN_ITEMS = ("ACCOUNT", f"{OPEN_ITEM}~")


def rate(rate_code: str) -> Key:
    return f"RATE#{rate_code}", "RATE"


def account_rate(account_id: str, rate_code: str) -> Key:
    return f"ACCOUNT#{account_id}", f"RATE#{rate_code}"


def dunning_policy(policy_id: str) -> Key:
    return f"DUNNING#{policy_id}", "DUNNING"


def series(series_id: str) -> Key:
    return f"SERIES#{series_id}", "SERIES"


def number(series_id: str, count: int) -> Key:
    return f"SERIES#{series_id}", f"{NUMBER}{count:012d}"


def prefix(text: str) -> Key:
    return f"PREFIX#{text}", "PREFIX"


def account(account_id: str) -> Key:
    return f"ACCOUNT#{account_id}", "ACCOUNT"


def balance(account_id: str, currency: str) -> Key:
    return f"ACCOUNT#{account_id}", BALANCE + currency


def gathering(account_id: str, currency: str) -> Key:
    return f"ACCOUNT#{account_id}", GATHERING + currency


def open_item(account_id: str, invoice_id: str) -> Key:
    return f"ACCOUNT#{account_id}", OPEN_ITEM + invoice_id


def entry(account_id: str, currency: str, position: int, one: Entry) -> Key:
    """Entries sort by time; those of one change by their order."""
    return f"ACCOUNT#{account_id}", f"ENTRY#{currency}#{rfc3339(one.at)}#{one.document_id}#{one.kind}#{position}"


def entries_before(currency: str, day: date) -> tuple[str, str]:
    """The first and the last key that entries of a currency can have until the day begins."""
    return f"ENTRY#{currency}#", f"ENTRY#{currency}#{day}"


def invoice(invoice_id: str) -> Key:
    return f"INVOICE#{invoice_id}", "INVOICE"


def credit_note(credit_note_id: str) -> Key:
    return f"CREDIT_NOTE#{credit_note_id}", "CREDIT_NOTE"


def reminder(day: date, invoice_id: str) -> Key:
    return AGENDA, f"{day}#{invoice_id}"


def dispute(dispute_id: str) -> Key:
    return f"DISPUTE#{dispute_id}", "DISPUTE"


def account_erasure(account_id: str) -> Key:
    return f"ACCOUNT#{account_id}", "ERASURE"


def retention(day: date, account_id: str) -> Key:
    return RETENTIONS, f"{day}#{account_id}"


def disputes_of(account_id: str) -> str:
    """Partition of an account's disputes."""
    return f"ACCOUNT#{account_id}#DISPUTES"


def escalation(day: date, dispute_id: str) -> Key:
    return ESCALATIONS, f"{day}#{dispute_id}"


def disputes_in(state: DisputeState) -> str:
    """Partition of the disputes of a state."""
    return f"{DISPUTES}#{state}"


def payment(payment_id: str) -> Key:
    return f"PAYMENT#{payment_id}", "PAYMENT"


def reference(external_ref: str) -> Key:
    return f"PAYMENT_REF#{external_ref}", "PAYMENT_REF"


def refund_reference(external_ref: str) -> Key:
    return f"REFUND_REF#{external_ref}", "REFUND_REF"


def time_entry(time_entry_id: str) -> Key:
    return f"TIME_ENTRY#{time_entry_id}", "TIME_ENTRY"


def invoices_of(account_id: str, state: State | None = None) -> str:
    """Partition of an account's invoices, of one state if given."""
    return f"ACCOUNT#{account_id}#INVOICES" + (f"#{state}" if state else "")


def invoices_in(state: State) -> str:
    """Partition of all invoices of a state."""
    return f"INVOICES#{state}"


def payments_of(account_id: str) -> str:
    """Partition of an account's payments."""
    return f"ACCOUNT#{account_id}#PAYMENTS"


def credit_notes_of(account_id: str) -> str:
    """Partition of an account's credit notes."""
    return f"ACCOUNT#{account_id}#CREDIT_NOTES"


def credit_notes_for(invoice_id: str) -> str:
    """Partition of an invoice's credit notes."""
    return f"INVOICE#{invoice_id}#CREDIT_NOTES"


def invoice_indexes(one: Invoice) -> dict[str, str]:
    """The lists that an invoice stands in."""
    due = f"{one.issue.due_date}#" if one.issue and one.state is State.OPEN else ""
    return {
        "gsi1pk": invoices_of(one.account_id),
        "gsi1sk": one.id,
        "gsi2pk": invoices_in(one.state),
        "gsi2sk": due + one.id,
        "gsi3pk": INVOICES,
        "gsi3sk": one.id,
        "gsi4pk": invoices_of(one.account_id, one.state),
        "gsi4sk": one.id,
    }

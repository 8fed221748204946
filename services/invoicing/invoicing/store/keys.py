"""Where things lie in the table.

| item             | pk                | sk                           | indexes                                       |
| ---------------- | ----------------- | ---------------------------- | --------------------------------------------- |
| seller           | SELLER            | SELLER                       |                                               |
| rate             | RATE#<code>       | RATE                         |                                               |
| series           | SERIES#<id>       | SERIES                       |                                               |
| its numbers      | SERIES#<id>       | NUMBER#<n>                   |                                               |
| its prefix       | PREFIX#<prefix>   | PREFIX                       |                                               |
| account          | ACCOUNT#<id>      | ACCOUNT                      | gsi1 all accounts                             |
| its balances     | ACCOUNT#<id>      | ACCOUNT#BALANCE#<currency>   |                                               |
| its latest draft | ACCOUNT#<id>      | ACCOUNT#GATHERING#<currency> |                                               |
| invoice          | INVOICE#<id>      | INVOICE                      | gsi1 account, gsi2 state, gsi4 both, gsi3 all |
| billed time      | TIME_ENTRY#<id>   | TIME_ENTRY                   |                                               |
| payment          | PAYMENT#<id>      | PAYMENT                      | gsi1 by account, gsi3 all                     |
| its external ref | PAYMENT_REF#<ref> | PAYMENT_REF                  |                                               |

Ids sort by time, so lists by id are lists by age. Within state ``open`` invoices sort by due date, the first due first:
that list is also where overdue ones are found. An account's latest draft is the one that gathers its billable time.
"""

from invoicing.domain.invoice import Invoice, State

Key = tuple[str, str]

SELLER: Key = ("SELLER", "SELLER")
ACCOUNTS = "ACCOUNTS"
INVOICES = "INVOICES"
PAYMENTS = "PAYMENTS"
BALANCE = "ACCOUNT#BALANCE#"
GATHERING = "ACCOUNT#GATHERING#"


def rate(rate_code: str) -> Key:
    return f"RATE#{rate_code}", "RATE"


def series(series_id: str) -> Key:
    return f"SERIES#{series_id}", "SERIES"


def number(series_id: str, count: int) -> Key:
    return f"SERIES#{series_id}", f"NUMBER#{count:012d}"


def prefix(text: str) -> Key:
    return f"PREFIX#{text}", "PREFIX"


def account(account_id: str) -> Key:
    return f"ACCOUNT#{account_id}", "ACCOUNT"


def balance(account_id: str, currency: str) -> Key:
    return f"ACCOUNT#{account_id}", BALANCE + currency


def gathering(account_id: str, currency: str) -> Key:
    return f"ACCOUNT#{account_id}", GATHERING + currency


def invoice(invoice_id: str) -> Key:
    return f"INVOICE#{invoice_id}", "INVOICE"


def payment(payment_id: str) -> Key:
    return f"PAYMENT#{payment_id}", "PAYMENT"


def reference(external_ref: str) -> Key:
    return f"PAYMENT_REF#{external_ref}", "PAYMENT_REF"


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

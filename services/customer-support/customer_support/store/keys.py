"""Where things lie in the table.

| item             | pk             | sk                    | indexes                                                 |
| ---------------- | -------------- | --------------------- | ------------------------------------------------------- |
| customer         | CUSTOMER#<id>  | CUSTOMER              | gsi1 all customers                                      |
| its history      | CUSTOMER#<id>  | HISTORY#<version>#<n> |                                                         |
| its names        | CUSTOMER#<id>  | NAME#<n>              | gsi1 by name, from its n-th word on                     |
| its company      | CUSTOMER#<id>  | COMPANY               | gsi1 by company                                         |
| its e-mail       | EMAIL#<normal> | EMAIL                 |                                                         |
| its forgetting   | CUSTOMER#<id>  | FORGETTING            |                                                         |
| erasure          | ERASURE#<id>   | ERASURE               | gsi1 wakes, gsi2 all, gsi3 state                        |
| ticket           | TICKET#<id>    | TICKET                | gsi1 all, gsi2 customer, gsi3 status, gsi4 agent        |
| its lists        | TICKET#<id>    | LISTS                 | gsi1 queue; in status: gsi2 queue, gsi3 agent,          |
|                  |                |                       | gsi4 customer                                           |
| its times        | TICKET#<id>    | LISTS#TIMES           | gsi1 wakes, gsi2 changed, gsi3 calendar, gsi4 policy    |
| its tags         | TICKET#<id>    | TAG#<tag>             | gsi1 tag, gsi2 tag in status                            |
| its history      | TICKET#<id>    | HISTORY#<version>#<n> |                                                         |
| what it absorbed | TICKET#<id>    | MESSAGE               |                                                         |
| its messages     | TICKET#<id>    | MESSAGE#<id>          |                                                         |
| its time         | TICKET#<id>    | TIME#<id>             |                                                         |
| case             | CASE#<id>      | CASE                  |                                                         |
| a word's tickets | WORD#<word>    | <ticket id>           |                                                         |
| mail             | MAIL#<digest>  | MAIL                  | gsi1 all, gsi2 by fate, gsi3 by sender (hashed)         |
| its Message-ID   | MAIL_ID#<hash> | MAIL_ID               |                                                         |
| service levels   | SERVICE_LEVELS | SERVICE_LEVELS        |                                                         |
| clocks to rewind | REWINDS        | <kind>#<id>           |                                                         |

Ids sort by time, so lists by id are lists by age. A ticket and its time lie side by side: solving reads both at once.
What wakes at a time is spread over partitions, each one sorted by that time: what is due is read and nothing else.
"""

from datetime import datetime

from backoffice.clock import rfc3339
from customer_support.domain.customers import normal_email

Key = tuple[str, str]

CUSTOMERS = "CUSTOMER"
TICKETS = "TICKET"
UPDATED = "UPDATED"
HISTORY = "HISTORY#"
MESSAGE = "MESSAGE#"
TIME = "TIME#"
MAILS = "MAILS"
REWINDS = "REWINDS"
ERASURES = "ERASURES"
ERASURES_WAKING = "ERASURES#WAKING"
SERVICE_LEVELS: Key = ("SERVICE_LEVELS", "SERVICE_LEVELS")
WAKING_SHARDS = 4


def customer(customer_id: str) -> Key:
    return f"CUSTOMER#{customer_id}", "CUSTOMER"


def email(address: str) -> Key:
    return f"EMAIL#{normal_email(address)}", "EMAIL"


def forgetting(customer_id: str) -> Key:
    return f"CUSTOMER#{customer_id}", "FORGETTING"


def erasure(erasure_id: str) -> Key:
    return f"ERASURE#{erasure_id}", "ERASURE"


def erasures_in(state: str) -> str:
    """Partition of the erasures of one state."""
    return f"ERASURES#{state}"


def called(kind: str, name: str) -> str:
    """Partition of the customers whose ``name`` or ``company``, folded, begins with the same letter."""
    return f"{kind.upper()}#{name[:1]}"


def ticket(ticket_id: str) -> Key:
    return f"TICKET#{ticket_id}", "TICKET"


def absorbed(ticket_id: str) -> Key:
    """Sorts before the ticket's first message, so that reading the conversation finds it first."""
    return f"TICKET#{ticket_id}", "MESSAGE"


def message(ticket_id: str, message_id: str) -> Key:
    return f"TICKET#{ticket_id}", MESSAGE + message_id


def time_entry(ticket_id: str, time_entry_id: str) -> Key:
    return f"TICKET#{ticket_id}", TIME + time_entry_id


def case(case_id: str) -> Key:
    """Of an invoice or a dispute, by its own id."""
    return f"CASE#{case_id}", "CASE"


def holding(word: str) -> str:
    """Partition of the tickets that hold a word."""
    return f"WORD#{word}"


def word(word: str, ticket_id: str) -> Key:
    return holding(word), ticket_id


def mail(mail_id: str) -> Key:
    return f"MAIL#{mail_id}", "MAIL"


def header_id(digest: str) -> Key:
    return f"MAIL_ID#{digest}", "MAIL_ID"


def mails_that(fate: str) -> str:
    """Partition of the mails of one fate."""
    return f"MAILS#{fate}"


def mails_from(mark: str) -> str:
    """Partition of the mails from one address, of which only the mark is known."""
    return f"MAILS_FROM#{mark}"


def history(pk: str, version: int, number: int) -> Key:
    return pk, f"{HISTORY}{version:010d}#{number:02d}"


def rewind(kind: str, id: str) -> Key:
    return REWINDS, f"{kind}#{id}"


def listed(name: str, value: str, status: str | None = None) -> str:
    """Partition of the tickets that have this ``queue``, ``assignee``, ``customer_id`` or ``tag``, in one status."""
    return f"{name.upper()}#{value}" + (f"#STATUS#{status}" if status else "")


def in_status(status: str) -> str:
    return f"STATUS#{status}"


def waking(shard: int) -> str:
    """Partition of a share of the tickets that wake at some time."""
    return f"WAKING#{shard}"


def waking_at(time: datetime, ticket_id: str) -> str:
    return f"{rfc3339(time)}#{ticket_id}"


def clocks_of(kind: str, id: str) -> str:
    """Partition of the tickets whose clocks run by that ``calendar`` or ``policy``."""
    return f"CLOCKS#{kind}#{id}"

"""Credit notes."""

from backoffice.contention import retry_on_conflict
from backoffice.http import Answer, Request, created
from backoffice.ids import new_id
from invoicing import schemas
from invoicing.domain.credit_notes import Wanted, credit
from invoicing.handlers.commands.routes import ACCOUNTANTS, api
from invoicing.store import Store


@api.post(
    "/credit-notes",
    group=ACCOUNTANTS,
    body=schemas.NewCreditNote,
    answer=schemas.CreditNote,
    status=201,
    idempotent=True,
)
@retry_on_conflict("counter")
def issue_credit_note(request: Request) -> Answer:
    """Take an issued invoice back, whole or line by line, at its own prices and rates; what was paid comes free."""
    body, store = request.body, Store()
    wanted = Wanted(body["reason"], body["lines"], body["issue_date"])
    invoice, series = store.creditable(body["invoice_id"], body["series"])
    note = credit(new_id("crn"), invoice, series, wanted, request.at)
    payments = store.freed_by(note)
    answer = created(note, f"/credit-notes/{note.id}", version=note.next_version)
    store.add_credit_note(note, series, (invoice, payments), request.receipt(answer))
    return answer

"""Objections to invoices."""

from backoffice.contention import retry_on_conflict
from backoffice.http import Answer, Request, created, ok
from backoffice.ids import new_id
from invoicing import schemas
from invoicing.domain.disputes import Dispute
from invoicing.handlers.commands.routes import ACCOUNTANTS, DISPUTE, INVOICE, api
from invoicing.store import Store


@api.post(
    "/invoices/{invoice_id}/disputes",
    group=ACCOUNTANTS,
    body=schemas.NewDispute,
    answer=schemas.Dispute,
    status=201,
    idempotent=True,
    ids=INVOICE,
)
@retry_on_conflict()
def raise_dispute(request: Request) -> Answer:
    """Note that the buyer objects to an invoice; its dunning pauses until the dispute is settled."""
    store = Store()
    invoice = store.invoice(request.path["invoice_id"])
    dispute = Dispute.raised(new_id("dsp"), invoice, request.body["reason"], request.at)
    answer = created(dispute, f"/disputes/{dispute.id}", version=dispute.next_version)
    store.save_dispute(dispute, invoice, request.receipt(answer))
    return answer


@api.post(
    "/disputes/{dispute_id}/settle",
    group=ACCOUNTANTS,
    body=schemas.Settlement,
    answer=schemas.Dispute,
    idempotent=True,
    ids=DISPUTE,
)
@retry_on_conflict()
def settle_dispute(request: Request) -> Answer:
    """End a dispute: the invoice is upheld, or was credited; its dunning goes on where it was paused."""
    store = Store()
    dispute = store.dispute(request.path["dispute_id"])
    invoice = store.invoice(dispute.invoice_id)
    dispute.settle(invoice, request.body["outcome"], request.at)
    answer = ok(dispute, version=dispute.next_version)
    store.save_dispute(dispute, invoice, request.receipt(answer))
    return answer

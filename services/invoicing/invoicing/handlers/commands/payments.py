"""Money that comes in, is allocated, and goes back."""

from backoffice.contention import retry_on_conflict
from backoffice.domain import Invalid
from backoffice.http import Answer, Request, created, ok
from backoffice.ids import new_id
from invoicing import schemas
from invoicing.domain.allocations import Intent
from invoicing.domain.payments import Payment
from invoicing.domain.refunds import Refund
from invoicing.handlers.commands.routes import ACCOUNTANTS, PAYMENT, api
from invoicing.store import Store


@api.post("/payments", group=ACCOUNTANTS, body=schemas.NewPayment, answer=schemas.Payment, status=201, idempotent=True)
@retry_on_conflict("external_ref")
def record_payment(request: Request) -> Answer:
    """Record money that came in; it pays the invoices that it names, and stays on the account beyond that."""
    details, store = request.body, Store()
    intents = details["meant_for"] or ([Intent(details["invoice_id"])] if details["invoice_id"] else [])
    met = store.payable(details["external_ref"], details["account_id"], [one.invoice_id for one in intents])
    if met.earlier:
        met.earlier.must_repeat(details)
        return _answer(met.earlier, met.earlier.version)
    payment = Payment.received(new_id("pay"), details, request.at)
    payment.record_receipt(list(zip(met.invoices, intents, strict=True)))
    answer = _answer(payment, payment.next_version)
    store.add_payment(payment, met.invoices, request.receipt(answer))
    return answer


@api.post(
    "/payments/{payment_id}/allocations",
    group=ACCOUNTANTS,
    body=schemas.NewAllocation,
    answer=schemas.Payment,
    status=201,
    idempotent=True,
    ids=PAYMENT,
)
@retry_on_conflict()
def allocate_payment(request: Request) -> Answer:
    """Let a payment pay invoices with what is unapplied of it: by an amount, or as much as possible."""
    store, intents = Store(), request.body["intents"]
    payment, invoices = store.allocatable(request.path["payment_id"], [one.invoice_id for one in intents])
    payment.allocate(list(zip(invoices, intents, strict=True)), request.at)
    answer = _answer(payment, payment.next_version)
    store.save_payment(payment, invoices, request.receipt(answer))
    return answer


@api.post(
    "/payments/{payment_id}/reverse",
    group=ACCOUNTANTS,
    body=schemas.Reversal,
    answer=schemas.Payment,
    idempotent=True,
    ids=PAYMENT,
)
@retry_on_conflict()
def reverse_payment(request: Request) -> Answer:
    """Take a payment back, since the bank did: the invoices that it paid are open again."""
    store = Store()
    payment = store.payment(request.path["payment_id"])
    invoices = store.paid_by(payment)
    payment.reverse(invoices, request.body["reason"], request.at)
    answer = ok(payment, version=payment.next_version)
    store.save_payment(payment, invoices, request.receipt(answer))
    return answer


@api.post(
    "/payments/{payment_id}/refunds",
    group=ACCOUNTANTS,
    body=schemas.NewRefund,
    answer=schemas.Payment,
    status=201,
    idempotent=True,
    ids=PAYMENT,
)
@retry_on_conflict("external_ref")
def refund_payment(request: Request) -> Answer:
    """Record that a part of a payment was sent back, out of what is unapplied of it."""
    store, body = Store(), request.body
    found = store.refundable(request.path["payment_id"], body["external_ref"])
    payment = found.payment
    if body["amount"]["currency"] != payment.currency:
        raise Invalid.one("amount.currency", f"The payment is in {payment.currency}.")
    refund = Refund(
        id=new_id("rfd"),
        amount=body["amount"]["amount"],
        external_ref=body["external_ref"],
        refunded_on=body["refunded_on"] or request.at.date(),
        recorded_at=request.at,
        reason=body["reason"],
    )
    if found.earlier:
        payment.must_have_refunded(refund, found.earlier)
        return _answer(payment, payment.version)
    payment.refund(refund)
    answer = _answer(payment, payment.next_version)
    store.add_refund(payment, refund, request.receipt(answer))
    return answer


def _answer(payment: Payment, version: int) -> Answer:
    return created(payment, f"/payments/{payment.id}", version=version)

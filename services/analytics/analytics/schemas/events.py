"""What is read of the events of other contexts. Their contracts tell what each field means."""

from marshmallow import fields, validate

from backoffice.currencies import MINOR_UNITS
from backoffice.schemas import Day, DecimalString, Flag, Tolerant, Utc, Whole

# Decimal adds up to 28 digits exactly; what another context has issued is not for us to refuse.
_LARGEST_AMOUNT = "999999999999999999999999"
CURRENCY_CODE = validate.OneOf(MINOR_UNITS, error="Not an ISO 4217 currency, like EUR.")


def _amount() -> DecimalString:
    return DecimalString(most=_LARGEST_AMOUNT, required=True)


class _Ticket(Tolerant):
    queue = fields.String(required=True)
    priority = fields.String(required=True)


class _HeldTicket(_Ticket):
    assignee = fields.String(required=True, allow_none=True)


class TicketOpened(_Ticket):
    opened_at = Utc(required=True)


class TicketAssigned(_HeldTicket):
    previous_assignee = fields.String(required=True, allow_none=True)
    assigned_at = Utc(required=True)


class TicketReclassified(_HeldTicket):
    previous_queue = fields.String(required=True)
    previous_priority = fields.String(required=True)
    reclassified_at = Utc(required=True)


class FirstResponseSent(_Ticket):
    responded_by = fields.String(required=True)
    opened_at = Utc(required=True)
    responded_at = Utc(required=True)
    business_seconds = Whole(required=True, allow_none=True)
    promise_kept = Flag(required=True, allow_none=True)


class Solution(Tolerant):
    solved_at = Utc(required=True)
    business_seconds = Whole(required=True, allow_none=True)
    promise_kept = Flag(required=True, allow_none=True)


class TicketSolved(_HeldTicket, Solution):
    opened_at = Utc(required=True)


class TicketReopened(_HeldTicket):
    opened_at = Utc(required=True)
    reopened_at = Utc(required=True)
    solution = fields.Nested(Solution, required=True, allow_none=True)


class TicketClosed(_HeldTicket):
    was_solved = Flag(required=True)
    closed_at = Utc(required=True)


class SlaBreached(_HeldTicket):
    due_at = Utc(required=True)


class Rating(_HeldTicket):
    score = Whole(required=True)
    rated_at = Utc(required=True)


class SatisfactionRecorded(Rating):
    previous = fields.Nested(Rating, required=True, allow_none=True)


class _Money(Tolerant):
    currency = fields.String(required=True, validate=CURRENCY_CODE)
    account_id = fields.String(required=True)


class InvoiceIssued(_Money):
    issued_at = Utc(required=True)
    due_date = Day(required=True)
    tax_inclusive = _amount()
    payable = _amount()


class InvoiceVoided(_Money):
    voided_at = Utc(required=True)
    due_date = Day(required=True)
    tax_inclusive = _amount()
    amount = _amount()
    written_off = _amount()


class InvoiceMarkedUncollectible(_Money):
    marked_at = Utc(required=True)
    due_date = Day(required=True)
    amount = _amount()


class Allocation(Tolerant):
    amount = _amount()
    due_date = Day(required=True)
    written_off = _amount()


class _Allocating(_Money):
    allocations = fields.List(fields.Nested(Allocation), required=True)


class PaymentRecorded(_Allocating):
    amount = _amount()
    recorded_at = Utc(required=True)


class PaymentAllocated(_Allocating):
    allocated_at = Utc(required=True)


class PaymentReversed(_Allocating):
    amount = _amount()
    reversed_at = Utc(required=True)


class PaymentRefunded(_Money):
    amount = _amount()
    recorded_at = Utc(required=True)


class CreditNoteIssued(_Money):
    issued_at = Utc(required=True)
    due_date = Day(required=True)
    tax_inclusive = _amount()
    payable = _amount()
    freed = _amount()
    written_off = _amount()

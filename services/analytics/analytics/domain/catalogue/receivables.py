"""What was invoiced, what became of it, and how old is what is still owed. All of it by currency."""

from analytics.domain import measures
from analytics.domain.catalogue.metric import Kind, Metric, Unit
from analytics.domain.measures import Measure
from analytics.domain.reckoning import SALES_PERIOD, days_of_sales, flow, level, overdue


def _flow(measure: Measure, definition: str) -> Metric:
    return Metric(measure.name, definition, Unit.MONEY, Kind.FLOW, (measure,), flow)


def _ageing(name: str, which: str, age: int) -> Metric:
    definition = (
        f"What customers owed at the end of the interval {which}, as of the local day on which the interval ends: the "
        "part of outstanding of that age. The five ranges together are what is outstanding."
    )
    return Metric(name, definition, Unit.MONEY, Kind.LEVEL, (measures.OUTSTANDING_BY_DUE_DATE,), overdue(age))


METRICS = (
    _flow(
        measures.INVOICED,
        "Totals including tax of the invoices issued, counted at the time each invoice was finalized (not at its "
        "issue date). What is credited, voided or written off later stays invoiced.",
    ),
    _flow(
        measures.VOIDED,
        "Totals including tax of the invoices made void, counted at the time of that.",
    ),
    _flow(
        measures.COLLECTED,
        "Amounts of the payments recorded, whether or not they were allocated to an invoice, counted at the time each "
        "payment was recorded (not at the day the money arrived); less payments that the bank took back, counted at "
        "the time of the reversal. Refunds are told by themselves.",
    ),
    _flow(
        measures.REFUNDED,
        "Amounts sent back to customers out of payments that paid no invoice, counted at the time each refund was "
        "recorded.",
    ),
    _flow(
        measures.CREDITED,
        "Totals including tax of the credit notes issued, counted at the time each was issued (not at its issue date), "
        "whether the invoice was paid before or not.",
    ),
    _flow(
        measures.WRITTEN_OFF,
        "What remained of the invoices given up as uncollectible, counted at the time of that; less what was paid, "
        "credited or made void of them all the same, counted at the time of that.",
    ),
    Metric(
        "outstanding",
        "What customers owed at the end of the interval: what remained to be paid of all invoices issued until then, "
        "those made void or given up as uncollectible excluded. Invoices (less what was prepaid) raise it, and so do "
        "payments that the bank took back; what payments allocate to invoices, at once or later, lowers it, and so do "
        "credit notes. Money received but not allocated does not lower it.",
        Unit.MONEY,
        Kind.LEVEL,
        (measures.OUTSTANDING,),
        level,
    ),
    Metric(
        "days_sales_outstanding",
        f"How many days of sales customers owed at the end of the interval: outstanding at that time, divided by the "
        f"sales of the {SALES_PERIOD.days} days (of 24 hours) before it, times {SALES_PERIOD.days}. Sales are what was "
        "invoiced less what was credited and voided in that time, including tax, as what is outstanding includes it, "
        "too. Without sales there is no value.",
        Unit.DAYS,
        Kind.RATIO,
        (measures.OUTSTANDING, measures.INVOICED, measures.CREDITED, measures.VOIDED),
        days_of_sales,
        SALES_PERIOD,
    ),
    _ageing("ageing_current", "and that was not yet due, or due on that very day", 0),
    _ageing("ageing_1_30", "and that was due 1 to 30 days before", 1),
    _ageing("ageing_31_60", "and that was due 31 to 60 days before", 2),
    _ageing("ageing_61_90", "and that was due 61 to 90 days before", 3),
    _ageing("ageing_over_90", "and that was due more than 90 days before", 4),
)

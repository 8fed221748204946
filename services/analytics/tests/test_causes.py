import random
from collections import Counter as Tally
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from backoffice_testing import ServiceTest

from analytics.domain.catalogue import CATALOGUE, Kind
from analytics.handlers import queries
from analytics.handlers.inbox import inbox
from analytics.store.counting import Counter
from backoffice.clock import rfc3339
from tests import histories
from tests.events import (
    first_response,
    invoice_issued,
    payment_recorded,
    promise_broken,
    rated,
    ticket_assigned,
    ticket_opened,
    ticket_reopened,
    ticket_solved,
)
from tests.facts import measured

START = datetime(2026, 11, 23, tzinfo=UTC)
AT = START + timedelta(hours=17, minutes=5)
DAY = timedelta(days=1)


def bucket(start, end):
    return f"{rfc3339(start)}/{rfc3339(end)}"


class CausesTest(ServiceTest):
    groups = "analysts"

    def tell(self, *events):
        self.assertEqual([], self.deliver(inbox, *events))

    def causes(self, metric, start=START, end=START + DAY, **query):
        """The events behind a point, from all pages."""
        events, cursor = [], {}
        while cursor is not None:
            asked = {"bucket": bucket(start, end), "limit": "100"} | query | cursor
            reply = self.call(queries.api, "GET", f"/metrics/{metric}/events", query=asked)
            self.assertEqual(200, reply.status, reply.body)
            events += reply.body["items"]
            cursor = {"cursor": reply.body["next_cursor"]} if reply.body["next_cursor"] else None
        return events

    def points(self, metric, days, interval="day"):
        """The points of each series, with the filters that name it."""
        first, last = START.date(), (START + days * DAY).date()
        asked = {"metrics": [metric], "from": f"{first}", "to": f"{last}", "interval": interval, "time_zone": "UTC"}
        reply = self.call(queries.api, "POST", "/query", asked, key="")
        self.assertEqual(200, reply.status, reply.body)
        for series in reply.body["series"]:
            filters = {"currency": series["currency"]} if "currency" in series else {}
            yield filters, series["points"]


class Explained(CausesTest):
    """For every point of some played days: what its events amount to is its value."""

    def setUp(self):
        super().setUp()
        rng = random.Random(7)
        tickets = [histories.ticket(rng, START + timedelta(minutes=rng.randrange(1_500))) for _ in range(3)]
        Counter(self.table).count(measured(event) for one in tickets for event in one.events)
        for at in (AT, AT + DAY):
            self.tell(
                first_response(at, timedelta(minutes=30), business_seconds=600, promise_kept=True),
                first_response(at, timedelta(minutes=90), business_seconds=900, promise_kept=True),
                promise_broken(at),
                invoice_issued(at, "119.00"),
                invoice_issued(at, "5000", "JPY"),
                payment_recorded(at + timedelta(hours=2), "200.00", ["60.00", "20.00"]),
            )

    def each_point(self, *kinds):
        for name, metric in CATALOGUE.items():
            if metric.kind in kinds and all(measure.is_rebuilt for measure in metric.measures):
                for filters, points in self.points(name, 2):
                    yield name, filters, points

    def test_amounts_add_up_to_a_flow(self):
        for name, filters, points in self.each_point(Kind.FLOW):
            for point in points:
                with self.subTest(name, start=point["start"], **filters):
                    self.assertEqual(Decimal(str(point["value"])), self.total(name, point, filters))

    def test_amounts_add_up_to_how_much_a_level_changes(self):
        for name, filters, points in self.each_point(Kind.LEVEL):
            if name.startswith("ageing"):
                continue
            for before, point in pairwise(points):
                with self.subTest(name, start=point["start"], **filters):
                    change = Decimal(str(point["value"])) - Decimal(str(before["value"]))
                    self.assertEqual(change, self.total(name, point, filters))

    def test_what_is_owed_by_age_is_explained_with_due_dates(self):
        (event,) = self.causes("ageing_current", currency="JPY")
        self.assertEqual(("InvoiceIssued", "5000"), (event["type"], event["amount"]))
        self.assertEqual([f"{AT.date()}"], [change["due_date"] for change in event["changes"]])

    def test_a_percentile_is_one_of_the_durations(self):
        for name, filters, points in self.each_point(Kind.PERCENTILE):
            percent = int(name.rpartition("_p")[2])
            for point in points:
                durations = self.durations(self.causes(name, *self.within(point), **filters))
                with self.subTest(name, start=point["start"]):
                    place = int(Decimal(percent) / 100 * (len(durations) - 1))
                    self.assertEqual(point["value"], durations[place] if durations else None)

    def test_a_ratio_and_a_mean_are_of_what_was_added_to_their_measures(self):
        for name, value in (
            ("sla_breach_rate", lambda broken, kept: 100 * broken / (broken + kept)),
            ("satisfaction", lambda scores, responses: scores / responses),
        ):
            measures = [measure.name for measure in CATALOGUE[name].measures]
            for _, points in self.points(name, 2):
                for point in points:
                    sums = Tally()
                    for event in self.causes(name, *self.within(point)):
                        for change in event["changes"]:
                            sums[change["measure"]] += change["amount"]
                    with self.subTest(name, start=point["start"]):
                        if point["value"] is None:
                            self.assertEqual({}, sums)
                        else:
                            self.assertEqual(point["value"], f"{value(*(sums[measure] for measure in measures)):.2f}")

    def within(self, point):
        return (datetime.fromisoformat(point[name]) for name in ("start", "end"))

    def total(self, name, point, filters):
        return sum(Decimal(str(event["amount"])) for event in self.causes(name, *self.within(point), **filters))

    def durations(self, events):
        """What was measured and not taken back, shortest first."""
        amounts = [event["amount"] for event in events]
        counted = Tally(amount for amount in amounts if amount >= 0)
        counted.subtract(-amount for amount in amounts if amount < 0)
        return sorted(counted.elements())


class Listed(CausesTest):
    def test_an_event_tells_where_it_comes_from_and_what_it_changed(self):
        invoice = invoice_issued(AT, "119.00")
        self.tell(invoice, ticket_opened(AT))
        (event,) = self.causes("invoiced")
        self.assertEqual(
            {
                "event_id": invoice["event_id"],
                "type": "InvoiceIssued",
                "occurred_at": invoice["occurred_at"],
                "aggregate_id": invoice["aggregate_id"],
                "trace_id": None,
                "amount": "119.00",
                "changes": [
                    {
                        "measure": "invoiced",
                        "dimensions": {"currency": "EUR", "account": invoice["data"]["account_id"]},
                        "due_date": None,
                        "amount": "119.00",
                    }
                ],
            },
            event,
        )

    def test_only_events_within_the_bucket_are_listed_by_quarter_and_id(self):
        minutes = [-1, 0, 14, 15, 44, 45]
        told = [ticket_opened(AT.replace(minute=0) + timedelta(minutes=minute)) for minute in minutes]
        self.tell(*reversed(told))
        start = AT.replace(minute=0)
        found = self.causes("tickets_opened", start, start + timedelta(minutes=45))
        self.assertEqual([event["event_id"] for event in told[1:5]], [event["event_id"] for event in found])

    def test_it_is_listed_page_by_page_with_all_events_once(self):
        told = [ticket_opened(AT + timedelta(minutes=20 * number)) for number in range(6)]
        self.tell(*told, *(invoice_issued(AT, "1.00") for _ in range(5)))
        in_one = self.causes("tickets_opened")
        self.assertEqual(6, len(in_one))
        for limit in (1, 4, 6):
            self.assertEqual(in_one, self.causes("tickets_opened", limit=str(limit)))

    def test_filters_let_through_what_they_name(self):
        told = [ticket_opened(AT, queue=queue) for queue in ("a", "b", "c")]
        self.tell(*told)
        for named, expected in (("a", told[:1]), ("a,c", told[::2]), ("d", [])):
            found = self.causes("tickets_opened", queue=named)
            self.assertCountEqual([event["event_id"] for event in expected], [event["event_id"] for event in found])

    def test_what_changes_nothing_in_sum_is_left_out_unless_dimensions_tell_it_apart(self):
        self.tell(ticket_assigned(AT))
        self.assertEqual([], self.causes("backlog"))
        (event,) = self.causes("backlog", agent="agent@example.com")
        self.assertEqual(1, event["amount"])

    def test_what_is_taken_back_is_below_zero_and_where_it_was_counted(self):
        solved = ticket_solved(AT, timedelta(hours=1))
        self.tell(solved, ticket_reopened(AT + DAY, solved))
        first, second = self.causes("resolution_time_p50")
        self.assertEqual(["TicketSolved", "TicketReopened"], [first["type"], second["type"]])
        self.assertEqual(first["amount"], -second["amount"])
        self.assertEqual([], self.causes("resolution_time_p50", START + DAY, START + 2 * DAY))

    def test_an_event_that_changed_several_quarters_is_found_in_each(self):
        score = rated(AT, 2)
        again = rated(AT + DAY, 5, score)
        self.tell(score, again)
        amounts = [event["amount"] for event in self.causes("satisfaction", START, START + 2 * DAY)]
        self.assertEqual([2, -2, 5], amounts)

    def test_hours_without_such_events_cost_nothing(self):
        self.tell(ticket_opened(AT), *(invoice_issued(AT + timedelta(hours=hour), "1.00") for hour in range(-9, 5)))
        self.calls.clear()
        self.causes("tickets_opened", START - 300 * DAY, START + 300 * DAY)
        self.assertEqual(["GetItem"] + ["Query"] * 6, self.calls)


class Refused(CausesTest):
    def ask(self, metric="tickets_opened", groups=None, **query):
        return self.call(queries.api, "GET", f"/metrics/{metric}/events", query=query, groups=groups)

    def test_a_metric_that_nobody_knows_is_not_found(self):
        reply = self.ask("mood", bucket=bucket(START, START + DAY))
        self.assertEqual(404, reply.status)
        self.assertIn("mood", reply.body["detail"])

    def test_what_makes_no_sense_is_refused_by_name(self):
        sound = bucket(START, START + DAY)
        for field, query in (
            ("bucket", {}),
            ("bucket", {"bucket": ""}),
            ("bucket", {"bucket": "2026-11-23"}),
            ("bucket", {"bucket": "2026-11-23/2026-11-24"}),
            ("bucket", {"bucket": "yesterday/today"}),
            ("bucket", {"bucket": "2026-11-23T10:00:00Z/2026-11-23T10:00:00Z"}),
            ("bucket", {"bucket": "2026-11-23T10:07:00Z/2026-11-23T11:00:00Z"}),
            ("bucket", {"bucket": "2026-11-23T10:00:00/2026-11-23T11:00:00Z"}),
            ("bucket", {"bucket": "0001-01-01T00:00:00Z/9999-12-31T00:00:00Z"}),
            ("bucket", {"bucket": f"{sound}/{rfc3339(START)}"}),
            ("currency", {"bucket": sound, "currency": "EUR"}),
            ("priority", {"bucket": sound, "priority": "normal,hasty"}),
            ("account", {"bucket": sound, "account": "me"}),
            ("queue", {"bucket": sound, "queue": ""}),
            ("mood", {"bucket": sound, "mood": "sunny"}),
        ):
            with self.subTest(query):
                reply = self.ask(**query)
                self.assertEqual((422, "validation_failed"), (reply.status, reply.body["code"]))
                self.assertEqual({field}, {error["field"].split(".")[0] for error in reply.body["errors"]})

    def test_a_cursor_of_another_bucket_is_refused(self):
        self.tell(ticket_opened(AT), ticket_opened(AT))
        cursor = self.ask(bucket=bucket(START, START + DAY), limit="1").body["next_cursor"]
        self.assertEqual(400, self.ask(bucket=bucket(START, START + 2 * DAY), limit="1", cursor=cursor).status)

    def test_analysts_and_operators_may_ask_and_nobody_else(self):
        for groups, expected in (("analysts", 200), ("operators", 200), ("agents,accountants", 403), ("", 403)):
            self.assertEqual(expected, self.ask(groups=groups, bucket=bucket(START, START + DAY)).status)

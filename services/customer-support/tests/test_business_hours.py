import unittest
from datetime import UTC, date, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as some

from customer_support.domain.agreement import Promise, due, elapsed
from customer_support.domain.business_hours import BusinessHours
from customer_support.domain.calendars import MIDNIGHT, Calendar, Interval
from customer_support.domain.life_cycle import Status, Transition
from customer_support.domain.service_levels import Metric
from tests import wall_clock

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # its summer time is half an hour
    "Pacific/Apia",  # left out 30 December 2011
    "America/Havana",  # sets its clock at midnight
    "Asia/Beirut",  # sets its clock at midnight, too
]
ROUND_THE_CLOCK = ((Interval(0, MIDNIGHT),),) * 7
# Moments around which clocks are set, years and leap days begin, and dates are skipped.
EDGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
    datetime(2028, 2, 29, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 28, 22, tzinfo=UTC),
]
PROPERTY = settings(max_examples=60, derandomize=True, deadline=None, database=None)

minutes = some.integers(0, MIDNIGHT) | some.sampled_from([0, 1, 119, 120, 180, MIDNIGHT - 1, MIDNIGHT])
moments = some.builds(
    lambda edge, offset: edge + timedelta(minutes=offset), some.sampled_from(EDGES), some.integers(-2000, 2000)
)


@some.composite
def days(draw: some.DrawFn) -> tuple[Interval, ...]:
    marks = sorted(draw(some.sets(minutes, max_size=6)))
    return tuple(Interval(start, end) for start, end in zip(marks[::2], marks[1::2], strict=False))


@some.composite
def calendars(draw: some.DrawFn) -> Calendar:
    edge = draw(some.sampled_from(EDGES)).date()
    holidays = draw(some.sets(some.integers(-2, 2), max_size=2))
    return Calendar(
        id="office",
        version=1,
        name="Office",
        time_zone=draw(some.sampled_from(ZONES)),
        week=tuple(draw(some.lists(days(), min_size=7, max_size=7))),
        holidays=tuple(edge + timedelta(days=day) for day in sorted(holidays)),
    )


def calendar(zone: str, week: tuple[tuple[Interval, ...], ...] = ROUND_THE_CLOCK, *holidays: date) -> Calendar:
    return Calendar(id="office", version=1, name="Office", time_zone=zone, week=week, holidays=holidays)


class WorkingTime(unittest.TestCase):
    @PROPERTY
    @given(calendars(), moments, some.integers(0, 4000))
    @example(calendar("Europe/Berlin"), EDGES[0] - timedelta(hours=3), 600)
    def test_between_two_moments_is_what_the_clock_on_the_wall_counts(
        self, calendar: Calendar, start: datetime, length: int
    ) -> None:
        end = start + timedelta(minutes=length)
        self.assertEqual(BusinessHours(calendar).between(start, end), wall_clock.between(calendar, start, end))

    @PROPERTY
    @given(calendars(), moments, some.integers(1, 1500))
    def test_is_used_up_when_the_clock_on_the_wall_has_counted_it(
        self, calendar: Calendar, start: datetime, length: int
    ) -> None:
        duration, give_up = timedelta(minutes=length), start + timedelta(days=5)
        found = BusinessHours(calendar).after(start, duration)
        expected = wall_clock.after(calendar, start, duration, give_up)
        if expected is None:
            self.assertTrue(found is None or found > give_up)
        else:
            self.assertEqual(found, expected)

    @PROPERTY
    @given(calendars(), moments, some.integers(0, 10**8), some.integers(0, 10**8))
    def test_of_two_stretches_adds_up_to_that_of_both(
        self, calendar: Calendar, start: datetime, first: int, second: int
    ) -> None:
        hours, one = BusinessHours(calendar), timedelta(milliseconds=first)
        middle, end = start + one, start + one + timedelta(milliseconds=second)
        self.assertEqual(hours.between(start, middle) + hours.between(middle, end), hours.between(start, end))

    def test_round_the_clock_is_all_time_there_is_over_leap_days_and_set_clocks(self) -> None:
        for zone in ZONES:
            hours = BusinessHours(calendar(zone))
            for start in EDGES:
                end = start + timedelta(days=800, minutes=7)
                self.assertEqual(hours.between(start, end), end - start)
                self.assertEqual(hours.after(start, end - start), end)

    def test_that_ends_at_midnight_holds_the_minute_before_it(self) -> None:
        week = ((Interval(22 * 60, MIDNIGHT),),) * 7
        hours = BusinessHours(calendar("UTC", week))
        night = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)

        self.assertEqual(hours.between(night, night + timedelta(hours=12)), timedelta(minutes=1))
        self.assertEqual(hours.after(night, timedelta(minutes=1)), night + timedelta(minutes=1))

    def test_ends_with_the_working_day_and_not_with_the_next_ones_beginning(self) -> None:
        hours = BusinessHours(calendar("UTC", ((Interval(540, 720), Interval(780, 1020)),) * 7))
        nine = datetime(2026, 11, 23, 9, tzinfo=UTC)

        self.assertEqual(hours.after(nine, timedelta(hours=3)), nine + timedelta(hours=3))
        instant = timedelta(milliseconds=1)
        self.assertEqual(hours.after(nine, timedelta(hours=3) + instant), nine + timedelta(hours=4) + instant)
        self.assertEqual(hours.after(nine, timedelta(hours=7)), nine + timedelta(hours=8))

    def test_skips_the_hour_that_the_clock_skips_and_counts_twice_what_it_shows_twice(self) -> None:
        hours = BusinessHours(calendar("Europe/Berlin", ((Interval(120, 180),),) * 7))
        for day, counted in ((date(2026, 3, 28), 1), (date(2026, 3, 29), 0), (date(2026, 10, 25), 2)):
            start = datetime(day.year, day.month, day.day, 0, 0, tzinfo=UTC) - timedelta(hours=1)
            self.assertEqual(hours.between(start, start + timedelta(hours=6)), timedelta(hours=counted))

    def test_that_never_comes_is_none(self) -> None:
        rare = calendar("UTC", ((Interval(0, 1),), *((),) * 6))
        self.assertIsNone(BusinessHours(rare).after(EDGES[0], timedelta(days=1)))


@some.composite
def lives(draw: some.DrawFn) -> list[Transition]:
    at = draw(moments)
    life = [Transition(Status.NEW, at)]
    later = some.sampled_from([Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.SOLVED])
    for status in draw(some.lists(later, max_size=5)):
        at += timedelta(minutes=draw(some.integers(0, 700)))
        life.append(Transition(status, at))
    return life


class ClocksOfATicket(unittest.TestCase):
    @PROPERTY
    @given(calendars(), lives(), some.integers(1, 1200))
    def test_are_due_when_the_minutes_of_an_open_ticket_have_used_the_target_up(
        self, calendar: Calendar, life: list[Transition], length: int
    ) -> None:
        target, give_up = timedelta(minutes=length), life[-1].at + timedelta(days=3)
        found = due(Promise(metric=Metric.RESOLUTION, target=target), life, BusinessHours(calendar))
        expected = wall_clock.resolution_due(calendar, life, target, give_up)
        if expected is None:
            self.assertTrue(found is None or found > give_up)
        else:
            self.assertEqual(found, expected)

    @PROPERTY
    @given(calendars(), lives())
    def test_never_pause_for_a_first_response_and_pause_for_a_resolution(
        self, calendar: Calendar, life: list[Transition]
    ) -> None:
        hours, end = BusinessHours(calendar), life[-1].at + timedelta(days=1)
        solved = [transition for transition in life if transition.status is Status.SOLVED]
        if not solved:
            self.assertEqual(elapsed(Metric.FIRST_RESPONSE, life, hours, end), hours.between(life[0].at, end))
        running = sum(
            (
                wall_clock.between(calendar, one.at, other)
                for one, other in zip(life, [later.at for later in life[1:]] + [end], strict=True)
                if one.status in (Status.NEW, Status.OPEN)
            ),
            timedelta(),
        )
        self.assertEqual(elapsed(Metric.RESOLUTION, life, hours, end), running)

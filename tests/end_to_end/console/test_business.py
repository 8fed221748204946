"""The page Business: charts that are walked through, explained and exact, of whatever zone and currency is chosen."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.end_to_end.console.failing import Unbillable
from tests.end_to_end.console.figures import Analytics
from tests.end_to_end.console.operators import Operator

WINTER_COMES = {"from": "2026-10-24", "to": "2026-10-26", "interval": "hour", "zone": "Europe/Berlin"}
NOVEMBER = {"from": "2026-11-02", "to": "2026-11-15", "zone": "Europe/Berlin"}
TRACE = "1-6b0654b1-53e3b5fe3314feee59e5cde1"


@pytest.fixture
def analytics(operator: Operator) -> Analytics:
    """Analytics that answers this operator plausible figures."""
    return Analytics().answer(operator.page)


def chart(operator: Operator, name: str) -> Locator:
    return operator.page.get_by_role("article", name=name, exact=True)


def slider(operator: Operator, name: str) -> Locator:
    return chart(operator, name).get_by_role("slider")


def test_every_chart_is_drawn_and_printed_and_says_what_it_counts(operator: Operator, analytics: Analytics) -> None:
    operator.open("business", **NOVEMBER)
    expect(operator.page.get_by_role("slider")).to_have_count(10)
    for name, marks in (("Tickets", "rect.mark"), ("First response", "path.course"), ("Ageing", "rect.mark")):
        expect(chart(operator, name).locator(marks).first).to_be_visible()
    assert chart(operator, "Ageing").locator("rect.mark").count() == 14 * 5
    chart(operator, "Backlog").get_by_text("What is counted").click()
    expect(chart(operator, "Backlog")).to_contain_text("in words that settle an argument")

    operator.page.emulate_media(media="print")
    expect(operator.page.get_by_role("navigation", name="Pages")).to_be_hidden()
    expect(operator.page.get_by_label("Time zone")).to_be_hidden()
    height = "document.querySelector('[data-chart=dso]').getBoundingClientRect().bottom <= document.body.scrollHeight"
    assert operator.page.evaluate(height), "what is below the screen is not printed"


def test_values_are_told_exactly_and_added_up_without_loss(operator: Operator, analytics: Analytics) -> None:
    analytics.value = lambda metric, at, interval: "12345678901234567.01" if metric == "invoiced" else None
    operator.open("business", **NOVEMBER, currency="EUR")
    cash = chart(operator, "Revenue and cash")
    expect(cash).to_contain_text("EUR 172,839,504,617,283,938.14")
    cash.get_by_role("button", name="Table").click()
    expect(cash.get_by_role("row", name="Mon, 2 Nov 2026")).to_contain_text("EUR 12,345,678,901,234,567.01")
    expect(chart(operator, "Satisfaction")).to_contain_text("Nothing was measured in this time.")


def test_a_day_of_changing_clocks_has_each_of_its_hours(operator: Operator, analytics: Analytics) -> None:
    operator.open("business", **WINTER_COMES)
    tickets = slider(operator, "Tickets")
    expect(tickets).to_have_attribute("aria-valuemax", "72")  # 24 + 25 + 24 hours
    tickets.focus()
    for key in ("Home", *["PageUp"] * 4):
        operator.page.keyboard.press(key)
    hours = []
    for index in (28, 27, 26):
        expect(tickets).to_have_attribute("aria-valuenow", str(index))
        hours.append((tickets.get_attribute("aria-valuetext") or "").split(": ")[0])
        operator.page.keyboard.press("ArrowLeft")
    assert hours == [
        "Sun, 25 Oct 2026, 03:00 to 04:00 GMT+1",
        "Sun, 25 Oct 2026, 02:00 to 03:00 GMT+1",
        "Sun, 25 Oct 2026, 02:00 to 02:00 GMT+2",
    ]
    labels = chart(operator, "Tickets").locator("text.day")
    expect(labels).to_have_text([re.compile(f"{day} Oct") for day in (24, 25, 26)])
    places = [float(label.get_attribute("x") or 0) for label in labels.all()]
    assert (places[2] - places[1]) / (places[1] - places[0]) == pytest.approx(25 / 24, rel=0.01)


def test_ticks_are_round_numbers_and_round_on_the_clock_of_the_zone(operator: Operator) -> None:
    operator.open("queues")
    times, values = operator.page.evaluate(TICKS)
    assert times == [
        "23 Nov 03:00 06:00 09:00 12:00 15:00 18:00 21:00",
        "3 Nov 4 Nov 5 Nov 6 Nov",  # on 4 November 2018 the day began at one o'clock
        "Jan 2026 Apr Jul Oct",
        "7 Jan",
    ]
    assert values == [
        [0, 1],
        [0, 1, 2, 3],
        [0, 25, 50, 75, 100],
        [-50, 0, 50, 100],
        [0, 1800, 3600, 5400],
        [0, 172800, 345600, 518400],
        [0, 0.1, 0.2, 0.3],
        [1, 2, 3, 4, 5],
        [0, 2.5e14, 5e14, 7.5e14, 1e15],
    ]


def test_a_point_leads_to_its_events_and_each_event_to_its_trace(operator: Operator, analytics: Analytics) -> None:
    event = {"type": "TicketSolved", "occurred_at": "2026-11-03T09:30:00.000Z", "aggregate_id": "tkt_1", "amount": 1}
    analytics.events = [
        event | {"event_id": "evt_1", "trace_id": TRACE},
        event | {"event_id": "evt_2", "trace_id": None},
    ]
    operator.open("business", **NOVEMBER, queue="billing", priority="high")
    page, keyboard = operator.page, operator.page.keyboard
    slider(operator, "Tickets").focus()
    for key in ("Home", "ArrowRight", "ArrowDown", "Enter"):
        keyboard.press(key)
    panel = page.get_by_role("complementary", name="Events behind Tickets: Solved")
    expect(panel).to_contain_text("Tue, 3 Nov 2026")
    expect(panel.get_by_role("listitem")).to_have_count(2)
    [asked] = analytics.asked_for_events
    assert urlsplit(asked).path.endswith("/metrics/tickets_solved/events")
    assert parse_qs(urlsplit(asked).query) == {
        "bucket": ["2026-11-02T23:00:00.000Z/2026-11-03T23:00:00.000Z"],
        "queue": ["billing"],
        "priority": ["high"],
        "limit": ["50"],
    }
    expect(panel.get_by_role("link", name="TicketSolved")).to_have_attribute("href", f"#/traces/{TRACE}")
    expect(panel.get_by_role("link")).to_have_count(1)
    keyboard.press("Escape")
    expect(panel).to_have_count(0)
    assert "metric=" not in page.url


def test_the_pointer_names_what_is_under_it(operator: Operator, analytics: Analytics) -> None:
    operator.open("business", **NOVEMBER, currency="CHF")
    ageing = chart(operator, "Ageing")
    bar = ageing.locator("rect.mark.age-3").nth(2)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box
    operator.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(ageing.locator(".tip")).to_contain_text("Wed, 4 Nov 2026")
    expect(ageing.locator(".tip .chosen")).to_contain_text(re.compile(r"61–90 days.*CHF \d,\d{3}\.\d\d"))
    operator.page.mouse.down()
    operator.page.mouse.up()
    panel = operator.page.get_by_role("complementary", name="Events behind Ageing: 61–90 days")
    expect(panel).to_contain_text("No event has changed it in this interval.")
    assert "currency=CHF" in analytics.asked_for_events[0]


def test_what_is_chosen_is_asked_and_stays_in_the_address(operator: Operator, analytics: Analytics) -> None:
    page = operator.page
    operator.open("business", **NOVEMBER)
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_label("Queue").select_option("general")
    page.get_by_role("button", name="Business hours").click()
    page.get_by_role("button", name="Week").click()
    zone = page.get_by_label("Time zone")
    zone.fill("Europe/Atlantis")
    zone.press("Enter")
    expect(zone).to_have_attribute("aria-invalid", "true")
    assert "Atlantis" not in page.url
    zone.fill("Asia/Kathmandu")
    zone.press("Enter")
    for part in ("currency=EUR", "queue=general", "clock=business", "interval=week", "zone=Asia%2FKathmandu"):
        page.wait_for_url(re.compile(part))
    page.reload()
    expect(page.get_by_role("slider").first).to_be_visible()
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    support, money = (
        next(q for q in reversed(analytics.questions) if name in q["metrics"]) for name in ("backlog", "credited")
    )
    assert (support["filters"], money["filters"]) == ({"queue": ["general"]}, {"currency": ["EUR"]})
    assert "resolution_business_time_p95" in support["metrics"]
    for question in (support, money):
        assert (question["from"], question["to"]) == ("2026-11-02", "2026-11-16")
        assert (question["interval"], question["time_zone"]) == ("week", "Asia/Kathmandu")
    sheet = page.get_by_role("link", name="Report (CSV) of support").get_attribute("href") or ""
    assert "interval=week" in sheet and "queue=general" in sheet and "format=csv" in sheet


def test_what_has_not_begun_is_not_drawn(operator: Operator, analytics: Analytics) -> None:
    analytics.value = lambda metric, at, interval: "1.00" if metric in ("invoiced", "outstanding") else None
    operator.open("business", days="1", currency="EUR")
    expect(slider(operator, "Outstanding")).to_be_visible()
    begun = int(slider(operator, "Outstanding").get_attribute("aria-valuemax") or 0) + 1
    assert chart(operator, "Outstanding").locator("circle").count() == begun
    expect(slider(operator, "Outstanding")).to_have_attribute("aria-valuetext", re.compile("until now"))


def test_live_charts_follow_and_still_ones_do_not(operator: Operator, analytics: Analytics) -> None:
    page = operator.page
    page.clock.install()
    told = {"tickets": 1}
    analytics.value = lambda metric, at, interval: told["tickets"] if metric == "backlog" else None
    operator.open("business", days="7")
    backlog = chart(operator, "Backlog")
    expect(backlog).to_contain_text("Unsolved 1 latest")
    told["tickets"] = 2
    page.clock.run_for(6000)
    expect(backlog).to_contain_text("Unsolved 2 latest")
    page.keyboard.press("l")
    page.wait_for_url(re.compile("live=no"))
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "false")
    expect(backlog).to_be_visible()
    asked = len(analytics.questions)
    page.clock.run_for(30_000)
    assert len(analytics.questions) == asked


def test_whoever_is_not_signed_in_is_asked_and_the_token_is_kept_nowhere(
    operator: Operator, analytics: Analytics
) -> None:
    page, sent = operator.page, []
    refusal = {"title": "Unauthorized", "status": 401, "code": "sign_in", "detail": "Who asks?", "advice": "Sign in."}
    operator.answered_by("**/api/analytics/query", 401, refusal)

    def signs_in(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or ""))
        page.unroute("**/api/analytics/query")
        Analytics().answer(page)
        route.fulfill(status=200, content_type="application/json", body='{"signed_in": true}')

    page.route("**/api/sign-in", signs_in)
    operator.open("business", **NOVEMBER)
    form = page.get_by_role("form", name="Sign in to analytics")
    form.get_by_label("Id token").fill("a.secret.token")
    form.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("slider").first).to_be_visible()
    assert sent == [{"token": "a.secret.token"}]
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, history.state])")
    assert "secret" not in kept + page.url + page.content()


def test_nothing_on_record_says_what_to_do(operator: Operator, analytics: Analytics) -> None:
    analytics.currencies = ()
    operator.open("business", **NOVEMBER)
    expect(operator.page.get_by_role("heading", name="Nothing has been invoiced yet")).to_be_visible()


def test_a_refresh_that_fails_leaves_the_charts_and_says_so(operator: Operator, analytics: Analytics) -> None:
    page = operator.page
    page.clock.install()
    operator.open("business", days="7")
    expect(page.get_by_role("slider").first).to_be_visible()
    page.unroute("**/api/analytics/query")
    page.route("**/api/analytics/query", lambda route: route.abort())
    page.clock.run_for(6000)
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    expect(page.get_by_role("slider").first).to_be_visible()


def test_a_ticket_is_found_from_its_number_to_its_trace(operator: Operator, unbillable: Unbillable) -> None:
    page = operator.page
    operator.open("business", days="1")
    tickets = slider(operator, "Tickets")
    expect(tickets).to_have_attribute("aria-valuetext", re.compile(r"Opened [1-9]"))
    tickets.focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Events behind Tickets: Opened")
    panel.get_by_role("link", name="TicketOpened").first.click()
    page.wait_for_url(re.compile("#/traces/1-"))
    expect(page.get_by_role("treeitem").first).to_be_visible()


TICKS = """async () => {
    const { localTimes, timeTicks } = await import("/assets/charts/time-axis.js");
    const { valueTicks } = await import("/assets/charts/value-axis.js");
    const labels = (zone, first, hours, count, width) => {
        const starts = Array.from({ length: count }, (_, index) => Date.parse(first) + index * hours * 3600e3);
        const times = localTimes([starts[0] - 1, ...starts], zone);
        return timeTicks(times, (index) => (index * width) / count).map(({ label }) => label).join(" ");
    };
    return [
        [
            labels("Asia/Kathmandu", "2026-11-22T18:15:00Z", 1, 24, 400),
            labels("America/Sao_Paulo", "2018-11-03T03:00:00Z", 24, 4, 400),
            labels("UTC", "2026-01-01T00:00:00Z", 24, 365, 400),
            labels("UTC", "2026-01-07T00:00:00Z", 24, 3, 30),
        ],
        [
            valueTicks(0, 0), valueTicks(0, 3, { unit: "whole" }), valueTicks(0, 87), valueTicks(-40, 90),
            valueTicks(0, 5000, { unit: "seconds" }), valueTicks(0, 400000, { unit: "seconds" }),
            valueTicks(0, 0.3, { unit: "seconds" }), valueTicks(2, 3, { fixed: [1, 5] }), valueTicks(0, 1e15),
        ],
    ];
}"""

"""What an operator does at three in the morning, from the red node to the map that is green again."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from local.demo.waiting import until
from tests.end_to_end.console.failing import INBOX, INBOX_NODE, Unbillable, solve_ticket
from tests.end_to_end.console.operators import Operator

DEAD_LETTERS = f"{INBOX}-dead-letters"
RETRIES = 100  # seconds: 2 + 4 + 8 + 16 + 32 of rest between the tries, and the tries
FORGOTTEN = 150  # seconds until the map of the last minute knows of no failure any more


def test_a_red_node_leads_to_the_failing_trace_its_logs_and_its_dead_letter_and_redriven_the_map_is_green_again(
    operator: Operator, unbillable: Unbillable
) -> None:
    trace_id = _from_the_red_node_to_the_failing_trace(operator)
    _the_trace_tells_the_cause(operator)
    _its_dead_letter_is_found(operator, trace_id)

    unbillable.heal()
    _redriven(operator)
    until("the ticket's time on an invoice", unbillable.is_billed)
    _the_map_is_green_again(operator, unbillable)


def _from_the_red_node_to_the_failing_trace(operator: Operator) -> str:
    operator.open("map", minutes="60")
    node = operator.node(INBOX_NODE)
    expect(node).to_have_attribute("data-state", "fault")
    operator.keep_picture("journey-1-map")
    node.click()
    panel = operator.page.get_by_role("complementary", name=INBOX)
    expect(panel.get_by_role("button", name="Faults")).to_have_attribute("aria-pressed", "true")
    trace = panel.get_by_role("link").filter(has_text="/solve").first
    expect(trace).to_be_visible()
    operator.keep_picture("journey-2-node")
    trace.click()
    operator.page.wait_for_url(re.compile("#/traces/1-"))
    return str(operator.page.url).rpartition("/")[2]


def _the_trace_tells_the_cause(operator: Operator) -> None:
    page = operator.page
    expect(page.get_by_role("heading", name="POST /tickets/{ticket_id}/solve")).to_be_visible()
    page.get_by_role("treeitem", name=re.compile(f"^{INBOX} .*fault")).first.click()
    details = page.get_by_role("region", name=f"Segment {INBOX}")
    expect(details).to_contain_text("no rate 'rare-")
    logs = page.get_by_role("region", name="Log lines")
    expect(logs.get_by_role("button", name=INBOX)).to_be_visible()
    failed = logs.locator("details.error").filter(has_text="message failed").first
    expect(failed).to_be_visible()
    failed.locator("summary").click()
    expect(failed).to_contain_text("no rate 'rare-")
    operator.keep_picture("journey-3-trace")


def _its_dead_letter_is_found(operator: Operator, trace_id: str) -> None:
    page = operator.page
    link = page.get_by_role("link", name="Dead letters of this trace")
    expect(link).to_be_visible()
    link.click()
    letter = page.get_by_role("navigation", name="Dead letters").get_by_role("link", name="TicketSolved")
    # The list is read anew by itself when the queue's depth has changed.
    expect(letter).to_be_visible(timeout=RETRIES * 1000)
    letter.click()
    article = page.get_by_role("article", name="Dead letter")
    expect(article).to_contain_text("no rate 'rare-")
    expect(article.get_by_role("link", name="The trace that it came from")).to_have_attribute(
        "href", f"#/traces/{trace_id}"
    )
    operator.keep_picture("journey-4-dead-letter")


def _redriven(operator: Operator) -> None:
    page = operator.page
    letters = page.get_by_role("navigation", name="Dead letters").get_by_role("link", name="TicketSolved")
    page.get_by_role("article").get_by_role("button", name="Redrive").click()
    dialog = page.get_by_role("dialog", name="Redrive 1 dead letter?")
    expect(dialog).to_contain_text(DEAD_LETTERS)
    operator.keep_picture("journey-5-confirm")
    dialog.get_by_role("button", name="Redrive 1 dead letter").click()
    expect(page.get_by_role("status").filter(has_text=f"1 dead letter sent back to {INBOX}.")).to_be_visible()
    expect(letters).to_have_count(0)


def _the_map_is_green_again(operator: Operator, healed: Unbillable) -> None:
    operator.open("map", minutes="1")
    green = operator.page.locator(f".node[data-node='{INBOX_NODE}'][data-state='ok']")

    def work_is_done() -> bool:
        solve_ticket(healed.services, healed.rate_code)
        operator.page.wait_for_timeout(2000)  # what an operator's eyes take
        return green.count() > 0

    until("the last minute's map without a fault", work_is_done, FORGOTTEN)
    operator.keep_picture("journey-6-green")

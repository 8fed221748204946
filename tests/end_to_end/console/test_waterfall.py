"""Traces: found by a filter, read as a waterfall, with the log lines beside."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.end_to_end.console.failing import INBOX, Unbillable
from tests.end_to_end.console.operators import Operator

SOLVE = 'annotation[route] = "POST /tickets/{ticket_id}/solve"'


@pytest.fixture
def solved(operator: Operator, unbillable: Unbillable) -> Operator:
    """In front of the trace of a ticket's solution."""
    operator.open("traces", minutes="60", filter=SOLVE)
    operator.page.get_by_role("list").get_by_role("link").last.click()
    expect(operator.page.get_by_role("treeitem").first).to_be_visible()
    return operator


def test_a_filter_is_completed_and_found_by(operator: Operator) -> None:
    page = operator.page
    operator.open("traces", minutes="60")
    box = page.get_by_role("combobox", name="Filter expression")
    box.click()
    expect(page.get_by_role("option", name="fault")).to_be_visible()
    box.press_sequentially('service("invoicing-in')
    page.get_by_role("option", name=INBOX).click()
    expect(box).to_have_value(f'service("{INBOX}")')
    box.press("Enter")
    expect(page.get_by_role("list").get_by_role("link").first).to_be_visible()
    assert "filter=service" in page.url


def test_annotations_that_traces_bear_are_proposed(operator: Operator) -> None:
    operator.open("traces", minutes="60")
    box = operator.page.get_by_role("combobox", name="Filter expression")
    box.click()
    box.press_sequentially("annotation[rou")
    operator.page.get_by_role("option", name="route").click()
    expect(box).to_have_value('annotation[route] = "')


def test_a_filter_that_x_ray_refuses_is_shown_with_the_place(operator: Operator) -> None:
    operator.open("traces", filter="fault AND nonsense = 1")
    alert = operator.page.get_by_role("alert")
    expect(alert).to_contain_text("Invalid FilterExpression")
    expect(alert.locator("mark")).to_have_text("n")
    expect(operator.page.get_by_role("combobox")).to_have_attribute("aria-invalid", "true")


def test_a_filter_that_nothing_matches_says_what_to_do(operator: Operator) -> None:
    operator.open("traces", filter='service("nobody")')
    expect(operator.page.get_by_role("heading", name="No trace matches")).to_be_visible()
    expect(operator.page.get_by_text("choose a longer range, or a wider filter")).to_be_visible()


def test_a_waterfall_leads_across_the_services_in_one_trace(solved: Operator) -> None:
    for name in ("customer-support-commands function", "customer-support-relay", f"{INBOX} function"):
        row = solved.page.get_by_role("treeitem", name=re.compile(f"^(local-)?{name}")).first
        expect(row).to_be_visible()
    handed = solved.page.get_by_role("treeitem").filter(has=solved.page.locator(".link-mark"))
    expect(handed.filter(has_text="customer-support-relay")).not_to_have_count(0)


def test_a_segment_tells_its_fields_and_narrows_the_log_to_its_function(solved: Operator) -> None:
    page = solved.page
    lines = page.get_by_role("region", name="Log lines").locator("details")
    expect(lines.filter(has_text="local-customer-support-commands")).not_to_have_count(0)
    page.get_by_role("treeitem", name=re.compile("^dynamodb TransactWriteItems local-customer-support")).first.click()
    details = page.get_by_role("region", name="Segment dynamodb")
    expect(details).to_contain_text("request_id")
    expect(lines.filter(has_text="local-customer-support-relay")).to_have_count(0)
    expect(lines.filter(has_text="local-customer-support-commands")).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(details).to_have_count(0)


def test_the_raw_documents_are_shown_as_x_ray_has_them(solved: Operator) -> None:
    solved.page.get_by_role("button", name="Raw").click()
    text = solved.page.get_by_role("region", name="Raw segment documents").locator("pre").inner_text()
    documents = json.loads(text)
    assert {"local-customer-support-commands", "local-customer-support-relay"} <= {one["name"] for one in documents}


def test_a_trace_that_does_not_exist_says_what_to_do(operator: Operator) -> None:
    operator.open("traces", "1-5759e988-bd862e3fe1be46a994272793")
    alert = operator.page.get_by_role("alert")
    expect(alert).to_contain_text("There is no trace 1-5759e988-bd862e3fe1be46a994272793.")
    expect(alert).to_contain_text("look again")

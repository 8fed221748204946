"""The service map: it stands still while it lives, and says what X-Ray says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from local.demo.apis import Apis
from tests.end_to_end.console.operators import Operator

COMMANDS = "AWS::Lambda::Function|local-customer-support-commands"
RELAY = "AWS::Lambda::Function|local-customer-support-relay"
STAGE = "AWS::ApiGateway::Stage|local-customer-support/local"
PLACES = "nodes => nodes.map(node => [node.dataset.node, node.style.left, node.style.top])"
OVERLAPS = """nodes => {
    const boxes = nodes.flatMap(node => [...node.querySelectorAll('.glyph, .caption > *')].map(part => {
        const { left, right, top, bottom } = part.getBoundingClientRect();
        return { node: node.dataset.node, left, right, top, bottom };
    }));
    const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    const after = (a, i) => boxes.slice(i + 1).filter(b => a.node !== b.node && meet(a, b));
    return boxes.flatMap((a, i) => after(a, i).map(b => [a.node, b.node]));
}"""


def test_the_layout_stands_still_while_numbers_change(operator: Operator, services: Apis) -> None:
    operator.open("map")
    expect(operator.node(COMMANDS)).to_be_visible()
    before, said = operator.page.locator(".node").evaluate_all(PLACES), operator.node(STAGE).get_attribute("aria-label")
    services.support.get("/tickets", limit=1)
    expect(operator.node(STAGE)).not_to_have_attribute("aria-label", said or "")
    after = operator.page.locator(".node").evaluate_all(PLACES)
    assert [place for place in after if place[0] in {node for node, *_ in before}] == before


def test_no_label_covers_another_node(operator: Operator) -> None:
    operator.open("map", minutes="60")
    expect(operator.node(RELAY)).to_be_visible()
    assert operator.page.locator(".node").evaluate_all(OVERLAPS) == []


def test_a_function_is_one_node_unless_one_wants_x_rays_own(operator: Operator) -> None:
    operator.open("map", minutes="60")
    expect(operator.node(RELAY)).to_be_visible()
    service = operator.page.locator(".node[data-node='AWS::Lambda|local-customer-support-relay']")
    expect(service).to_have_count(0)
    operator.page.get_by_label("X-Ray’s own nodes").check()
    expect(service).to_be_visible()
    expect(operator.node(RELAY)).to_be_visible()


def test_what_is_selected_is_in_the_address_and_the_back_button_leads_back(operator: Operator) -> None:
    operator.open("map", minutes="60", node=COMMANDS)
    panel = operator.page.get_by_role("complementary", name="local-customer-support-commands")
    expect(panel).to_contain_text("function in Customer support")
    panel.get_by_role("button", name="→ table").click()
    edge = operator.page.get_by_role("complementary", name="Edge")
    expect(edge).to_contain_text("as the caller sees it")
    assert "edge=" in operator.page.url
    operator.page.go_back()
    expect(panel).to_be_visible()


def test_a_nodes_panel_has_its_histogram_its_course_and_its_traces(operator: Operator) -> None:
    operator.open("map", minutes="60", node=COMMANDS)
    panel = operator.page.get_by_role("complementary", name="local-customer-support-commands")
    expect(panel.get_by_role("img", name="Response times")).to_be_visible()
    expect(panel.get_by_role("img", name="Failing over time")).to_be_visible()
    lines = panel.locator(".percentile")
    expect(lines).to_have_count(2)
    panel.get_by_role("button", name="p99").click()
    expect(lines).to_have_count(3)
    panel.get_by_role("button", name="All").click()
    expect(panel.get_by_role("link", name="/solve").first).to_be_visible()


def test_the_search_leaves_what_is_found_and_enter_opens_it(operator: Operator) -> None:
    operator.open("map", minutes="60")
    expect(operator.node(RELAY)).to_be_visible()
    operator.page.keyboard.press("/")
    operator.page.keyboard.type("support relay")
    expect(operator.page.get_by_text("1 found; Enter opens the first.")).to_be_visible()
    operator.page.keyboard.press("Enter")
    expect(operator.page.get_by_role("complementary", name="local-customer-support-relay")).to_be_visible()


def test_any_range_can_be_asked_for(operator: Operator) -> None:
    page = operator.page
    operator.open("map")
    page.get_by_role("button", name="From … to …").click()
    page.get_by_label("From", exact=True).fill("2026-01-01T10:00:00")
    page.get_by_label("To", exact=True).fill("2026-01-01T09:00:00")
    expect(page.get_by_text("“From” must be before “to”.")).to_be_visible()
    page.get_by_label("To", exact=True).fill("2026-01-01T11:00:00")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="No requests in the")).to_be_visible()
    assert "from=2026-01-01T" in page.url


def test_live_says_when_it_hears_nothing_and_connects_again(sit_down: Callable[..., Operator]) -> None:
    operator = sit_down()
    page = operator.page
    page.add_init_script(_UNPLUGGABLE)
    operator.open("map", minutes="60")
    live = page.get_by_role("button", name="Live", exact=True)
    expect(live).to_be_visible()
    expect(operator.node(RELAY)).to_be_visible()
    page.route("**/api/live*", lambda route: route.abort())
    page.evaluate("unplug()")
    expect(page.get_by_role("button", name="Reconnecting …")).to_be_visible()
    expect(page.get_by_text("The numbers stand still")).to_be_visible()
    page.unroute("**/api/live*")
    expect(live).to_be_visible()
    expect(page.get_by_text("The numbers stand still")).to_have_count(0)


# Lets a test break the connection as a dying server would.
_UNPLUGGABLE: Any = """(() => {
    const Original = EventSource;
    const open = [];
    window.EventSource = class extends Original { constructor(url) { super(url); open.push(this); } };
    window.unplug = () => open.forEach(source => { source.close(); source.onerror(); });
})()"""

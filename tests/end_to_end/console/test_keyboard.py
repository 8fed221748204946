"""The console without a mouse."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.end_to_end.console.failing import INBOX, INBOX_NODE, Unbillable
from tests.end_to_end.console.operators import Operator

FOCUSED_NODE = "document.activeElement?.dataset.node"


def test_from_the_map_to_a_segment_of_a_failing_trace_and_back(operator: Operator, unbillable: Unbillable) -> None:
    page, keyboard = operator.page, operator.page.keyboard
    operator.open("map", minutes="60")
    expect(operator.node(INBOX_NODE)).to_have_attribute("data-state", "fault")
    _tab_to(operator, ".node")
    _walk_to(operator, INBOX_NODE)
    keyboard.press("Enter")
    panel = page.get_by_role("complementary", name=INBOX)
    expect(panel.get_by_role("link").filter(has_text="/solve").first).to_be_visible()
    _tab_to(operator, ".panel .trace-line")
    keyboard.press("Enter")

    page.wait_for_url(re.compile("#/traces/1-"))
    expect(page.get_by_role("treeitem").first).to_be_visible()
    _tab_to(operator, "[role=tree]")
    keyboard.press("End")
    keyboard.press("Home")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(page.locator(".segment-details")).to_be_visible()
    keyboard.press("Escape")
    expect(page.locator(".segment-details")).to_have_count(0)
    keyboard.press("Escape")
    expect(operator.node(INBOX_NODE)).to_be_visible()


def test_escape_closes_the_panel(operator: Operator) -> None:
    operator.open("map", minutes="60", node=INBOX_NODE)
    expect(operator.page.get_by_role("complementary")).to_be_visible()
    operator.page.keyboard.press("Escape")
    expect(operator.page.get_by_role("complementary")).to_have_count(0)
    assert "node=" not in operator.page.url


def test_branches_of_the_waterfall_fold(operator: Operator, unbillable: Unbillable) -> None:
    page, keyboard = operator.page, operator.page.keyboard
    operator.open("traces", minutes="60", filter='annotation[route] = "POST /tickets/{ticket_id}/solve"')
    page.get_by_role("list").get_by_role("link").first.press("Enter")
    rows = page.get_by_role("treeitem")
    expect(rows.nth(3)).to_be_visible()
    _tab_to(operator, "[role=tree]")
    keyboard.press("Home")  # it begins at the first fault
    keyboard.press("ArrowLeft")
    expect(rows.first).to_have_attribute("aria-expanded", "false")
    keyboard.press("ArrowRight")
    expect(rows.nth(3)).to_be_visible()


def test_single_keys_lead_to_the_pages_and_a_question_mark_tells_them(operator: Operator) -> None:
    page, keyboard = operator.page, operator.page.keyboard
    operator.open("map")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    keyboard.press("q")
    assert "#/map" in page.url
    keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    for key, path in (("q", "queues"), ("b", "business"), ("t", "traces"), ("m", "map")):
        keyboard.press(key)
        page.wait_for_url(re.compile(f"#/{path}"))


def test_keys_are_letters_again_in_a_text_box(operator: Operator) -> None:
    operator.open("traces")
    box = operator.page.get_by_role("combobox", name="Filter expression")
    expect(box).to_be_visible()
    operator.page.keyboard.press("/")
    expect(box).to_be_focused()
    operator.page.keyboard.type("qmt?")
    expect(box).to_have_value("qmt?")
    assert "#/traces" in operator.page.url


def test_whatever_has_the_focus_shows_it(operator: Operator) -> None:
    operator.open("map", minutes="60")
    expect(operator.node(INBOX_NODE)).to_be_visible()
    for _ in range(16):
        operator.page.keyboard.press("Tab")
        assert operator.page.evaluate(_IS_SHOWN), operator.page.evaluate("document.activeElement.outerHTML")


def _tab_to(operator: Operator, selector: str) -> None:
    """Press Tab until the focus is on something that the selector fits."""
    for _ in range(60):
        operator.page.keyboard.press("Tab")
        if operator.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def _walk_to(operator: Operator, node: str) -> None:
    """Go from the focused node to another by arrow keys, the shortest way that they know."""
    page, seen = operator.page, []
    waiting: list[tuple[str, ...]] = [()]
    start = page.evaluate(FOCUSED_NODE)
    while waiting:
        way = waiting.pop(0)
        page.locator(f".node[data-node='{start}']").focus()
        for key in way:
            page.keyboard.press(key)
        here = page.evaluate(FOCUSED_NODE)
        if here == node:
            return
        if here not in seen:
            seen.append(here)
            waiting += [(*way, key) for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft")]
    raise AssertionError(f"no arrow keys lead from {start} to {node}")


_IS_SHOWN = """(() => {
    const style = element => element && getComputedStyle(element);
    const outlined = found => found && found.outlineStyle !== 'none' && parseFloat(found.outlineWidth) >= 2;
    const focused = document.activeElement;
    return outlined(style(focused)) || outlined(style(focused.querySelector('.glyph')));
})()"""

"""How the console looks: in both colour schemes, readable, on a small screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.console.failing import INBOX, INBOX_NODE, Unbillable
from tests.end_to_end.console.figures import Analytics
from tests.end_to_end.console.operators import Operator

READABLE, VISIBLE = 4.5, 3.0  # WCAG 2.2, success criteria 1.4.3 and 1.4.11
TEXTS = {
    "text": ("canvas", "surface", "raised", "sunken", "hover", "chosen", "band"),
    "muted": ("canvas", "surface", "raised", "sunken", "hover", "chosen", "band"),
    "accent": ("canvas", "surface", "raised"),
    "on-accent": ("accent",),
    "ok-text": ("surface", "canvas", "ok-ground"),
    "error-text": ("surface", "canvas", "error-ground"),
    "throttle-text": ("surface", "canvas", "throttle-ground"),
    "fault-text": ("surface", "canvas", "fault-ground"),
}
MARKS = dict.fromkeys(("ok", "error", "throttle", "fault", "line-strong", "accent"), ("surface", "band"))
MARKS |= dict.fromkeys(
    ("series-one", "series-two", "series-three", *(f"age-{place}" for place in range(5))), ("surface",)
)
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


@SCHEMES
def test_every_page_is_shown_in_both_schemes_and_nothing_runs_over_the_side(
    sit_down: Callable[..., Operator], unbillable: Unbillable, scheme: str
) -> None:
    operator = sit_down(scheme)
    page = operator.page
    for name, go in _PAGES.items():
        go(operator)
        operator.keep_picture(f"{name}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than the screen"


@SCHEMES
def test_texts_and_marks_have_enough_contrast(sit_down: Callable[..., Operator], scheme: str) -> None:
    operator = sit_down(scheme)
    operator.open("queues")
    expect(operator.page.get_by_role("table")).to_be_visible()
    for pairs, least in ((TEXTS, READABLE), (MARKS, VISIBLE)):
        for front, grounds in pairs.items():
            for ground in grounds:
                found = _contrast(_colour(operator.page, front), _colour(operator.page, ground))
                assert found >= least, f"{front} on {ground} in {scheme}: {found:.2f}"


def test_the_scheme_can_be_chosen_and_is_remembered(sit_down: Callable[..., Operator]) -> None:
    operator = sit_down("light")
    page = operator.page
    operator.open("queues")
    page.get_by_role("button", name="Colours: system").click()
    page.get_by_role("button", name="Colours: light").click()
    ground = _colour(page, "canvas")
    assert max(ground) < 60
    page.reload()
    expect(page.get_by_role("button", name="Colours: dark")).to_be_visible()
    assert _colour(page, "canvas") == ground


def test_whoever_wants_less_motion_sees_none(sit_down: Callable[..., Operator]) -> None:
    operator = sit_down(reduced_motion="reduce")
    operator.open("map", minutes="60", node=INBOX_NODE)
    expect(operator.page.get_by_role("complementary", name=INBOX)).to_be_visible()
    assert operator.page.evaluate("document.getAnimations().length") == 0


def _map(operator: Operator) -> None:
    operator.open("map", minutes="60")
    expect(operator.node(INBOX_NODE)).to_be_visible()


def _node(operator: Operator) -> None:
    operator.open("map", minutes="60", node=INBOX_NODE)
    expect(operator.page.locator(".panel .trace-line").first).to_be_visible()
    expect(operator.page.get_by_role("img", name="Failing over time")).to_be_visible()


def _traces(operator: Operator) -> None:
    operator.open("traces", minutes="60")
    expect(operator.page.locator(".trace-line").first).to_be_visible()


def _trace(operator: Operator) -> None:
    operator.open("traces", minutes="60", filter=f'service("{INBOX}") {{fault}}')
    operator.page.locator(".trace-line").first.click()
    operator.page.locator(".row.fault").first.click()
    expect(operator.page.locator(".segment-details .exception")).to_be_visible()
    expect(operator.page.locator("details.error").first).to_be_visible()


def _queues(operator: Operator) -> None:
    operator.open("queues")
    expect(operator.page.get_by_role("table")).to_be_visible()


def _business(operator: Operator) -> None:
    Analytics(queues=("billing", "general")).answer(operator.page)
    operator.open("business", **{"from": "2026-10-26", "to": "2026-11-22", "zone": "Europe/Berlin"}, currency="EUR")
    expect(operator.page.get_by_role("slider")).to_have_count(10)
    operator.page.get_by_role("slider", name="First response").focus()
    for key in ("PageDown", "PageDown", "ArrowDown"):
        operator.page.keyboard.press(key)


_PAGES: dict[str, Callable[[Operator], None]] = {
    "map": _map,
    "node": _node,
    "traces": _traces,
    "trace": _trace,
    "queues": _queues,
    "business": _business,
}


def _colour(page: Page, name: str) -> tuple[int, int, int]:
    script = """name => {
        const probe = document.createElement('i');
        probe.style.color = `var(--${name})`;
        document.body.append(probe);
        const found = getComputedStyle(probe).color.match(/[0-9.]+/g).slice(0, 3).map(Number);
        probe.remove();
        return found;
    }"""
    red, green, blue = page.evaluate(script, name)
    return red, green, blue


def _contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Any) -> float:
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])

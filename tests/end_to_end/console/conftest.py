"""What the tests of the console in a browser share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from local.demo.apis import Apis
from tests.end_to_end.console.browser import launched
from tests.end_to_end.console.failing import Unbillable, solve_unbillable
from tests.end_to_end.console.operators import Operator
from tests.stage import Stage

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module only: while it lives, an event loop runs, and no other test could run one of its own."""
    with launched() as browser:
        yield browser


@pytest.fixture
def sit_down(browser: Browser, stage: Stage) -> Iterator[Callable[..., Operator]]:
    """Operators, each at a page of their own: `sit_down("dark")`. None of the pages may have complained of anything."""
    seated: list[Operator] = []

    def sit(scheme: str = "light", **options: Any) -> Operator:
        seated.append(Operator.at(browser, stage.endpoints["console"], scheme, **options))
        return seated[-1]

    yield sit
    for operator in seated:
        operator.page.close()
        assert operator.complaints == []


@pytest.fixture
def operator(sit_down: Callable[..., Operator]) -> Operator:
    return sit_down()


@pytest.fixture(scope="session", autouse=True)
def unbillable(stage: Stage, services: Apis) -> Unbillable:
    """Made first: it takes a minute of retries until its event is a dead letter, beside all other tests."""
    return solve_unbillable(services)

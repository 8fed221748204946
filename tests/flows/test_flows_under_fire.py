"""Each flow with its messages duplicated, delayed and reordered by chance: it ends where the calm one ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.flows.billing import Billing
from tests.flows.company import INVOICING, SUPPORT, Company
from tests.flows.disputes import IN_PART, LATE, SETTLED, UPHELD
from tests.flows.dunning import Dunning, Paused
from tests.flows.erasures import Erasure
from tests.flows.flow import Flow
from tests.flows.weather import Weather

FLOWS: dict[str, list[Flow]] = {
    "dispute": [UPHELD, IN_PART, LATE, SETTLED],
    "dunning": [Dunning(), Paused(is_settled=False), Paused(is_settled=True)],
    "billing": [Billing()],
    "erasure": [Erasure()],
}
"""Each flow in its variants, which share the seeds."""
SEEDS = range(100)
OF_THE_WAY = ("TicketReclassified",)
"""Told or not by the way that was taken: a ticket is opened as urgent, or becomes so."""


@dataclass
class Stage:
    """A flow that is prepared, to be played again and again from there."""

    flow: Flow
    company: Company

    def __post_init__(self) -> None:
        self.flow.prepare(self.company)
        self.company.settle_down()
        self._beginning = self.company.tables.snapshot()

    def begin(self, weather: Weather) -> None:
        """Everything as it was before the flow began."""
        self.company.tables.restore(self._beginning)
        self.company.post.weather, self.company.told = weather, []

    def play(self, weather: Weather) -> tuple[Any, Counter[str]]:
        """Where the flow ends in that weather, and how many messages of each type it has taken to get there."""
        self.begin(weather)
        self.company.settle_down(in_turn(self.flow.acts(self.company)))
        for context in self.company.contexts:
            self.company.strike(context)
        self.company.settle_down()
        told = Counter(one["type"] for one in self.company.told)
        for type in OF_THE_WAY:
            del told[type]
        return self.flow.state(self.company), told


@pytest.fixture
def stage_of() -> Iterator[Callable[[Flow], Stage]]:
    with ExitStack() as companies:
        yield lambda flow: Stage(flow, companies.enter_context(_company(flow).at_work()))


def _company(flow: Flow) -> Company:
    """The contexts that take part: those of most flows, or those that the flow names."""
    return Company(getattr(flow, "contexts", (SUPPORT, INVOICING)))


def in_turn(acts: Iterator[Callable[[], bool]]) -> Callable[[], bool]:
    """Try the next act; answer whether it was done."""
    left = list(acts)

    def act() -> bool:
        if left and left[0]():
            left.pop(0)
            return True
        return False

    return act


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_ends_in_the_same_state_whatever_befalls_its_messages(
    stage_of: Callable[[Flow], Stage], name: str
) -> None:
    variants = FLOWS[name]
    for number, flow in enumerate(variants):
        stage = stage_of(flow)
        calm = stage.play(Weather.calm())
        for seed in SEEDS[number :: len(variants)]:
            print(f"seed {seed}: {flow}")
            assert stage.play(Weather.wild(seed)) == calm, f"seed {seed}: {flow}"


def test_flows_end_as_people_expect(stage_of: Callable[[Flow], Stage]) -> None:
    ends = [stage_of(flow).play(Weather.calm())[0] for variants in FLOWS.values() for flow in variants]
    upheld, in_part, late, settled, dunning, paused, resumed, billing, erasure = ends
    assert upheld[0] == ["settled", "upheld", None, False]
    assert in_part[0] == ["settled", "credited", None, True]
    assert in_part[1] == ["open", False, "0.00", "35.70", "142.80", ["35.70"]]
    assert late[0] == ["settled", "credited", "no_answer", True]
    assert settled[0] == ["settled", "upheld", None, False]
    assert dunning[:2] == [[1, 2], ["paid", False, "119.00", "0.00", "0.00", []]]
    assert billing[:4] == ["Ada Brand", 1, [("0.75", "HUR", "72.00"), ("20", "MIN", "32.00")], [True, True]]
    ours = [("messages", 2), ("tickets", 1), ("time_entries", 1)]
    assert erasure[0] == [
        ("customer-support", "customer", 1),
        *(("customer-support", what, count) for what, count in ours),
        ("invoicing", "account", 1),
        ("invoicing", "drafts", 1),
    ]
    assert erasure[1] == [("invoicing", "invoices", 1, "§ 147 AO, § 14b UStG")]
    assert erasure[2:] == [["test-invoicing INVOICE"], None, "Bo Beside"]
    assert [ticket[6] for ticket in paused[-1]] == [["dispute"], ["disputed", "dunning", "step-1"]]
    assert [ticket[6] for ticket in resumed[-1]] == [["dispute"], ["dunning", "step-1"]]
    open_still = [ticket for end in ends[:-1] for ticket in end[-1] if ticket[1] != "solved"]
    assert open_still == [*paused[-1], resumed[-1][1]]


@pytest.mark.parametrize("lost", ["OpenDisputeTicket", "DisputeResolved"])
def test_a_dispute_whose_question_or_answer_is_lost_is_settled_after_its_time_out(
    stage_of: Callable[[Flow], Stage], lost: str
) -> None:
    stage = stage_of(UPHELD)
    company = stage.company
    stage.begin(Weather.calm())
    company.post.losses = [lost]
    act = in_turn(UPHELD.acts(company))
    company.settle_down(act)
    assert company.post.losses == []
    company.strike(INVOICING, days=15, work="escalate_disputes")
    company.settle_down(act)
    assert UPHELD.state(company)[0] == ["settled", "upheld", "no_answer", False]


@pytest.mark.parametrize("lost", ["EraseCustomer", "ErasureAnsweredByInvoicing", "ErasureAnsweredByAnalytics"])
def test_an_erasure_ends_although_a_question_or_an_answer_is_lost(stage_of: Callable[[Flow], Stage], lost: str) -> None:
    flow = Erasure()
    stage = stage_of(flow)
    calm, _ = stage.play(Weather.calm())
    stage.begin(Weather.calm())
    stage.company.post.losses = [lost] * 3
    act = in_turn(flow.acts(stage.company))
    for day in range(1, 5):
        stage.company.settle_down(act)
        stage.company.strike(SUPPORT, days=day)
    stage.company.settle_down(act)
    assert stage.company.post.losses == []
    assert flow.state(stage.company) == calm

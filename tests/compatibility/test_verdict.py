"""May a version be deployed? Whoever would break is named, with the field and the reason."""

from __future__ import annotations

from copy import deepcopy

import pytest

from compatibility.contracts import Schema
from compatibility.verdict import Verdict, verdict
from tests.compatibility.records import ORDER_PLACED, RELIANCE, changed, optional, shop, warehouse

LINE = ORDER_PLACED["properties"]["lines"]["items"]


def lines(**properties: Schema | None) -> Schema:
    return changed(ORDER_PLACED, lines={"type": "array", "items": changed(LINE, **properties)})


def told(answer: Verdict) -> list[str]:
    return [str(objection) for objection in answer.objections]


BREAKING = {
    "a field is gone": (changed(ORDER_PLACED, order_id=None), "data.order_id is gone"),
    "a field may be left out": (optional(ORDER_PLACED, "order_id"), "data.order_id may be left out"),
    "a field may be null": (
        changed(ORDER_PLACED, order_id={"type": ["string", "null"], "pattern": "^ord_[0-9]{4}$"}),
        "data.order_id may be null, and string is expected",
    ),
    "a type is another": (
        changed(ORDER_PLACED, order_id={"type": "integer"}),
        "data.order_id may be integer, and string is expected",
    ),
    "a type is wider": (
        changed(ORDER_PLACED, pieces={"type": "number", "minimum": 1, "maximum": 99}),
        "data.pieces may be number, and integer is expected",
    ),
    "an enumeration has a new value": (
        changed(ORDER_PLACED, channel={"type": "string", "enum": ["shop", "phone", "fair"]}),
        'data.channel may be "fair", and one of "shop", "phone" is expected',
    ),
    "an enumeration is a free text": (
        changed(ORDER_PLACED, channel={"type": "string"}),
        'data.channel may be anything, and one of "shop", "phone" is expected',
    ),
    "a pattern is looser": (
        changed(ORDER_PLACED, order_id={"type": "string", "pattern": "^ord_[0-9]{4,5}$"}),
        'data.order_id may be "ord_00000", and ^ord_[0-9]{4}$ is expected',
    ),
    "a pattern is gone": (
        changed(ORDER_PLACED, order_id={"type": "string"}),
        'data.order_id may be "", and ^ord_[0-9]{4}$ is expected',
    ),
    "a format is gone": (changed(ORDER_PLACED, placed_at={"type": "string"}), "data.placed_at may be no date-time"),
    "a limit is wider": (
        changed(ORDER_PLACED, pieces={"type": "integer", "minimum": 0, "maximum": 99}),
        "data.pieces may be 0, and at least 1 is expected",
    ),
    "a limit is gone": (
        changed(ORDER_PLACED, pieces={"type": "integer", "minimum": 1}),
        "data.pieces has no limit, and at most 1000 is expected",
    ),
    "a nested field is gone": (lines(price=None), "data.lines[].price is gone"),
    "a nested pattern is looser": (
        lines(price={"type": "string", "pattern": r"^-?\d+\.\d{2}$"}),
        r'data.lines[].price may be "-0.00", and ^\d+(\.\d+)?$ is expected',
    ),
    "an optional field that is read has gone": (changed(ORDER_PLACED, voucher=None), "data.voucher is gone"),
}
HARMLESS = {
    "a field is new": changed(ORDER_PLACED, gift={"type": "boolean"}),
    "a nested field is new": lines(weight={"type": "integer"}),
    "a field that nobody reads is gone": changed(ORDER_PLACED, note=None),
    "an optional field is always told": {**ORDER_PLACED, "required": [*ORDER_PLACED["required"], "voucher"]},
    "an enumeration has a value less": changed(ORDER_PLACED, channel={"type": "string", "enum": ["shop"]}),
    "a pattern is tighter": changed(ORDER_PLACED, order_id={"type": "string", "pattern": "^ord_1[0-9]{3}$"}),
    "a pattern is written in another way": changed(
        ORDER_PLACED, order_id={"type": "string", "pattern": r"^ord_\d{4}$"}
    ),
    "a limit is tighter": changed(ORDER_PLACED, pieces={"type": "integer", "minimum": 2, "maximum": 12}),
    "words are explained": {**ORDER_PLACED, "description": "Somebody has ordered.", "examples": [{}]},
}


@pytest.mark.parametrize("change", BREAKING)
def test_a_change_that_takes_away_what_a_consumer_relies_on_is_refused_by_name(change: str) -> None:
    schema, reason = BREAKING[change]
    answer = verdict(shop(schema), [shop(), warehouse()])
    assert told(answer) == [f"warehouse relies on OrderPlaced v1 of shop: {reason}"]
    assert not answer.is_yes


@pytest.mark.parametrize("change", HARMLESS)
def test_a_change_that_takes_nothing_away_is_allowed(change: str) -> None:
    answer = verdict(shop(HARMLESS[change]), [shop(), warehouse()])
    assert answer.is_yes, told(answer)


@pytest.mark.parametrize("change", BREAKING)
def test_a_consumer_that_relies_on_more_than_is_told_is_refused_in_its_own_name(change: str) -> None:
    told_today, reason = BREAKING[change]
    answer = verdict(warehouse(), [shop(told_today)])
    if change == "an optional field that is read has gone":
        assert answer.is_yes, "it can do without"
    else:
        assert told(answer) == [f"warehouse relies on OrderPlaced v1 of shop: {reason}"]


def test_all_that_breaks_is_told_at_once() -> None:
    worse = optional(changed(ORDER_PLACED, order_id=None, channel={"type": "integer"}), "placed_at")
    fields = [objection.field for objection in verdict(shop(worse), [shop(), warehouse()]).objections]
    assert fields == ["data.order_id", "data.placed_at", "data.channel"]


def test_what_cannot_be_compared_is_not_guessed() -> None:
    ahead = changed(ORDER_PLACED, order_id={"type": "string", "pattern": r"^(o)\1rd_[0-9]{4}$"})
    (objection,) = verdict(shop(ahead), [shop(), warehouse()]).objections
    assert objection.reason.startswith("cannot be compared")
    strange = changed(ORDER_PLACED, order_id={"type": "string", "contentEncoding": "base64"})
    (objection,) = verdict(shop(strange), [shop(), warehouse()]).objections
    assert objection.reason == "says contentEncoding, which cannot be compared"


class TestVersions:
    NEXT = changed(ORDER_PLACED, order_id={"type": "integer"})
    READS_NEXT = changed(RELIANCE, order_id={"type": "integer"})

    def test_a_new_version_waits_for_its_consumers(self) -> None:
        answer = verdict(shop(ORDER_PLACED, self.NEXT), [shop(), warehouse()])
        assert told(answer) == [
            "warehouse relies on OrderPlaced v2 of shop: schema_version may be 2, and it understands v1 only"
        ]

    def test_a_consumer_may_understand_it_before_anybody_tells_it(self) -> None:
        assert verdict(warehouse(RELIANCE, self.READS_NEXT), [shop(), warehouse()]).is_yes

    def test_then_it_may_be_told(self) -> None:
        assert verdict(shop(ORDER_PLACED, self.NEXT), [shop(), warehouse(RELIANCE, self.READS_NEXT)]).is_yes

    def test_a_consumer_keeps_the_old_one_while_it_may_be_on_its_way(self) -> None:
        forgetful = warehouse(RELIANCE, self.READS_NEXT)
        del forgetful.relied[min(forgetful.relied)]
        running = [shop(ORDER_PLACED, self.NEXT), warehouse(RELIANCE, self.READS_NEXT)]
        assert told(verdict(forgetful, running)) == [
            "warehouse relies on OrderPlaced v1 of shop: schema_version may be 1, and it understands v2 only"
        ]

    def test_and_drops_it_once_its_contract_is_gone(self) -> None:
        modern, forgetful = shop(ORDER_PLACED, self.NEXT), warehouse(RELIANCE, self.READS_NEXT)
        del modern.told[min(modern.told)]
        assert verdict(modern, [shop(ORDER_PLACED, self.NEXT), deepcopy(forgetful)]).is_yes
        del forgetful.relied[min(forgetful.relied)]
        assert verdict(forgetful, [modern, warehouse(RELIANCE, self.READS_NEXT)]).is_yes

    def test_a_message_that_somebody_waits_for_is_not_dropped(self) -> None:
        silent = shop()
        silent.told.clear()
        assert told(verdict(silent, [shop(), warehouse()])) == [
            "warehouse relies on OrderPlaced of shop: the message is told no longer"
        ]


class TestStages:
    def test_the_first_service_of_a_stage_is_welcome(self) -> None:
        assert verdict(shop(), []).is_yes

    def test_a_consumer_may_come_before_its_producer(self) -> None:
        assert verdict(warehouse(), []).is_yes

    def test_what_does_not_fit_already_is_told_but_keeps_nobody_from_deploying(self) -> None:
        broken = optional(ORDER_PLACED, "order_id")
        answer = verdict(shop(broken), [shop(broken), warehouse()])
        assert answer.is_yes
        assert [objection.field for objection in answer.known] == ["data.order_id"]

    def test_the_repair_of_what_does_not_fit_is_welcome(self) -> None:
        answer = verdict(shop(), [shop(optional(ORDER_PLACED, "order_id")), warehouse()])
        assert (answer.objections, answer.known) == ([], [])

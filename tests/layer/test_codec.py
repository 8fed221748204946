"""Domain objects as plain data and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from backoffice.codec import plain, read, stored
from backoffice.domain import Aggregate


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Part:
    colour: Colour
    price: Decimal
    made_on: date


@dataclass(kw_only=True)
class Whole(Aggregate):
    parts: tuple[Part, ...]
    built_at: datetime
    takes: timedelta
    favourite: Part | None = None
    names: list[str] = field(default_factory=list)
    targets: dict[Colour, timedelta] = field(default_factory=dict)
    loose: dict[str, Any] = field(default_factory=dict)
    count: int = 0


PART = Part(Colour.RED, Decimal("12.50"), date(2028, 2, 29))
WHOLE = Whole(
    id="who_1",
    parts=(PART, PART),
    built_at=datetime(2026, 11, 23, 17, 0, tzinfo=UTC),
    takes=timedelta(hours=1),
    favourite=PART,
    names=["a", "b"],
    targets={Colour.BLUE: timedelta(minutes=5)},
    loose={"from": None, "to": ["x"]},
)


def test_what_was_written_is_read_again():
    assert read(Whole, plain(WHOLE)) == WHOLE


def test_what_is_written_is_json():
    assert plain(WHOLE)["parts"][0] == {"colour": "red", "price": "12.50", "made_on": "2028-02-29"}
    assert (plain(WHOLE)["takes"], plain(WHOLE)["targets"]) == (3600, {"blue": 300})


def test_facts_are_no_part_of_what_is_kept():
    whole = read(Whole, plain(WHOLE))
    whole.record("SomethingHappened", {}, WHOLE.built_at)
    assert "facts" not in plain(whole)


def test_an_aggregate_is_stored_under_its_key_at_the_version_that_it_is_going_to_have():
    assert stored(WHOLE, ("WHOLE#1", "WHOLE")) == {
        **plain(WHOLE),
        "pk": "WHOLE#1",
        "sk": "WHOLE",
        "version": WHOLE.version + 1,
    }


def test_numbers_come_back_from_the_table_as_what_they_were():
    found = read(Whole, {**plain(WHOLE), "count": Decimal(7), "takes": Decimal(60)})
    assert (found.count, type(found.count), found.takes) == (7, int, timedelta(minutes=1))


def test_members_that_nobody_knows_are_left_aside_and_missing_ones_have_their_defaults():
    data = {name: value for name, value in plain(WHOLE).items() if name not in ("names", "favourite")}
    found = read(Whole, {**data, "pk": "WHOLE#1"})
    assert (found.names, found.favourite) == ([], None)


@pytest.mark.parametrize("value", ["asap", "RED"])
def test_a_value_that_is_none_of_its_kind_is_refused(value: str):
    with pytest.raises(ValueError, match=value):
        read(Part, {**plain(PART), "colour": value})

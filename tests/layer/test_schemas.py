"""Schemas: what each kind of field takes, refuses and writes; nothing ever becomes a float."""

import json
import zoneinfo
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError, fields

from backoffice.clock import now, parse_time, rfc3339
from backoffice.domain import FieldError
from backoffice.ids import is_id, new_id
from backoffice.schemas import (
    Changes,
    Day,
    DecimalString,
    Id,
    Locale,
    Strict,
    Text,
    Tolerant,
    Utc,
    Whole,
    Zone,
    field_errors,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def refused(field, value):
    with pytest.raises(ValidationError):
        field.deserialize(value)


def floats_in(value):
    if isinstance(value, dict):
        return any(map(floats_in, value.values()))
    if isinstance(value, list):
        return any(map(floats_in, value))
    return isinstance(value, float)


@pytest.mark.parametrize(
    "field",
    [Text(20), Id("tkt"), Utc(), Day(), Whole(), DecimalString(), Zone(), Locale()],
    ids=lambda field: type(field).__name__,
)
@settings(max_examples=40)
@given(value=ANYTHING)
def test_whatever_is_sent_is_refused_by_name_or_becomes_a_value_that_is_no_float(field, value):
    try:
        loaded = field.deserialize(value)
    except ValidationError:
        return
    assert not isinstance(loaded, float)
    assert not floats_in(json.loads(json.dumps(field.serialize("it", {"it": loaded}))))


class TestText:
    @pytest.mark.parametrize(
        ("value", "kept"), [("a", "a"), ("  a b ", "a b"), ("a\n\tb", "a\n\tb"), ("Grüße 漢字 👋", None)]
    )
    def test_visible_text_is_kept_without_the_space_around_it(self, value, kept):
        assert Text(20).deserialize(value) == (kept or value)

    @pytest.mark.parametrize("value", ["", " ", "\n", "x" * 6, None, 5, ["a"], {"a": 1}, True])
    def test_nothing_too_much_or_no_text_is_refused(self, value):
        refused(Text(5, required=True), value)

    @pytest.mark.parametrize(
        "code", [0, 1, 8, 0x0B, 0x0C, 0x0E, 0x1B, 0x1F, 0x7F, 0x80, 0x85, 0x9B, 0x9F, 0xD800, 0xDFFF]
    )
    def test_control_characters_and_lone_surrogates_are_refused(self, code):
        refused(Text(5), f"a{chr(code)}b")

    def test_space_around_it_does_not_count(self):
        assert Text(5).deserialize(" " * 100 + "abcde") == "abcde"

    def test_it_may_be_empty_where_that_is_allowed(self):
        assert Text(5, shortest=0).deserialize("  ") == ""


class TestId:
    def test_a_new_id_is_one_of_its_kind_and_of_no_other(self):
        made = new_id("tkt")
        assert Id("tkt").deserialize(made) == made
        assert not is_id("cus", made)
        refused(Id("cus"), made)

    def test_ids_sort_by_time_and_differ(self):
        ids = [new_id("tkt") for _ in range(500)]
        assert len(set(ids)) == 500
        assert [made[4:14] for made in ids] == sorted(made[4:14] for made in ids)

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "tkt",
            "tkt_",
            "tkt_" + "0" * 25,
            "tkt_" + "0" * 27,
            "tkt_8" + "0" * 25,
            "tkt_" + "I" * 26,
            "tkt_" + "a" * 26,
            "tkt_" + "٠" * 26,
            "tkt_" + "0" * 26 + "\n",
            " tkt_" + "0" * 26,
            "TKT_" + "0" * 26,
            "tkt-" + "0" * 26,
            None,
            5,
            b"tkt_" + b"0" * 26,
            ["tkt_" + "0" * 26],
        ],
    )
    def test_what_is_no_id_is_refused(self, value):
        assert not is_id("tkt", value)
        refused(Id("tkt", required=True), value)


class TestUtc:
    @pytest.mark.parametrize(
        ("text", "time"),
        [
            ("2026-11-23T17:00:00Z", datetime(2026, 11, 23, 17, tzinfo=UTC)),
            ("2026-11-23t17:00:00z", datetime(2026, 11, 23, 17, tzinfo=UTC)),
            ("2026-11-23 17:00:00Z", datetime(2026, 11, 23, 17, tzinfo=UTC)),
            ("2026-11-23T17:00:00+00:00", datetime(2026, 11, 23, 17, tzinfo=UTC)),
            ("2026-11-23T17:00:00-00:00", datetime(2026, 11, 23, 17, tzinfo=UTC)),
            ("2026-11-23T22:30:00+05:30", datetime(2026, 11, 23, 17, tzinfo=UTC)),
            ("2026-11-23T00:00:00+14:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
            ("2026-11-23T17:00:00.5Z", datetime(2026, 11, 23, 17, 0, 0, 500_000, tzinfo=UTC)),
            ("2026-11-23T17:00:00.123999Z", datetime(2026, 11, 23, 17, 0, 0, 123_000, tzinfo=UTC)),
            ("2026-11-23T17:00:00.123456789Z", datetime(2026, 11, 23, 17, 0, 0, 123_000, tzinfo=UTC)),
            ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ],
    )
    def test_rfc_3339_of_any_offset_is_read_into_utc_milliseconds(self, text, time):
        assert Utc().deserialize(text) == time
        assert Utc().deserialize(text).tzinfo is UTC

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "2026-11-23",
            "2026-11-23T17:00:00",
            "2026-11-23T17:00Z",
            "2026-11-23T17Z",
            "20261123T170000Z",
            "2026-W48-1T00:00:00Z",
            "2026-327T00:00:00Z",
            "2026-11-23x17:00:00Z",
            "2026-11-23T17:00:00,5Z",
            "2026-11-23T17:00:00.Z",
            "2026-11-23T17:00:00+0100",
            "2026-11-23T17:00:00+01",
            "2026-11-23T17:00:00+01:00:30",
            "2026-11-23T17:00:00+24:00",
            "2026-11-23T24:00:00Z",
            "2026-11-23T17:00:60Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "２０２６-11-23T17:00:00Z",
            "2026-11-23T17:00:00Z\n",
            " 2026-11-23T17:00:00Z",
            "1700000000",
            1700000000,
            None,
            ["2026-11-23T17:00:00Z"],
        ],
    )
    def test_what_is_no_rfc_3339_time_with_offset_is_refused(self, text):
        refused(Utc(required=True), text)

    @given(
        st.datetimes(timezones=st.integers(-839, 839).map(lambda minutes: timezone(timedelta(minutes=minutes)))).filter(
            lambda time: 2 < time.year < 9998
        )
    )
    def test_what_is_written_is_read_to_the_millisecond(self, time):
        written = rfc3339(time)
        assert written.endswith("Z")
        assert len(written) == 24
        assert timedelta(0) <= time - parse_time(written) < timedelta(milliseconds=1)

    def test_now_is_what_is_read_back_from_its_text(self):
        time = now()
        assert parse_time(rfc3339(time)) == time


class TestDay:
    def test_a_date_is_read_and_written(self):
        assert Day().deserialize("2024-02-29") == date(2024, 2, 29)
        assert Day().serialize("day", {"day": date(2024, 2, 29)}) == "2024-02-29"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "2026-2-1",
            "20260201",
            "2026-W05-7",
            "2026-02-30",
            "2026-11-23T00:00:00Z",
            "２０２６-11-23",
            "2026-11-23\n",
            1,
            None,
        ],
    )
    def test_what_is_no_date_is_refused(self, text):
        refused(Day(required=True), text)


class TestWhole:
    def test_integers_within_bounds_are_taken(self):
        field = Whole(least=1, most=3)
        assert [field.deserialize(n) for n in (1, 2, 3)] == [1, 2, 3]

    @pytest.mark.parametrize("value", [0, 4, -1, "2", 2.0, Decimal(2), True, None, [2], 10**400])
    def test_anything_else_is_refused(self, value):
        refused(Whole(least=1, most=3, required=True), value)

    def test_without_bounds_it_is_what_json_carries_exactly(self):
        assert Whole().deserialize(2**53 - 1) == 2**53 - 1
        refused(Whole(), 2**53)
        refused(Whole(), -1)


class TestDecimalString:
    @pytest.mark.parametrize(
        "text", ["0", "1", "1.50", "-1.5", "0.0000000001", "999999999999", "-999999999999", "0.10"]
    )
    def test_it_is_read_exactly_and_written_as_it_was(self, text):
        number = DecimalString().deserialize(text)
        assert number == Decimal(text)
        assert DecimalString().serialize("n", {"n": number}) == text

    @given(st.decimals(min_value=-(10**11), max_value=10**11, places=4))
    def test_any_number_of_the_range_comes_back(self, number):
        field = DecimalString()
        assert field.deserialize(field.serialize("n", {"n": number})) == number

    @pytest.mark.parametrize("text", ["-0", "-0.00"])
    def test_there_is_no_negative_zero(self, text):
        number = DecimalString(least="0").deserialize(text)
        assert not number.is_signed()

    @pytest.mark.parametrize(
        "value",
        [
            "",
            " 1",
            "1 ",
            "1\n",
            "+1",
            "01",
            "1.",
            ".5",
            "1,5",
            "1e3",
            "1E400",
            "NaN",
            "sNaN",
            "Infinity",
            "-Infinity",
            "0x1",
            "1_000",
            "١",
            "--1",
            "1000000000000",
            "-1000000000000",
            "0.00000000001",
            "1." + "0" * 60,
            "9" * 5000,
            1,
            1.5,
            Decimal("1.5"),
            True,
            None,
            ["1"],
        ],
        ids=lambda value: repr(value)[:20],
    )
    def test_what_is_no_plain_decimal_string_in_range_is_refused(self, value):
        refused(DecimalString(required=True), value)

    def test_bounds_are_inclusive_and_places_counted_as_written(self):
        field = DecimalString(least="0", most="10", places=2)
        assert field.deserialize("0") == 0
        assert field.deserialize("10.00") == 10
        for text in ("-0.01", "10.01", "1.000"):
            refused(field, text)

    def test_small_and_large_numbers_are_written_without_exponent(self):
        assert DecimalString().serialize("n", {"n": Decimal("1E+3")}) == "1000"
        assert DecimalString().serialize("n", {"n": Decimal("1E-9")}) == "0.000000001"


class TestZoneAndLocale:
    @pytest.mark.parametrize(
        "name", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "UTC", "Etc/GMT+12"]
    )
    def test_an_iana_zone_is_taken_and_can_be_used(self, name):
        assert zoneinfo.ZoneInfo(Zone().deserialize(name))

    @pytest.mark.parametrize(
        "name",
        ["", "Berlin", "europe/berlin", "Europe/Berlin ", "+01:00", "../../etc/passwd", "Europe", "Mars/Base", 1, None],
    )
    def test_what_is_no_iana_zone_is_refused(self, name):
        refused(Zone(required=True), name)

    def test_every_zone_that_is_taken_can_be_used(self):
        known = zoneinfo.available_timezones()
        for name in ("Europe/Kyiv", "America/Nuuk", "Asia/Calcutta"):
            assert Zone().deserialize(name) in known

    @pytest.mark.parametrize("tag", ["de", "de-DE", "zh-Hant-TW", "en-GB", "sr-Latn-RS", "es-419"])
    def test_a_language_tag_is_taken(self, tag):
        assert Locale().deserialize(tag) == tag

    @pytest.mark.parametrize(
        "tag", ["", "d", "de_DE", "de-", "-de", "de-DE\n", "d3", "german", "de-" + "a" * 9, "de" + "-abc" * 20, 1]
    )
    def test_what_is_no_language_tag_is_refused(self, tag):
        refused(Locale(required=True), tag)


class TestSchemas:
    def test_what_clients_send_may_hold_no_unknown_field(self):
        with pytest.raises(ValidationError) as raised:
            Strict().load({"a": 1, "b": 2})
        assert raised.value.messages.keys() == {"a", "b"}

    def test_what_other_contexts_send_may(self):
        assert Tolerant().load({"a": 1}) == {}

    def test_a_change_names_at_least_one_field(self):
        class Renaming(Changes):
            name = fields.String()

        assert Renaming().load({"name": "b"}) == {"name": "b"}
        with pytest.raises(ValidationError, match="at least one field"):
            Renaming().load({})

    def test_nested_schemas_are_as_strict(self):
        class Line(Strict):
            quantity = DecimalString(required=True)

        class Invoice(Strict):
            lines = fields.List(fields.Nested(Line), required=True)

        with pytest.raises(ValidationError) as raised:
            Invoice().load({"lines": [{"quantity": "1"}, {"quantity": 1, "other": 2}, 5]})
        assert {error.field for error in field_errors(raised.value.messages)} == {
            "lines.1.quantity",
            "lines.1.other",
            "lines.2",
        }

    @pytest.mark.parametrize(
        ("messages", "errors"),
        [
            ({"name": ["Missing."]}, [("name", "Missing.")]),
            ({"name": ["a", "b"]}, [("name", "a"), ("name", "b")]),
            ({"_schema": ["Invalid input type."]}, [("body", "Invalid input type.")]),
            ({"price": {"_schema": ["No."]}}, [("price", "No.")]),
            ({"lines": {0: {"quantity": ["No."]}}}, [("lines.0.quantity", "No.")]),
            ({"map": {"k": {"value": ["No."]}}}, [("map.k.value", "No.")]),
            (["No."], [("body", "No.")]),
            ("No.", [("body", "No.")]),
        ],
    )
    def test_messages_become_a_flat_list_of_named_fields(self, messages, errors):
        assert field_errors(messages) == [FieldError(*error) for error in errors]

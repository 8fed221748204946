"""The envelope, and the outbox that fills it."""

import json
from datetime import UTC, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_support import parts
from marshmallow import ValidationError
from message_support import AT, aggregate, emit, event, waiting

from backoffice import tracing
from backoffice.clock import rfc3339
from backoffice.ids import is_id
from backoffice.messages import outbox
from backoffice.messages.envelope import Event, Origin, current_origin, originating
from backoffice.messages.inbox import Inbox
from backoffice.schemas import Tolerant, Whole


class TestEnvelope:
    times = st.datetimes(timezones=st.just(UTC)).map(
        lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
    )
    data = st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=10),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=6,
        ),
        max_size=4,
    )

    @settings(max_examples=50)
    @given(
        st.builds(event, st.text(), data, occurred_at=times, recorded_at=times, aggregate_version=st.integers(0, 99))
    )
    def test_what_is_written_is_read(self, written):
        assert Event.from_json(written.to_json()) == written

    def test_it_is_flat_json_with_utc_times(self):
        document = json.loads(event(data={"city": "Zürich"}).to_json())
        assert document["occurred_at"] == "2026-11-23T17:00:00.123Z"
        assert document["data"] == {"city": "Zürich"}
        assert document.keys() == {
            "event_id",
            "type",
            "schema_version",
            "occurred_at",
            "recorded_at",
            "aggregate_id",
            "aggregate_version",
            "correlation_id",
            "causation_id",
            "data",
        }

    def test_a_member_that_we_do_not_know_yet_is_ignored(self):
        written = event()
        assert Event.from_json(json.dumps(json.loads(written.to_json()) | {"tenant": "t"})) == written

    @pytest.mark.parametrize("text", ["", "{", "nonsense", "[" * 100_000, "9" * 5000])
    def test_what_is_no_json_is_invalid(self, text):
        with pytest.raises(ValidationError):
            Event.from_json(text)

    @pytest.mark.parametrize("document", ["[]", "null", '"text"', "1", "{}"])
    def test_json_that_is_no_envelope_is_invalid(self, document):
        with pytest.raises(ValidationError):
            Event.from_json(document)

    @pytest.mark.parametrize(
        "change",
        [
            {"event_id": "tkt_01JD8X6W9Q4T0M3V5K7R2N1P0C"},
            {"event_id": None},
            {"occurred_at": "2026-11-23T17:00:00"},
            {"aggregate_version": -1},
            {"aggregate_version": 1.5},
            {"schema_version": 0},
            {"type": 5},
            {"data": []},
        ],
    )
    def test_an_envelope_with_a_wrong_member_names_it(self, change):
        document = json.loads(event().to_json()) | change
        with pytest.raises(ValidationError) as raised:
            Event.from_json(json.dumps(document))
        assert raised.value.messages.keys() == change.keys()


class TestOutbox:
    def test_each_fact_is_an_item_with_its_event_and_the_requests_trace(self, table, invoked):
        header = invoked()
        made = aggregate("TicketOpened", "TicketAssigned", version=3)
        with originating(Origin("cor-1", "req-1")):
            emit(table, made)
        items = sorted(waiting(table), key=lambda item: json.loads(item["event"])["data"]["number"])
        assert [item["type"] for item in items] == ["TicketOpened", "TicketAssigned"]
        for item in items:
            told = Event.from_json(item["event"])
            assert item["sk"] == told.event_id
            assert is_id("evt", told.event_id)
            assert (told.aggregate_id, told.aggregate_version) == (made.id, 4)
            assert (told.correlation_id, told.causation_id) == ("cor-1", "req-1")
            assert told.occurred_at == AT
            assert told.recorded_at > AT - timedelta(days=1)
            assert parts(item["xray"])["Root"] == parts(header)["Root"]

    def test_an_event_names_the_span_that_caused_it(self, table, invoked, daemon):
        invoked()
        with tracing.span("request"):
            emit(table, aggregate("TicketOpened"))
        spans = {document["name"]: document for document in daemon.documents()}
        assert parts(waiting(table)[0]["xray"])["Parent"] == spans["request"]["id"]

    def test_outside_any_trace_an_event_has_none(self, table):
        emit(table, aggregate("TicketOpened"))
        assert "xray" not in waiting(table)[0]

    def test_events_spread_over_the_shards(self):
        items = [item for _ in range(40) for item in outbox.items(aggregate("A", "B", "C", "D", "E"))]
        assert {item["pk"] for item in items} == {f"OUTBOX#{shard}" for shard in range(4)}

    def test_what_a_consumer_emits_inherits_correlation_and_names_its_cause(self, table):
        cause = event(correlation_id="cor-7")
        inbox = Inbox()

        @inbox.on("TicketSolved", schema=Anything)
        def consume(received, data):
            emit(table, aggregate("InvoiceDrafted"))

        inbox.take(cause.to_json())
        told = Event.from_json(waiting(table)[0]["event"])
        assert (told.correlation_id, told.causation_id) == ("cor-7", cause.event_id)

    def test_work_that_nobody_asked_for_begins_a_correlation_of_its_own(self):
        first, second = current_origin(), current_origin()
        assert is_id("cor", first.correlation_id)
        assert first.causation_id == first.correlation_id
        assert first.correlation_id != second.correlation_id

    def test_an_origin_ends_with_its_block_even_by_an_error(self):
        with pytest.raises(ValueError), originating(Origin("cor-1", "req-1")):
            assert current_origin() == Origin("cor-1", "req-1")
            raise ValueError
        assert current_origin() != Origin("cor-1", "req-1")


class Anything(Tolerant):
    minutes = Whole()


def test_times_of_an_envelope_sort_as_text():
    times = [AT + timedelta(milliseconds=7 * n) for n in range(200)]
    assert sorted(map(rfc3339, times)) == [rfc3339(time) for time in times]

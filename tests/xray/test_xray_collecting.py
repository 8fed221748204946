"""What arrives at the daemon's socket and through PutTraceSegments is stored, or counted as what it is."""

import json
import time
from typing import Any

import pytest

from tests.xray.support import HEADER, Fields, Xray, new_id, new_trace_id, segment, subsegment

NOW = time.time()


def test_a_segment_sent_to_the_daemon_is_read_back_field_by_field(xray: Xray) -> None:
    sent = segment(new_trace_id(NOW), NOW, annotations={"queue": "billing"}, metadata={"default": {"ü": [1, None]}})
    xray.send_and_wait(sent)
    assert xray.trace(sent["trace_id"]) == [sent]


def test_the_compact_header_of_the_python_sdk_is_understood(xray: Xray) -> None:
    sent = segment(new_trace_id(NOW), NOW)
    stored = xray.health()["stored"]
    xray.send_raw(b'{"format":"json","version":1}\n' + json.dumps(sent, indent=1).encode())
    xray.wait_for("stored", stored + 1)
    assert xray.trace(sent["trace_id"]) == [sent]


def _valid(**fields: Any) -> bytes:
    return HEADER + json.dumps(segment(new_trace_id(NOW), NOW) | fields).encode()


def _without(field: str) -> bytes:
    fields = segment(new_trace_id(NOW), NOW)
    del fields[field]
    return HEADER + json.dumps(fields).encode()


MALFORMED = {
    "an empty datagram": b"",
    "no header": json.dumps(segment(new_trace_id(NOW), NOW)).encode(),
    "another header version": b'{"format": "json", "version": 2}\n{}',
    "a header alone": HEADER,
    "no JSON": HEADER + b"{",
    "no object": HEADER + b"[]",
    "no UTF-8": HEADER + b'{"name": "\xff"}',
    "not a number": _valid().replace(b'"invoicing"', b'"invoicing", "metadata": {"a": NaN}'),
    "a number beyond all numbers": _valid().replace(b'"invoicing"', b'"invoicing", "metadata": {"a": 1e999}'),
    "JSON deeper than any reader's stack": HEADER + b"[" * 30_000,
    "an object deeper than a reader's stack": _valid(metadata=json.loads("[" * 200 + "]" * 200)),
    "no id": _without("id"),
    "a short id": _valid(id="abc"),
    "no trace id": _without("trace_id"),
    "a trace id of another kind": _valid(trace_id="4efaaf4d1e8720b39541901950019ee5"),
    "no name": _without("name"),
    "a name with a forbidden character": _valid(name="select *"),
    "a name of 201 characters": _valid(name="n" * 201),
    "no start": _without("start_time"),
    "a start in text": _valid(start_time="2026-11-23T17:00:00Z"),
    "a start in milliseconds": _valid(start_time=NOW * 1000),
    "a start that is true": _valid(start_time=True),
    "neither end nor in progress": _without("end_time"),
    "an end before 1970": _valid(end_time=-1),
    "a subsegment without parent": _valid(type="subsegment"),
    "embedded subsegments that are no list": _valid(subsegments={"a": 1}),
    "an embedded subsegment that is no object": _valid(subsegments=["a"]),
    "an embedded subsegment without id": _valid(subsegments=[{"name": "a", "start_time": NOW}]),
}


@pytest.mark.parametrize("datagram", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_datagram_is_counted_and_the_next_document_is_stored(xray: Xray, datagram: bytes) -> None:
    before = xray.health()
    xray.send_raw(datagram)
    following = segment(new_trace_id(NOW), NOW)
    xray.send(following)
    xray.wait_for("stored", before["stored"] + 1)
    after = xray.health()
    assert after["malformed"] == before["malformed"] + 1
    assert after["received"] == before["received"] + 2
    assert after["pending"] == 0
    assert xray.trace(following["trace_id"]) == [following]


def _of_size(size: int) -> Fields:
    fields = segment(new_trace_id(NOW), NOW, metadata={"filler": ""})
    fields["metadata"]["filler"] = "x" * (size - len(json.dumps(fields)))
    return fields


def test_the_largest_datagram_that_can_be_sent_is_stored(xray: Xray) -> None:
    sent = _of_size(65_507 - len(HEADER))
    xray.send_and_wait(sent)
    assert xray.trace(sent["trace_id"]) == [sent]


def test_a_document_of_64_KB_is_stored_and_a_byte_more_is_counted_as_too_large(xray: Xray) -> None:
    largest, larger = _of_size(64 * 1024), _of_size(64 * 1024 + 1)
    before = xray.health()
    answer = xray.client.put_trace_segments(TraceSegmentDocuments=[json.dumps(larger), json.dumps(largest)])
    (unprocessed,) = answer["UnprocessedTraceSegments"]
    assert unprocessed["ErrorCode"] == "SegmentTooLarge"
    after = xray.health()
    assert (after["too_large"], after["stored"]) == (before["too_large"] + 1, before["stored"] + 1)
    assert after["malformed"] == before["malformed"]
    assert xray.trace(largest["trace_id"]) == [largest]
    unknown = xray.client.batch_get_traces(TraceIds=[larger["trace_id"]])["UnprocessedTraceIds"]
    assert unknown == [larger["trace_id"]]


def test_text_that_is_no_text_in_any_encoding_is_kept_as_it_came(xray: Xray) -> None:
    sent = segment(new_trace_id(NOW), NOW, metadata={"default": "half a character: \ud83d"})
    xray.send_and_wait(sent)
    assert xray.trace(sent["trace_id"]) == [sent]


@pytest.mark.parametrize("final_first", [False, True], ids=["in order", "the final one first"])
def test_a_document_in_progress_is_replaced_by_its_final_one(xray: Xray, final_first: bool) -> None:
    trace_id = new_trace_id(NOW)
    final = segment(trace_id, NOW, fault=True)
    begun = {name: final[name] for name in ("trace_id", "id", "name", "start_time")} | {"in_progress": True}
    xray.send_and_wait(*([final, begun] if final_first else [begun, final]))
    assert xray.trace(trace_id) == [final]


def test_a_trace_in_progress_is_partial_and_has_no_duration_until_something_ended(xray: Xray) -> None:
    begun = segment(new_trace_id(NOW), NOW, in_progress=True)
    del begun["end_time"]
    xray.send_and_wait(begun)
    (trace,) = xray.client.batch_get_traces(TraceIds=[begun["trace_id"]])["Traces"]
    assert "Duration" not in trace
    (summary,) = [s for s in xray.summaries(NOW, NOW) if s["Id"] == begun["trace_id"]]
    assert summary["IsPartial"] is True
    assert "Duration" not in summary


def test_a_subsegment_sent_alone_is_a_document_of_its_own_until_its_parent_is_known(xray: Xray) -> None:
    trace_id, function = new_trace_id(NOW), new_id()
    orphan = subsegment(trace_id, function, NOW + 0.1)
    xray.send_and_wait(orphan)
    assert xray.trace(trace_id) == [orphan]

    parent = segment(trace_id, NOW, id=function)
    xray.send_and_wait(parent)
    embedded = {k: v for k, v in orphan.items() if k not in ("type", "trace_id", "parent_id")}
    assert xray.trace(trace_id) == [parent | {"subsegments": [embedded]}]


def test_subsegments_that_are_each_others_parent_are_still_returned(xray: Xray) -> None:
    trace_id, first, second = new_trace_id(NOW), new_id(), new_id()
    xray.send_and_wait(subsegment(trace_id, second, NOW, id=first), subsegment(trace_id, first, NOW + 1, id=second))
    (document,) = xray.trace(trace_id)
    assert (document["id"], document["parent_id"]) == (first, second)
    assert [child["id"] for child in document["subsegments"]] == [second]


def test_a_chain_of_a_thousand_subsegments_is_returned_whole(xray: Xray) -> None:
    trace_id = new_trace_id(NOW)
    chain = [segment(trace_id, NOW)]
    for number in range(1000):
        chain.append(subsegment(trace_id, chain[-1]["id"], NOW + number / 1000))
    xray.send_and_wait(*chain)
    waiting, found = xray.trace(trace_id), []
    while waiting:
        entity = waiting.pop()
        found.append(entity["id"])
        waiting += entity.get("subsegments", [])
    assert sorted(found) == sorted(entity["id"] for entity in chain)

"""Errors: RFC 9457 problems of every kind, and bad JSON of every kind, never a 500 or a stack trace for bad input."""

import json

import pytest
from api_caller import base64_of
from http_service import service
from layer_support import parts

from backoffice.http.problems import NotFound, Problem

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "errors", "trace_id"}
KEY = {"idempotency_key": "k"}


@pytest.fixture(scope="module")
def api():
    return service()


def assert_problem(answered, status, code):
    problem = answered.json
    assert (answered.status, problem["status"], problem["code"]) == (status, status, code), problem
    assert answered.headers["content-type"] == "application/problem+json"
    assert problem.keys() >= MEMBERS
    assert problem["type"] == f"urn:backoffice:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("invalid", 422, "validation_failed"),
        ("rule", 409, "illegal_transition"),
        ("missing", 404, "time_entry_not_found"),
        ("gone", 410, "time_entry_erased"),
        ("stale", 412, "stale_version"),
        ("conflict", 409, "conflict"),
        ("contended", 409, "in_flight"),
        ("bug", 500, "internal_error"),
    ],
)
def test_each_kind_of_error_is_a_problem_of_its_own(api, call, name, status, code):
    problem = assert_problem(call(api, f"GET /errors/{name}"), status, code)
    assert problem["instance"] == f"/errors/{name}"


def test_a_problem_tells_the_trace_to_look_for(api, call, invoked, daemon):
    header = parts(invoked())
    assert call(api, "GET /errors/rule").json["trace_id"] == header["Root"]


def test_a_broken_rule_tells_what_would_be_allowed(api, call):
    assert call(api, "GET /errors/rule").json["allowed"] == ["reopen"]


def test_what_is_gone_tells_more_of_how_it_went(api, call):
    assert call(api, "GET /errors/gone").json["erasure_id"] == "era_1"


def test_invalid_input_names_every_field(api, call):
    problem = call(api, "GET /errors/invalid").json
    assert problem["errors"] == [
        {"field": "lines.0.quantity", "message": "Too much."},
        {"field": "name", "message": "Too long."},
    ]
    assert "lines.0.quantity" in problem["detail"]


def test_a_bug_is_told_in_the_log_and_not_in_the_answer(api, call, log, daemon, invoked):
    header = parts(invoked())
    answered = call(api, "GET /errors/bug")
    assert "secret" not in answered.text
    assert "Traceback" not in answered.text
    assert "ZeroDivisionError" not in answered.text
    (line,) = [line for line in log() if line["level"] == "ERROR"]
    assert "http_service.py" in line["exception"]
    assert line["exception_name"] == "ZeroDivisionError"
    assert line["trace_id"] == header["Root"] == answered.json["trace_id"]
    (document,) = daemon.documents()
    assert document["fault"] is True
    assert document["cause"]["exceptions"][0]["type"] == "ZeroDivisionError"


def test_a_broken_rule_is_an_error_of_the_span_and_no_fault(api, call, daemon, invoked):
    invoked()
    call(api, "GET /errors/rule")
    (document,) = daemon.documents()
    assert document["error"] is True
    assert "fault" not in document


def test_an_answer_that_cannot_be_rendered_is_a_problem_too(api, call):
    assert_problem(call(api, "GET /unrenderable"), 500, "internal_error")


@pytest.mark.parametrize("request_line", ["GET /nothing", "DELETE /things", "POST /open", "GET /things/a/b", "GET /"])
def test_an_unknown_route_is_a_404_problem(api, call, request_line):
    problem = assert_problem(call(api, request_line), 404, "route_not_found")
    assert problem["instance"] == request_line.split()[1]


@pytest.mark.parametrize(
    "thing_id", ["thg_1", "tkt_01JD8X6W9Q4T0M3V5K7R2N1P0C", "thg_01jd8x6w9q4t0m3v5k7r2n1p0c", "%00", "ü"]
)
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_an_id_of_another_kind_is_not_found(api, call, method, thing_id):
    answered = call(api, f"{method} /things/{thing_id}", body={}, if_match='"1"')
    assert answered.status == 404


def test_every_title_has_a_status_of_its_own():
    for status in (400, 403, 404, 409, 412, 413, 422, 428, 500):
        assert Problem(status, "code", "detail").document("/", None)["title"]


def test_not_found_reads_as_a_sentence():
    assert str(NotFound("time_entry", "tim_1")) == "There is no time entry tim_1."


def post(api, call, text, **how):
    return call(api, "POST /things", text=text, **KEY, **how)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "nonsense",
        '{"name": "a"} trailing',
        '{"name": NaN}',
        '{"count": Infinity}',
        '{"count": -Infinity}',
        '{"count": ' + "9" * 5000 + "}",
        '{"price": 1e99999999999999999999}',
        '{"name": "raw \x01 control"}',
        "[" * 100_000,
        '{"a":' * 40_000,
        "{'name': 'a'}",
        "\ufeff{}",
        "\ud800",
        '{"name": "\udfff raw surrogate',
    ],
    ids=lambda text: repr(text)[:24],
)
def test_malformed_json_is_a_bad_request(api, call, text):
    assert_problem(post(api, call, text), 400, "malformed_json")


@pytest.mark.parametrize("document", [[], "text", 1, None, True, [{"name": "a"}]])
def test_json_that_is_no_object_is_a_bad_request(api, call, document):
    assert_problem(post(api, call, json.dumps(document)), 400, "malformed_json")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{}", "name"),
        ('{"name": null}', "name"),
        ('{"name": 5}', "name"),
        ('{"name": ["a"]}', "name"),
        ('{"name": {"a": 1}}', "name"),
        ('{"name": "  "}', "name"),
        ('{"name": "\\ud800"}', "name"),
        ('{"name": "a\\u0000b"}', "name"),
        ('{"name": "a", "nmae": "b"}', "nmae"),
        ('{"name": "a", "count": 1e400}', "count"),
        ('{"name": "a", "count": 1.0}', "count"),
        ('{"name": "a", "count": true}', "count"),
        ('{"name": "a", "count": "1"}', "count"),
        ('{"name": "a", "count": -1}', "count"),
        ('{"name": "a", "count": 11}', "count"),
        ('{"name": "a", "count": ' + "9" * 4000 + "}", "count"),
        ('{"name": "a", "price": 1.5}', "price"),
        ('{"name": "a", "price": 1}', "price"),
        ('{"name": "a", "price": "-1"}', "price"),
        ('{"name": "a", "price": "1e3"}', "price"),
        ('{"name": "a", "price": "NaN"}', "price"),
        ('{"name": "a", "\\ud800": 1}', "\ud800"),
        ('{"name": ' + "[" * 900 + "]" * 900 + "}", "name"),
    ],
    ids=lambda text: repr(text)[:32],
)
def test_input_that_makes_no_sense_names_its_field(api, call, text, field):
    problem = assert_problem(post(api, call, text), 422, "validation_failed")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_several_fields_at_fault_are_all_named(api, call):
    problem = post(api, call, '{"count": "x", "price": 1, "other": 1}').json
    assert {error["field"] for error in problem["errors"]} == {"name", "count", "price", "other"}


def test_nesting_of_any_depth_is_refused_in_order(api, call):
    # Somewhere below 1,000 lies a depth that can just be read, and not be written again.
    for depth in range(900, 1000):
        answered = post(api, call, '{"name": ' + "[" * depth + "]" * depth + "}")
        assert answered.status in (400, 422), (depth, answered.text)


def test_the_last_of_members_with_the_same_name_counts(api, call):
    assert call(api, "POST /preview", text='{"name": "first", "name": "last"}').json == {"name": "last"}


def test_a_base64_body_is_read(api, call):
    body = base64_of('{"name": "Grüße"}'.encode())
    assert call(api, "POST /preview", text=body, base64_encoded=True).json == {"name": "Grüße"}


def test_without_a_body_what_an_action_lacks_is_named(api, call):
    answered = call(api, "POST /preview")
    assert_problem(answered, 422, "validation_failed")
    assert [error["field"] for error in answered.json["errors"]] == ["name"]


@pytest.mark.parametrize("raw", [b"\xff\xfe{}", b'{"name": "\xc3"}', b"{"])
def test_bytes_that_are_no_utf_8_json_are_a_bad_request(api, call, raw):
    assert_problem(call(api, "POST /preview", text=base64_of(raw), base64_encoded=True), 400, "malformed_json")


def test_a_body_of_256_kib_is_read_and_a_larger_one_refused(api, call):
    frame = len('{"name": ""}')
    assert call(api, "POST /preview", text='{"name": "%s"}' % ("x" * (256 * 1024 - frame))).status == 422
    assert_problem(
        call(api, "POST /preview", text='{"name": "%s"}' % ("x" * (256 * 1024 - frame + 1))), 413, "content_too_large"
    )
    assert_problem(call(api, "POST /preview", text='{"name": "%s"}' % ("€" * 100_000)), 413, "content_too_large")


def test_an_unknown_query_parameter_is_refused_by_name(api, call):
    problem = assert_problem(call(api, "GET /open", query={"debug": "1"}), 422, "validation_failed")
    assert problem["errors"][0]["field"] == "debug"


def test_the_log_line_of_a_problem_names_the_fields_and_not_their_values(api, call, log):
    post(api, call, '{"name": 4711}')
    assert "4711" not in json.dumps(log())

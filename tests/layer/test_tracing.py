"""Tracing: the X-Ray SDK's faults, each with proof that the bare SDK has it, and records with traces of their own.

Where a test named ``test_the_bare_sdk_*`` fails, the SDK was repaired and the layer's answer to that fault can go.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from layer_support import parts, trace_header

from backoffice import tracing
from backoffice.dynamodb import client
from backoffice.logs import logger

SCENARIO = Path(__file__).with_name("sdk_scenario.py")
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.fixture(scope="module")
def observed():
    """What each mode sent, from two processes side by side."""
    command = [sys.executable, str(SCENARIO)]
    running = {
        mode: subprocess.Popen([*command, mode], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        for mode in ("bare", "layer")
    }
    return {mode: json.loads(process.communicate(timeout=30)[0]) for mode, process in running.items()}


@pytest.fixture
def bare(observed):
    return lambda scenario: observed["bare"][scenario]["documents"][0]


@pytest.fixture
def layer(observed):
    return lambda scenario: observed["layer"][scenario]["documents"][0]


def parents(observed, mode):
    return [document["parent_id"] for document in observed[mode]["warm"]["documents"]]


class TestFaultsOfTheSdk:
    def test_a_warm_invocation_of_the_same_trace_has_its_own_parent(self, observed):
        assert parents(observed, "layer") == ["00000000000000a1", "00000000000000a2"]

    def test_the_bare_sdk_keeps_the_parent_of_the_invocation_before(self, observed):
        assert parents(observed, "bare") == ["00000000000000a1", "00000000000000a1"]

    def test_a_lost_conditional_write_is_an_error_and_no_fault(self, layer):
        assert layer("lost")["error"] is True
        assert "fault" not in layer("lost")
        assert layer("lost")["cause"]["exceptions"]

    def test_the_bare_sdk_marks_a_lost_conditional_write_as_fault(self, bare):
        assert bare("lost")["fault"] is True

    def test_a_throttled_call_is_flagged_as_throttled(self, layer):
        assert layer("throttled")["throttle"] is True
        assert "fault" not in layer("throttled")

    def test_the_bare_sdk_does_not_flag_throttling_by_dynamodb(self, bare):
        assert "throttle" not in bare("throttled")

    def test_a_failure_of_the_service_stays_a_fault(self, layer):
        assert layer("broken")["fault"] is True
        assert "error" not in layer("broken")

    def test_a_call_without_an_answer_is_a_fault(self, layer):
        assert layer("unanswered")["fault"] is True
        assert layer("unanswered")["cause"]["exceptions"][0]["type"] == "EndpointConnectionError"

    def test_the_bare_sdk_leaves_a_call_without_an_answer_unmarked(self, bare):
        assert not {"fault", "error", "cause"} & bare("unanswered").keys()

    @pytest.mark.parametrize("scenario", ["transaction", "batch", "batch read", "put"])
    def test_a_call_names_its_table(self, layer, scenario):
        assert layer(scenario)["aws"]["table_name"] == "t"
        assert "table_names" not in layer(scenario)["aws"]

    def test_the_bare_sdk_names_no_table_of_a_transaction(self, bare):
        assert not [key for key in bare("transaction")["aws"] if "table" in key]

    @pytest.mark.parametrize("scenario", ["batch", "batch read"])
    def test_the_bare_sdk_writes_the_tables_of_a_batch_as_python(self, bare, scenario):
        assert bare(scenario)["aws"]["table_names"] == "dict_keys(['t'])"

    def test_a_call_sends_one_header_that_names_its_subsegment(self, observed, layer):
        (headers,) = observed["layer"]["put"]["headers"]
        assert len(headers) == 1
        assert parts(headers[0]) == {
            "Root": layer("put")["trace_id"],
            "Parent": layer("put")["id"],
            "Sampled": "1",
        }

    def test_an_unsampled_call_passes_on_whom_it_came_from(self, observed):
        assert observed["layer"]["unsampled"]["documents"] == []
        ((header,),) = observed["layer"]["unsampled"]["headers"]
        assert parts(header)["Sampled"] == "0"
        assert parts(header)["Parent"].strip("0")

    def test_the_bare_sdk_sends_a_parent_of_zeros_with_an_unsampled_call(self, observed):
        ((header,),) = observed["bare"]["unsampled"]["headers"]
        assert parts(header)["Parent"] == "0" * 16


class TestImport:
    """Outside Lambda (a test, a script) the SDK's import makes a boto client and a thread-starting sampler."""

    @staticmethod
    def imports(module):
        code = (
            f"import json, sys, {module}; from aws_xray_sdk.core import xray_recorder as r; "
            "print(json.dumps([type(r.sampler).__name__, 'botocore.session' in sys.modules]))"
        )
        run = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, check=True, timeout=30)
        return json.loads(run.stdout)

    def test_tracing_makes_no_boto_session_and_no_central_sampler(self):
        assert self.imports("backoffice.tracing") == ["LocalSampler", False]

    def test_the_bare_sdk_makes_both(self):
        assert self.imports("aws_xray_sdk.core") == ["DefaultSampler", True]

    def test_it_leaves_no_trace_in_the_environment(self):
        assert "LAMBDA_TASK_ROOT" not in os.environ


class TestSpan:
    def test_it_is_a_subsegment_of_the_invocation(self, daemon, invoked):
        header = parts(invoked())
        with tracing.span("draft", route="POST /invoices", cold=True):
            inside = parts(tracing.header())
        (document,) = daemon.documents()
        assert document["name"] == "draft"
        assert document["annotations"] == {"route": "POST /invoices", "cold": True}
        assert (document["trace_id"], document["parent_id"]) == (header["Root"], header["Parent"])
        assert inside == {"Root": header["Root"], "Parent": document["id"], "Sampled": "1"}

    def test_an_exception_marks_it_as_fault(self, daemon, invoked):
        invoked()
        with pytest.raises(LookupError), tracing.span("work"):
            raise LookupError("nothing there")
        (document,) = daemon.documents()
        assert document["fault"] is True
        assert document["cause"]["exceptions"][0]["type"] == "LookupError"

    @pytest.mark.parametrize(
        ("status", "marks"),
        [
            (200, set()),
            (404, {"error"}),
            (412, {"error"}),
            (429, {"error", "throttle"}),
            (500, {"fault"}),
        ],
    )
    def test_its_http_status_marks_it(self, daemon, invoked, status, marks):
        invoked()
        with tracing.span("request"):
            tracing.answered(status)
        (document,) = daemon.documents()
        assert {"error", "fault", "throttle"} & document.keys() == marks
        assert document["http"]["response"]["status"] == status

    def test_an_error_that_was_answered_can_be_told(self, daemon, invoked):
        invoked()
        with tracing.span("request"):
            try:
                raise ValueError("broken")
            except ValueError as error:
                tracing.failed(error)
        (document,) = daemon.documents()
        assert document["cause"]["exceptions"][0]["message"] == "broken"

    def test_outside_any_trace_nothing_is_sent_and_nothing_breaks(self, daemon):
        with tracing.span("work"):
            tracing.annotate(a=1)
            tracing.answered(500)
            assert tracing.header() is None
            assert tracing.trace_id() is None
        assert daemon.documents() == []

    def test_a_span_that_a_timeout_left_open_does_not_leak_into_the_next_invocation(self, daemon, invoked):
        invoked()
        tracing._recorder.begin_subsegment("left open")
        header = parts(invoked())
        assert parts(tracing.header()) == header


class TestErrorsOfCallsWithoutTrace:
    @pytest.mark.parametrize("header", [None, trace_header(sampled=0)])
    def test_a_failed_call_raises_its_own_error(self, table, invoked, header):
        if header:
            invoked(header)
        dynamodb = client("dynamodb")
        with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
            dynamodb.get_item(TableName="no-such-table", Key={"pk": {"S": "a"}, "sk": {"S": "a"}})


class TestRecord:
    def test_ten_records_of_ten_traces_are_ten_segments(self, daemon, invoked, table):
        invocation = parts(invoked())
        headers = [trace_header() for _ in range(10)]
        for number, header in enumerate(headers):
            with tracing.record(header):
                tracing.annotate(number=number)
                with tracing.span("consume"):
                    table.get("a", "b")
        documents = daemon.documents()
        segments = [document for document in documents if document.get("type") != "subsegment"]
        assert len(segments) == 10
        for number, (segment, header) in enumerate(zip(segments, headers, strict=True)):
            assert segment["trace_id"] == parts(header)["Root"]
            assert segment["parent_id"] == parts(header)["Parent"]
            assert segment["origin"] == "AWS::Lambda::Function"
            assert segment["name"] == "test-layer-commands"
            assert segment["annotations"] == {"number": number}
            assert segment["end_time"] >= segment["start_time"]
            assert segment["in_progress"] is False
            own = {d["name"]: d for d in documents if d["trace_id"] == segment["trace_id"]}
            assert own["consume"]["parent_id"] == segment["id"]
            assert own["dynamodb"]["parent_id"] == own["consume"]["id"]
        assert invocation["Root"] not in {document["trace_id"] for document in documents}

    def test_one_poison_record_faults_alone(self, daemon, invoked):
        invoked()
        headers = [trace_header() for _ in range(3)]
        for number, header in enumerate(headers):
            try:
                with tracing.record(header):
                    if number == 1:
                        raise ValueError("poison")
            except ValueError as error:
                assert str(error) == "poison"
        faults = {document["trace_id"]: document.get("fault", False) for document in daemon.documents()}
        assert list(faults.values()) == [False, True, False]

    def test_an_unsampled_one_records_nothing_and_passes_that_on(self, daemon, invoked, table):
        invoked()
        header = trace_header(sampled=0)
        with tracing.record(header):
            tracing.annotate(a=1)
            with tracing.span("consume"):
                table.get("a", "b")
                assert tracing.header() == header
                assert tracing.trace_id() == parts(header)["Root"]
        assert daemon.documents() == []

    @pytest.mark.parametrize("sampled", [0, 1])
    def test_its_calls_send_its_own_header(self, invoked, table, sent, sampled):
        invoked()
        header = parts(trace_header(sampled=sampled))
        with tracing.record(";".join(f"{name}={value}" for name, value in header.items())):
            table.get("a", "b")
        ((_, headers),) = sent
        own = parts(headers["X-Amzn-Trace-Id"])
        assert (own["Root"], own["Sampled"]) == (header["Root"], str(sampled))
        assert (own["Parent"] == header["Parent"]) == (not sampled)

    def test_calls_can_be_left_out_of_it(self, daemon, invoked, table):
        invoked()
        with tracing.record(trace_header()):
            with tracing.untraced():
                table.get("a", "b")
            table.get("a", "b")
        assert len([one for one in daemon.documents() if one.get("namespace") == "aws"]) == 1

    @pytest.mark.parametrize("header", [None, "", "no header at all"])
    def test_without_a_header_it_stays_in_the_invocations_trace(self, daemon, invoked, header):
        invocation = parts(invoked())
        with tracing.record(header), tracing.span("work"):
            assert tracing.trace_id() == invocation["Root"]
        (document,) = daemon.documents()
        assert document["parent_id"] == invocation["Parent"]

    def test_the_invocations_context_comes_back(self, daemon, invoked):
        invocation = parts(invoked())
        with tracing.span("outer"):
            outer = tracing.header()
            with tracing.record(trace_header()):
                with tracing.record(trace_header()) as _:
                    pass
                assert tracing.header() != outer
            assert tracing.header() == outer
        assert parts(tracing.header()) == invocation
        assert len({document["trace_id"] for document in daemon.documents()}) == 3

    def test_the_invocations_context_comes_back_after_an_error(self, daemon, invoked):
        invocation = parts(invoked())
        with pytest.raises(ValueError), tracing.record(trace_header()), tracing.span("inner"):
            raise ValueError
        assert parts(tracing.header()) == invocation

    def test_its_log_lines_carry_its_own_trace_id(self, invoked, log):
        invocation = parts(invoked())
        header = trace_header()
        logger.info("before")
        with tracing.record(header):
            logger.info("inside")
        logger.info("after")
        traces = [line["trace_id"] for line in log()]
        assert traces == [invocation["Root"], parts(header)["Root"], invocation["Root"]]

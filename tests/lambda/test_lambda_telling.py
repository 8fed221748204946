"""What is told of invocations: log lines, metrics, segments."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.demo.traces import Document, documents
from local.demo.waiting import until
from local.stage import running
from tests import graphs
from tests.stage import Stage

ECHO = """
import os
def handler(event, context):
    return [os.environ.get("_X_AMZN_TRACE_ID"), os.getpid()]
"""


def new_root() -> str:
    return f"1-{int(datetime.now(UTC).timestamp()):08x}-{os.urandom(12).hex()}"


def segments(stage: Stage, root: str, number: int) -> list[Document]:
    """The segments of a trace, once there are so many."""
    xray = stage.client("xray")

    def look() -> list[Document] | None:
        found = [one for one in documents(xray, root) if one.is_segment]
        return found if len(found) >= number else None

    return list(until(f"{number} segments", look))


def test_lines_stand_between_start_and_report_in_their_order(deploy: Callable[..., Any]) -> None:
    function = deploy(
        "def handler(event, context):\n    print('one')\n    print('two')", TracingConfig={"Mode": "Active"}
    )
    for _ in range(2):
        function.invoke()
    lines = until("two reports", lambda: _reported(function.lines(), 2))
    kinds = [re.split(r"[ \t]", line)[0] for line in lines]
    once = ["START", "one", "two", "END", "REPORT"]
    assert kinds == ["INIT_START", *once, *once]
    cold, warm = (line for line in lines if line.startswith("REPORT"))
    assert re.search(r"\tMemory Size: 128 MB\tMax Memory Used: [1-9]\d* MB\tInit Duration: \d+\.\d\d ms\t", cold)
    assert "Init Duration" not in warm
    assert re.search(r"\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t", warm)
    assert re.search(r"\nXRAY TraceId: 1-[0-9a-f]{8}-[0-9a-f]{24}\tSegmentId: [0-9a-f]{16}\tSampled: true", warm)


def test_metrics_in_the_embedded_format_reach_cloudwatch(stage: Stage, deploy: Callable[..., Any]) -> None:
    now = datetime.now(UTC)
    metric = {"Namespace": "Tests", "Dimensions": [["kind"]], "Metrics": [{"Name": "Eggs", "Unit": "Count"}]}
    line = {
        "_aws": {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [metric]},
        "kind": "emf",
        "Eggs": 12,
    }
    deploy("def handler(event, context): print(event)").invoke(json.dumps(json.dumps(line)))

    def look() -> list[float]:
        found = stage.client("cloudwatch").get_metric_statistics(
            Namespace="Tests",
            MetricName="Eggs",
            Dimensions=[{"Name": "kind", "Value": "emf"}],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=5),
            Period=600,
            Statistics=["Sum"],
        )
        return [point["Sum"] for point in found["Datapoints"]]

    assert until("the metric", look) == [12.0]


def test_an_invocation_is_two_segments_one_below_the_other(stage: Stage, deploy: Callable[..., Any]) -> None:
    function, root = deploy(ECHO), new_root()
    header, _ = json.loads(function.invoke(trace=f"Root={root};Parent=00000000000000aa;Sampled=1")["Payload"].read())
    found = {one.fields["origin"]: one for one in segments(stage, root, 2)}
    service, own = found["AWS::Lambda"], found["AWS::Lambda::Function"]
    assert service.parent_id == "00000000000000aa"
    assert own.parent_id == service.id
    assert header == f"Root={root};Parent={own.id};Sampled=1"
    parts = [part["name"] for part in own.fields["subsegments"]]
    assert parts == ["Initialization", "Invocation", "Overhead"]
    assert service.fields["http"]["response"]["status"] == 200
    assert not {"fault", "error"} & service.fields.keys()


def test_in_one_warm_worker_the_same_root_keeps_its_different_parents(stage: Stage, deploy: Callable[..., Any]) -> None:
    function, root = deploy(ECHO), new_root()
    parents = ["00000000000000aa", "00000000000000bb"]
    headers = [f"Root={root};Parent={parent};Sampled=1" for parent in parents]
    answers = [json.loads(function.invoke(trace=header)["Payload"].read()) for header in headers]
    assert answers[0][1] == answers[1][1], "not the same worker"
    found = segments(stage, root, 4)
    services = {one.id: one.parent_id for one in found if one.fields["origin"] == "AWS::Lambda"}
    functions = {one.id: one.parent_id for one in found if one.fields["origin"] == "AWS::Lambda::Function"}
    handed = [answer[0].split("Parent=")[1].split(";")[0] for answer in answers]
    assert [services[functions[segment]] for segment in handed] == parents


def test_in_one_warm_worker_each_invocations_own_work_hangs_below_it(stage: Stage, deploy: Callable[..., Any]) -> None:
    """By the deployed layer: the X-Ray SDK alone keeps the first invocation's parent (see tests/layer)."""
    layers = stage.client("lambda").get_function_configuration(FunctionName="local-customer-support-queries")["Layers"]
    function = deploy(
        """
        import os
        from backoffice import tracing
        def handler(event, context):
            with tracing.span("work", number=event):
                return os.getpid()
        """,
        Layers=[layer["Arn"] for layer in layers],
    )
    root, parents = new_root(), ["00000000000000aa", "00000000000000bb"]
    answers = [
        json.loads(function.invoke(str(number), f"Root={root};Parent={parent};Sampled=1")["Payload"].read())
        for number, parent in enumerate(parents)
    ]
    assert answers[0] == answers[1], "not the same worker"

    def look() -> dict[int, str | None] | None:
        found = {one.id: one for one in documents(stage.client("xray"), root)}
        spans = [one for one in found.values() if one.name == "work"]
        ways = [(span, found.get(span.parent_id or "")) for span in spans]
        below = {span.annotations["number"]: found[own.parent_id or ""].parent_id for span, own in ways if own}
        return below if len(below) == 2 else None

    assert until("both invocations' work", look) == dict(enumerate(parents))


def test_a_batch_of_messages_is_linked_to_the_traces_that_the_queue_was_told_of(
    stage: Stage, deploy: Callable[..., Any]
) -> None:
    function = deploy("import os\ndef handler(event, context): print('handled', os.environ['_X_AMZN_TRACE_ID'])")
    sqs, aws_lambda = stage.client("sqs"), stage.client("lambda")
    url = sqs.create_queue(QueueName=function.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    root = new_root()
    header = {"DataType": "String", "StringValue": f"Root={root};Parent=00000000000000aa;Sampled=1"}
    sqs.send_message(QueueUrl=url, MessageBody="one", MessageSystemAttributes={"AWSTraceHeader": header})
    mapping = aws_lambda.create_event_source_mapping(FunctionName=function.name, EventSourceArn=arn)
    try:
        lines = until("the message", lambda: [line for line in function.lines() if line.startswith("handled ")])
    finally:
        aws_lambda.delete_event_source_mapping(UUID=mapping["UUID"])
        sqs.delete_queue(QueueUrl=url)
    own = lines[0].partition("Root=")[2].partition(";")[0]
    assert own != root, "a batch begins a trace of its own"
    (service,) = [one for one in segments(stage, own, 2) if one.fields["origin"] == "AWS::Lambda"]
    (link,) = service.fields["links"]
    assert (link["trace_id"], link["id"]) == (root, "00000000000000aa")


def test_an_invocation_that_finds_no_room_is_marked_as_throttled(stage: Stage, deploy: Callable[..., Any]) -> None:
    function, root = deploy("def handler(event, context): return 1"), new_root()
    stage.client("lambda").put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as refused:
        function.invoke(trace=f"Root={root};Sampled=1")
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    tries = 1 + refused.value.response["ResponseMetadata"]["RetryAttempts"]
    services = segments(stage, root, tries)
    assert len(services) == tries, "one of each try, since the SDK tries again"
    for service in services:
        assert {mark for mark in ("error", "throttle", "fault") if service.fields.get(mark)} == {"error", "throttle"}
        assert service.fields["http"]["response"]["status"] == 429
    node = graphs.of_traces(stage.client("xray"), [root])[function.name, "AWS::Lambda"]
    assert graphs.counts(node["SummaryStatistics"]) == (0, 0, tries, 0)


def test_running_out_of_memory_is_reported_with_what_was_used(deploy: Callable[..., Any]) -> None:
    function = deploy(
        """
        import time
        def handler(event, context):
            held = bytearray(300 * 1024 * 1024)
            time.sleep(8)
        """,
        MemorySize=128,
    )
    function.invoke()
    lines = until("a report", lambda: _reported(function.lines(), 1))
    (report,) = (line for line in lines if line.startswith("REPORT"))
    (used,) = re.findall(r"\tMax Memory Used: (\d+) MB\t", report)
    assert int(used) > 128
    assert "\tMemory Size: 128 MB\t" in report
    assert "\tStatus: error\tError Type: Runtime.OutOfMemory\t" in report
    assert any("Runtime exited with error: signal: killed" in line for line in lines)


def test_a_failed_invocation_is_marked_with_its_cause(stage: Stage, deploy: Callable[..., Any]) -> None:
    function, root = deploy("def handler(event, context): raise ValueError('no')"), new_root()
    function.invoke(trace=f"Root={root};Sampled=1")
    found = {one.fields["origin"]: one.fields for one in segments(stage, root, 2)}
    assert found["AWS::Lambda"]["fault"]
    assert found["AWS::Lambda::Function"]["fault"]
    (exception,) = found["AWS::Lambda::Function"]["cause"]["exceptions"]
    assert (exception["type"], exception["message"]) == ("ValueError", "no")


def test_what_is_not_sampled_is_not_sent_and_says_so_to_the_function(stage: Stage, deploy: Callable[..., Any]) -> None:
    function, root = deploy(ECHO), new_root()
    header, _ = json.loads(function.invoke(trace=f"Root={root};Sampled=0")["Payload"].read())
    assert header.endswith(";Sampled=0")
    other = new_root()
    function.invoke(trace=f"Root={other};Sampled=1")
    segments(stage, other, 2)
    assert documents(stage.client("xray"), root) == []


def test_without_the_xray_daemon_functions_go_on(stage: Stage, deploy: Callable[..., Any]) -> None:
    function = deploy(ECHO)
    daemon = running.xray(stage.place).pid
    assert daemon is not None
    os.kill(daemon, signal.SIGKILL)
    try:
        assert all("FunctionError" not in function.invoke() for _ in range(3))
    finally:
        stage.up()
    root = new_root()
    function.invoke(trace=f"Root={root};Sampled=1")
    assert len(segments(stage, root, 2)) == 2


def _reported(lines: list[str], number: int) -> list[str] | None:
    """The lines of this program's workers, once that many invocations are reported."""
    ours = [line for line in lines if not re.match(r"REPORT .*\tDuration: \d+ ms\t", line)]
    return ours if sum(line.startswith("REPORT") for line in ours) >= number else None

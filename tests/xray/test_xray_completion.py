"""What managed services would have sent is derived from what is there."""

import json
from typing import Any

from local.xray.assembly import Entity, Trace, assemble, document
from local.xray.completion import complete
from tests.xray.working_day import TOPIC_ARN, Day


def completed(*documents: dict[str, Any]) -> Trace:
    return complete(assemble(documents[0]["trace_id"], [json.dumps(fields) for fields in documents]))


def by_origin(trace: Trace) -> dict[str | None, list[Entity]]:
    found: dict[str | None, list[Entity]] = {}
    for root in trace.roots:
        found.setdefault(root.origin, []).append(root)
    return found


def test_a_request_comes_through_the_stage_of_its_api() -> None:
    day = Day()
    request = day.request("test-support-commands", "POST /tickets/{ticket_id}/solve", status=409)
    trace = completed(*request.documents)
    stage = document(trace.roots[0], trace.id)
    (call,) = stage.pop("subsegments")
    service = next(fields for fields in request.documents if fields.get("origin") == "AWS::Lambda")
    assert stage["name"] == "test-support/test"
    assert stage["origin"] == "AWS::ApiGateway::Stage"
    assert "parent_id" not in stage
    assert stage["error"] is True
    assert stage["http"] == {
        "request": {"method": "POST", "url": "https://test-support/test/tickets/{ticket_id}/solve"},
        "response": {"status": 409},
    }
    assert (stage["start_time"], stage["end_time"]) == (service["start_time"], service["end_time"])
    assert (call["name"], call["namespace"], call["aws"]["function_name"]) == ("Lambda", "aws", "test-support-commands")
    assert [root.origin for root in trace.roots if root.parent_id == call["id"]] == ["AWS::Lambda"]


def test_the_parent_that_the_service_names_is_the_call_of_the_stage() -> None:
    request = Day().request("test-support-commands", "GET /tickets")
    service = next(fields for fields in request.documents if fields.get("origin") == "AWS::Lambda")
    trace = completed(*[fields | {"parent_id": "00000000000000aa"} if fields is service else fields
                        for fields in request.documents])  # fmt: skip
    assert [call.id for call in trace.roots[0].children] == ["00000000000000aa"]


def test_a_function_that_fails_before_it_answers_is_a_502_of_its_stage() -> None:
    request = Day().request("test-support-commands", "GET /tickets", status=None, fault=True)
    stage = completed(*request.documents).roots[0]
    assert stage.fields["http"]["response"] == {"status": 502}
    assert stage.fields["fault"] is True


def test_without_the_lambda_services_segment_the_function_hangs_under_the_stage() -> None:
    request = Day().request("test-support-commands", "GET /tickets")
    trace = completed(*[fields for fields in request.documents if fields.get("origin") != "AWS::Lambda"])
    assert [root.origin for root in trace.roots] == ["AWS::ApiGateway::Stage", "AWS::Lambda::Function"]


def test_a_function_that_serves_no_route_has_no_stage() -> None:
    day = Day()
    relay = day.invocation("test-support-relay")
    assert [root.origin for root in completed(*relay.documents).roots] == ["AWS::Lambda", "AWS::Lambda::Function"]


def test_a_published_message_goes_through_its_topic_and_each_consumers_queue() -> None:
    day = Day()
    request = day.request("test-support-commands", "POST /tickets/{ticket_id}/solve")
    relayed = day.relayed(request, "test-support-relay")
    for context in ("invoicing", "analytics", "invoicing"):
        day.taken(relayed, f"test-{context}-inbox")
    trace = completed(*request.documents)
    found = by_origin(trace)
    (topic,) = found["AWS::SNS"]
    assert (topic.fields["name"], topic.fields["resource_arn"]) == ("test-support-events", TOPIC_ARN)
    assert topic.parent_id == relayed.publish["id"]
    queues = {queue.fields["name"]: queue for queue in found["AWS::SQS::Queue"]}
    assert queues.keys() == {"test-invoicing-inbox", "test-analytics-inbox"}
    assert {queue.parent_id for queue in queues.values()} == {delivery.id for delivery in topic.children}
    for record in found["AWS::Lambda::Function"]:
        if record.fields["name"] in queues:
            queue = queues[record.fields["name"]]
            assert record.parent_id == queue.id
            assert queue.ended is not None and queue.ended <= record.started


def test_a_publish_that_failed_reached_no_topic() -> None:
    day = Day()
    request = day.request("test-support-commands", "POST /tickets/{ticket_id}/solve")
    day.relayed(request, "test-support-relay", fault=True)
    assert "AWS::SNS" not in by_origin(completed(*request.documents))


def test_a_message_sent_to_a_queue_directly_goes_through_the_queue() -> None:
    day = Day()
    request = day.request("test-support-commands", "POST /tickets/{ticket_id}/solve")
    record = day.taken(request, "test-invoicing-inbox")
    (queue,) = by_origin(completed(*request.documents))["AWS::SQS::Queue"]
    assert queue.parent_id == record["parent_id"]


def test_a_topic_that_tells_of_itself_is_left_alone() -> None:
    day = Day()
    request = day.request("test-support-commands", "POST /tickets/{ticket_id}/solve")
    relayed = day.relayed(request, "test-support-relay")
    own = day.segment(request.trace_id, name="its own", origin="AWS::SNS", parent_id=relayed.publish["id"])
    request.documents.append(own)
    assert [topic.id for topic in by_origin(completed(*request.documents))["AWS::SNS"]] == [own["id"]]

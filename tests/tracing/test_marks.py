"""What went wrong is marked where it went wrong, and as what it was."""

from __future__ import annotations

from local.demo.apis import apis
from local.demo.cast import Cast
from local.demo.waiting import until
from tests import graphs
from tests.graphs import Graph
from tests.stage import Stage
from tests.tracing.batches import new_root

CONTEXT = "local-customer-support"


def test_a_lost_conditional_write_is_the_tables_error_and_nobodys_fault(stage: Stage) -> None:
    support, xray = apis(stage.place).support, stage.client("xray")
    customer, root = Cast(32).customer(), new_root()
    support.post("/customers", customer)
    headers = {"Idempotency-Key": root, "X-Amzn-Trace-Id": f"Root={root};Sampled=1"}
    refused = support.send("POST", "/customers", customer, headers=headers)
    assert (refused.status, refused.body["code"]) == (409, "email_taken")

    def look() -> Graph | None:
        found = graphs.of_traces(xray, [root])
        return found if (f"{CONTEXT}/local", "client") in found and (CONTEXT, "AWS::DynamoDB::Table") in found else None

    found = until("the request's graph", look)
    fared = {type_: graphs.counts(node["SummaryStatistics"]) for (_, type_), node in found.items()}
    assert fared.pop("AWS::DynamoDB::Table")[1:] == (1, 0, 0)
    assert fared == {
        "client": (0, 0, 0, 0),
        "AWS::ApiGateway::Stage": (0, 1, 0, 0),
        "AWS::Lambda": (1, 0, 0, 0),
        "AWS::Lambda::Function": (1, 0, 0, 0),
    }

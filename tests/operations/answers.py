"""AWS as it answers an operator: stages whose clients are answered here and reach no network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3

from operations.stage import Stage

Members = dict[str, Any]
Answer = Callable[[Members], Members] | Members
NOW = datetime.now(UTC)
REGION, ACCOUNT = "eu-central-1", "000000000000"
INBOX = "prod-invoicing-inbox"
LETTERS = f"{INBOX}-dead-letters"


class Refusal(Exception):
    """An answer that is an error of AWS's."""

    def __init__(self, code: str, message: str = "no", status: int = 400) -> None:
        super().__init__(code)
        self.parsed = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
        self.status = status


@cache
def _session() -> boto3.Session:
    """One for all, since each reads the models of the services anew."""
    return boto3.Session("testing", "testing", region_name=REGION)


class AnsweredStage(Stage):
    """Every operation is answered by `answers`, by its name: a document, or a function of the request.

    What stands under no name gets an empty document; a Refusal under `*` refuses everything.
    """

    def __init__(self, answers: dict[str, Answer | Refusal], session: boto3.Session | None = None) -> None:
        super().__init__("prod")
        self._session = session or _session()
        self.answers = {**STACKS, **answers}
        self.asked: list[tuple[str, Members]] = []

    def client(self, service: str) -> Any:
        client = super().client(service)
        client.meta.events.register("provide-client-params", self._note, unique_id="note")
        client.meta.events.register("before-call", self._answer, unique_id="answer")
        return client

    def requests(self, operation: str) -> list[Members]:
        """What an operation was asked, in order."""
        return [parameters for name, parameters in self.asked if name == operation]

    def _note(self, params: Members, model: Any, **_: Any) -> None:
        self.asked.append((model.name, params))

    def _answer(self, model: Any, **_: Any) -> tuple[Any, Members]:
        found = self.answers.get("*", self.answers.get(model.name, {}))
        parameters = self.requests(model.name)[-1]
        try:
            if isinstance(found, Refusal):
                raise found
            answer = found(parameters) if callable(found) else dict(found)
        except Refusal as refusal:
            return SimpleNamespace(status_code=refusal.status), refusal.parsed
        return SimpleNamespace(status_code=200), answer | {"ResponseMetadata": {"HTTPStatusCode": 200}}


def pages(member: str, *found: list[Any], token: str = "NextToken") -> Answer:
    """An operation's answers a page each, as its tokens ask for them."""

    def answer(request: Members) -> Members:
        number = int(request.get(token) or 0)
        following = {token: str(number + 1)} if number + 1 < len(found) else {}
        return {member: found[number], **following}

    return answer


def stack(name: str, stage: str = "prod") -> Members:
    tags = [{"Key": "STAGE", "Value": stage}]
    return {"StackName": name, "StackStatus": "UPDATE_COMPLETE", "CreationTime": NOW, "Tags": tags}


def resource(type_: str, physical_id: str) -> Members:
    about = {"LogicalResourceId": "One", "LastUpdatedTimestamp": NOW, "ResourceStatus": "CREATE_COMPLETE"}
    return {"ResourceType": type_, "PhysicalResourceId": physical_id, **about}


def url(queue: str) -> str:
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}"


def arn(queue: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"


def attributes(request: Members) -> Members:
    """GetQueueAttributes of an inbox and its dead letters, three of them."""
    name = request["QueueUrl"].rpartition("/")[2]
    own = {"QueueArn": arn(name), "ApproximateNumberOfMessages": "3" if name == LETTERS else "0"}
    if name == INBOX:
        own["RedrivePolicy"] = f'{{"deadLetterTargetArn": "{arn(LETTERS)}", "maxReceiveCount": 5}}'
    return {"Attributes": own}


STACKS: dict[str, Answer | Refusal] = {
    "DescribeStacks": pages(
        "Stacks",
        [stack("prod-invoicing"), stack("prod-eu-invoicing", "prod-eu")],
        [stack("prod-shared"), stack("other")],
    ),
    "ListStackResources": pages(
        "StackResourceSummaries",
        [resource("AWS::Lambda::Function", INBOX), resource("AWS::SQS::Queue", url(INBOX))],
        [resource("AWS::SQS::Queue", url(LETTERS)), resource("AWS::Lambda::Function", "prod-invoicing-commands")],
    ),
    "GetQueueAttributes": attributes,
    "GetCallerIdentity": {
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/ada",
        "Account": ACCOUNT,
        "UserId": "x",
    },
}


def statistics(ok: int = 0, fault: int = 0, throttle: int = 0, error: int = 0) -> Members:
    return {
        "OkCount": ok,
        "ErrorStatistics": {"ThrottleCount": throttle, "OtherCount": error, "TotalCount": throttle + error},
        "FaultStatistics": {"OtherCount": fault, "TotalCount": fault},
        "TotalCount": ok + fault + throttle + error,
        "TotalResponseTime": 0.5,
    }


def service(number: int, name: str, type_: str, edges: list[Members] | None = None, **about: Any) -> Members:
    """A node of GetServiceGraph that has answered twice, in 0.1 and 0.3 s."""
    times = [{"Value": 0.1, "Count": 1}, {"Value": 0.3, "Count": 1}]
    known = {"ReferenceId": number, "Name": name, "Names": [name], "Type": type_, "Edges": edges or []}
    return {**known, "SummaryStatistics": statistics(ok=1, fault=1), "ResponseTimeHistogram": times, **about}


def edge(target: int, **about: Any) -> Members:
    return {"ReferenceId": target, "SummaryStatistics": statistics(ok=1), "ResponseTimeHistogram": [], **about}


def trace_id(ago: timedelta = timedelta(minutes=1), number: int = 0) -> str:
    return f"1-{int((NOW - ago).timestamp()):08x}-{number:024x}"

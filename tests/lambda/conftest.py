"""Functions of the tests' own, deployed to the embedded AWS of the stage."""

from __future__ import annotations

import io
import textwrap
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.stage import Stage


def archive(code: str) -> bytes:
    """The archive of a function whose only module is `main`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        opened.writestr("main.py", textwrap.dedent(code))
    return content.getvalue()


@dataclass(frozen=True)
class Deployed:
    """A function of a test, invoked as Lambda's own callers do."""

    stage: Stage
    name: str

    def invoke(self, event: str = "{}", trace: str | None = None) -> dict[str, Any]:
        client = self.stage.invoker
        if trace is not None:
            client.meta.events.register(
                "before-sign.lambda.Invoke", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", trace)
            )
        return dict(client.invoke(FunctionName=self.name, Payload=event))

    def update(self, code: str) -> None:
        self.stage.client("lambda").update_function_code(FunctionName=self.name, ZipFile=archive(code))

    def lines(self) -> list[str]:
        """What stands in the log group."""
        pages = self.stage.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=f"/aws/lambda/{self.name}").search("events[].message")
        return [message for message in found if message]


@pytest.fixture
def deploy(stage: Stage) -> Iterator[Callable[..., Deployed]]:
    """`deploy(code, **configuration)`: a function that the embedded AWS forwards here, removed after the test."""
    client, made = stage.client("lambda"), []
    role = client.get_function_configuration(FunctionName="local-customer-support-queries")["Role"]

    def make(code: str, **configuration: Any) -> Deployed:
        name = f"local-test-{uuid.uuid4().hex[:12]}"
        stage.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
        client.create_function(
            **{
                "FunctionName": name,
                "Runtime": "python3.13",
                "Role": role,
                "Handler": "main.handler",
                "Code": {"ZipFile": archive(code)},
                "Timeout": 10,
                "TracingConfig": {"Mode": "Active"},
                "Environment": {"Variables": {"MINISTACK_LAMBDA_PROXY_URL": f"{stage.place.lambda_url}/"}},
                **configuration,
            }
        )
        made.append(name)
        return Deployed(stage, name)

    yield make
    for name in made:
        client.delete_function(FunctionName=name)
        stage.client("logs").delete_log_group(logGroupName=f"/aws/lambda/{name}")

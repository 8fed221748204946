"""Whether a service that has just been deployed answers at all: asked from outside, without a token."""

from __future__ import annotations

import argparse
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from operations.problems import Problem, asking
from operations.session import Session
from operations.stage import Stage

_PATIENCE_SECONDS = 15


def smoke(session: Session, options: argparse.Namespace) -> int:
    """Returns 0 if the service is sound; 1 if anything is amiss, each in a line of its own."""
    url = _endpoint(session.stage, options.service)
    amiss = [*_answers(url), *_alarms(session.stage, options.service)]
    document = {"service": options.service, "stage": session.stage.name, "url": url, "amiss": amiss}
    session.tell(document, "\n".join(amiss) if amiss else f"{options.service} answers at {url}; no alarm is on.")
    return 1 if amiss else 0


def _endpoint(stage: Stage, service: str) -> str:
    if url := stage.service_urls.get(service):
        return url
    name = f"{stage.name}-{service}"
    with asking(f"where {service} answers"):
        stacks = [one for one in stage.every("cloudformation", "describe_stacks", "Stacks") if one["StackName"] == name]
    outputs = {one["OutputKey"]: one["OutputValue"] for stack in stacks for one in stack.get("Outputs", [])}
    if "ServiceEndpoint" not in outputs:
        raise Problem("no_service", f"There is no stack {name} with an API.", "Deploy it, or name another stage.", 404)
    return str(outputs["ServiceEndpoint"])


def _answers(url: str) -> Iterator[str]:
    status, body = _get(f"{url}/openapi.json")
    if status != 200 or not str(_json(body).get("openapi", "")).startswith("3."):
        yield f"GET /openapi.json answers {status}: {body[:200]!r}"
        return
    path = next(path for path, route in sorted(_json(body)["paths"].items()) if "get" in route and "{" not in path)
    status, body = _get(url + path)
    if status != 401:
        yield f"GET {path} without a token answers {status}, 401 was expected: {body[:200]!r}"


def _alarms(stage: Stage, service: str) -> Iterator[str]:
    with asking("which alarms are on"):
        found = stage.every("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{stage.name}-{service}-")
        for alarm in found:
            if alarm["StateValue"] == "ALARM":
                yield f"the alarm {alarm['AlarmName']} is on: {alarm.get('AlarmDescription', '')}"


def _get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE_SECONDS) as answer:
            return int(answer.status), bytes(answer.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()
    except OSError as failure:
        raise Problem(
            "no_answer", f"{url} does not answer: {failure}.", "Is the stage up, and the network?", 504
        ) from failure


def _json(body: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except ValueError:
        return {}

"""Looking into IAM policies, compiled or as they stand in YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

Statement = dict[str, Any]

# AWS offers no resource-level permission for these (Service Authorization Reference, AWS X-Ray and CloudWatch).
ONLY_ON_EVERYTHING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "cloudwatch:DescribeAlarms"}
# The indexes of the table, or the objects under one prefix of a bucket.
PART_OF_ONE_RESOURCE = re.compile(r"\$\{Table\.Arn\}/index/\*|\$\{\w*Bucket\.Arn\}/[a-z]+/\*")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(role: dict[str, Any]) -> Iterator[Statement]:
    """Every statement of a role's inline policies."""
    for policy in role["Properties"]["Policies"]:
        yield from of_policy(policy)


def of_policy(policy: dict[str, Any]) -> list[Statement]:
    """The statements of one policy, inline or attached (its properties)."""
    return as_list(policy["PolicyDocument"]["Statement"])


def actions(role: dict[str, Any]) -> set[str]:
    """Everything that a role allows."""
    return {action for found in statements(role) for action in as_list(found["Action"])}


def too_wide(found: Iterable[Statement]) -> list[Statement]:
    """The statements that allow more resources, or more actions, than they name."""
    return [statement for statement in found if _is_too_wide(statement)]


def _is_too_wide(statement: Statement) -> bool:
    wanted = set(as_list(statement["Action"]))
    if "NotAction" in statement or "NotResource" in statement or any("*" in action for action in wanted):
        return True
    if wanted <= ONLY_ON_EVERYTHING:
        return False
    return any("*" in PART_OF_ONE_RESOURCE.sub("", name) for name in _texts(statement["Resource"]))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)

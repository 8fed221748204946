"""Reading the fields of documents from any sender: what is not of the documented type is absent."""

from collections.abc import Mapping
from typing import Any


def child(fields: Mapping[str, Any], field: str) -> dict[str, Any]:
    """The object in a field, {} where there is none."""
    value = fields.get(field)
    return value if isinstance(value, dict) else {}


def text(fields: Mapping[str, Any], field: str) -> str | None:
    """The text in a field; None where there is none, or an empty one."""
    value = fields.get(field)
    return value if isinstance(value, str) and value else None


def instance(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a segment says of the EC2 instance that it comes from."""
    return child(child(fields, "aws"), "ec2")


def flag(fields: Mapping[str, Any], field: str) -> bool:
    return fields.get(field) is True


def tail(arn_or_url: str, separator: str = "/") -> str:
    """What stands behind the last separator: a topic's name in its ARN (":"), a queue's in its URL ("/")."""
    return arn_or_url.rpartition(separator)[2]

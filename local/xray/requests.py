"""What the operations share: refusals, times, and tokens for the next page."""

import base64
import json
from typing import Any

from botocore.utils import parse_to_aware_datetime

from local.xray.documents import loads

Members = dict[str, Any]


class Refused(Exception):
    """An error answer: the HTTP status, and the code and message that boto3's ClientError shows."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def invalid(message: str) -> Refused:
    return Refused("InvalidRequestException", message)


def range_of(request: Members) -> tuple[int, int]:
    """StartTime and EndTime as a half-open range of epoch seconds; both count in whole seconds and are included."""
    start, end = second(request["StartTime"]), second(request["EndTime"])
    if start > end:
        raise invalid("StartTime is after EndTime")
    return start, end + 1


def second(time: Any) -> int:
    return int(parse_to_aware_datetime(time).timestamp() // 1)


def token_of(query: list[Any], last: tuple[float, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([query, last]).encode()).decode()


def read_token(token: str, query: list[Any]) -> tuple[float, str]:
    """Where the page before ended. A token holds for the query that it came from."""
    try:
        asked, (time, trace_id) = loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, RecursionError):
        raise invalid("NextToken is not one of this operation's") from None
    if asked != query or not isinstance(time, int | float) or not isinstance(trace_id, str):
        raise invalid("NextToken belongs to another request")
    return float(time), trace_id

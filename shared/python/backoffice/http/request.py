"""A request as handlers see it: checked, typed, with its caller."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from backoffice.errors import StaleVersion
from backoffice.http.answer import Answer, listing
from backoffice.http.cursors import Paging
from backoffice.http.idempotency import Receipt, Recipe
from backoffice.http.problems import BadRequest, Problem

LARGEST_BODY = 256 * 1024
_ETAG = re.compile(r'(?:W/)?"([0-9]{1,15})"')


class Versioned(Protocol):
    """What clients see at a version, which is its ETag."""

    @property
    def version(self) -> int: ...


@dataclass(frozen=True)
class Caller:
    """Who calls: the user pool's subject, a name for histories, and the groups that decide what is allowed."""

    sub: str
    username: str
    groups: frozenset[str]

    @classmethod
    def of(cls, event: APIGatewayProxyEvent) -> "Caller":
        claims = (event["requestContext"].get("authorizer") or {}).get("claims") or {}
        return cls(
            claims.get("sub", ""),
            claims.get("email") or claims.get("cognito:username", ""),
            _groups(claims.get("cognito:groups") or ""),
        )


@dataclass(frozen=True)
class Request:
    """One API call.

    Attributes:
        at: when it arrived, UTC.
        path: the path's parameters.
        body: what the route's body schema made of the body.
        query: what the route's query schema made of the query string.
        paging: limit and start of a list route.
        accept: which media types the client wants, as its Accept header has them.
        if_match: the version that the client has seen; None where it sent none (or ``*``).
    """

    caller: Caller
    at: datetime
    path: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    paging: Paging | None = None
    accept: str = ""
    if_match: int | None = None
    recipe: Recipe | None = None

    @property
    def page(self) -> Paging:
        """Limit and start of a list route."""
        assert self.paging is not None, "only routes with many=True are paged"
        return self.paging

    def receipt(self, answer: Answer) -> Receipt | None:
        """What ``transaction.remember`` keeps of the answer; None if the client sent no Idempotency-Key."""
        return self.recipe.receipt(answer) if self.recipe else None

    def require_version(self, version: int) -> None:
        """Refuse a change of something that is no longer at the version that the client has seen (412)."""
        if self.if_match is not None and self.if_match != version:
            raise StaleVersion({})

    def version_over(self, standing: Versioned | None) -> int:
        """The version that a PUT writes over: that of what stands, 0 for something new. Refuses a stale If-Match."""
        version = standing.version if standing else 0
        self.require_version(version)
        return version

    def listing(self, items: list[Any], last_key: dict[str, str] | None) -> Answer:
        """A page of a list with the cursor to the next one."""
        return listing(items, self.page.cursor_after(last_key))


def parse_if_match(text: str | None, *, required: bool) -> int | None:
    """The version in an If-Match header. Raises 428 where it is required and missing, 412 where it is none of ours.

    Source: https://www.rfc-editor.org/rfc/rfc9110#name-if-match
    """
    if text is None:
        if required:
            raise Problem(428, "if_match_required", "Send the ETag that you have read as If-Match.")
        return None
    if text.strip() == "*":
        return None
    match = _ETAG.fullmatch(text.strip())
    if match is None:
        raise Problem(412, "stale_version", "If-Match is none of this resource's ETags.")
    return int(match.group(1))


def parse_json(text: str | None, *, required: bool) -> dict[str, Any]:
    """A JSON object; numbers with a fraction become Decimal. Raises 400 or 413.

    Nothing at all counts as an object without members, unless a body is required.
    """
    if not text and not required:
        return {}
    if not text:
        raise BadRequest("malformed_json", "The request needs a JSON object as its body.")
    if len(text.encode(errors="surrogatepass")) > LARGEST_BODY:
        raise Problem(413, "content_too_large", f"The body may have at most {LARGEST_BODY} bytes.")
    try:
        document = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise BadRequest("malformed_json", f"The body is not JSON: {error}.") from None
    if not isinstance(document, dict):
        raise BadRequest("malformed_json", "The body must be a JSON object.")
    return document


def _groups(claim: str | list[str]) -> frozenset[str]:
    """AWS joins the groups with commas, the emulator writes ``[agents operators]``."""
    text = " ".join(claim) if isinstance(claim, list) else claim
    return frozenset(re.findall(r"[^\s,\[\]]+", text))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")

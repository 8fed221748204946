"""A client of the services' REST APIs: what the demo, the tests and the benchmarks speak through."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

_SECONDS = 35  # API Gateway gives up after 29


@dataclass(frozen=True)
class Reply:
    """An API's answer.

    `request` is what was asked (`POST /tickets`), `body` what the answer holds (JSON's value, a PDF's bytes, else text,
    None if it is empty), `correlation_id` the request's own, under which its trace is found.
    """

    request: str
    status: int
    headers: Mapping[str, str]
    body: Any
    correlation_id: str
    seconds: float

    @property
    def etag(self) -> str:
        return self.headers["ETag"]


class Refused(Exception):
    """An answer that is no success, told in one line: route, status, and what the problem says."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(f"{reply.request} answered {reply.status}: {_what_is_wrong(reply.body)}")


class Unreachable(Exception):
    """Nobody answers at the API's address."""


class Client:
    """One service's API for one caller. A request that fails is not repeated.

    Args:
        base_url: of the API's stage, without a slash at its end.
        token: the bearer token; None calls without.
        heard: is told each answer.
    """

    def __init__(self, base_url: str, token: str | None = None, heard: Callable[[Reply], None] | None = None) -> None:
        self._base_url = base_url
        self._heard = heard
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy on the way to loopback
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: str | int) -> Reply:
        return success(self.send("GET", path, query=query))

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Reply:
        """Create or act; `key` is the Idempotency-Key, a fresh one if left out."""
        return success(self.send("POST", path, body, headers={"Idempotency-Key": key or str(uuid.uuid4())}))

    def put(self, path: str, body: Any) -> Reply:
        return success(self.send("PUT", path, body))

    def patch(self, path: str, body: Any, *, etag: str) -> Reply:
        return success(self.send("PATCH", path, body, headers={"If-Match": etag}))

    def every(self, path: str, **query: str | int) -> list[Any]:
        """All items of a list, page by page."""
        items: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get(path, **{"limit": 100, **query, **cursor}).body
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request as it is, and its answer whatever its status.

        `body` is sent as JSON, bytes and text as they are. Raises Unreachable if there is no answer.
        """
        correlation_id = str(uuid.uuid4())
        raw = isinstance(body, bytes | str)
        began = time.perf_counter()
        try:
            answer = self._session.request(
                method,
                self._base_url + path,
                params=query,
                data=body if raw else None,
                json=None if raw else body,
                headers={"X-Correlation-Id": correlation_id, **_as_json(raw), **(headers or {})},
                timeout=_SECONDS,
            )
        except requests.RequestException as error:
            raise Unreachable(f"{method} {path} got no answer: {error}") from None
        seconds = time.perf_counter() - began
        reply = Reply(f"{method} {path}", answer.status_code, answer.headers, _content(answer), correlation_id, seconds)
        if self._heard:
            self._heard(reply)
        return reply


def _as_json(raw: bool) -> dict[str, str]:
    return {"Content-Type": "application/json"} if raw else {}


def _content(answer: requests.Response) -> Any:
    if not answer.content:
        return None
    if answer.headers.get("Content-Type") == "application/pdf":
        return answer.content
    try:
        return answer.json()
    except ValueError:
        return answer.text


def success(reply: Reply) -> Reply:
    """The reply itself. Raises Refused if it is none."""
    if reply.status >= 400:
        raise Refused(reply)
    return reply


def _what_is_wrong(body: Any) -> str:
    if not isinstance(body, dict):
        return str(body)
    fields = "; ".join(f"{error['field']}: {error['message']}" for error in body.get("errors", []))
    said = body.get("detail") or body.get("message") or str(body)
    return " ".join(part for part in (body.get("code"), said, fields and f"({fields})") if part)

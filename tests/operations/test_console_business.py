"""The page Business: analytics asked through its public API, with a token that stays in the console."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from operations.problems import Problem
from operations.stacks import Stacks
from operations.tokens import Tokens
from tests.operations.answers import AnsweredStage, pages, resource, stack
from tests.operations.conftest import Console, Serve

QUERY, SIGN_IN = "/api/analytics/query", "/api/sign-in"
QUESTION = {"metrics": ["tickets_opened"]}
SHEET = {"Content-Type": "text/csv", "Content-Disposition": 'attachment; filename="support.csv"'}
APIS = {
    "DescribeStacks": pages("Stacks", [stack("prod-analytics"), stack("prod-shared")]),
    "ListStackResources": pages(
        "StackResourceSummaries",
        [
            resource("AWS::ApiGateway::RestApi", "abc"),
            resource("AWS::Cognito::UserPool", "pool"),
            resource("AWS::Cognito::UserPoolClient", "client"),
        ],
    ),
}


def token(seconds: float = 3600, of: str = "ada") -> str:
    """An id token that is signed by nobody."""
    claims = json.dumps({"sub": of, "exp": time.time() + seconds}).encode()
    return ".".join(["e30", base64.urlsafe_b64encode(claims).decode().rstrip("="), "signature"])


@dataclass
class Analytics:
    """Answers instead of analytics: `status`, `headers` and `body`; `asked` is what it was asked."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    body: str = "{}"
    accepted: str | None = None
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        sent = request.rfile.read(int(request.headers.get("Content-Length") or 0)).decode()
        authorization = request.headers["Authorization"]
        self.asked.append((f"{request.command} {request.path}", authorization, sent))
        refused = self.accepted is not None and authorization != f"Bearer {self.accepted}"
        request.send_response(401 if refused else self.status)
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(self.body.encode())


@pytest.fixture
def analytics(monkeypatch: pytest.MonkeyPatch) -> Iterator[Analytics]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = Analytics()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.answer(self)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


class WithAnalytics(AnsweredStage):
    """A stage whose analytics answers at a URL of the test's."""

    def __init__(self, analytics: Analytics, **answers: Any) -> None:
        super().__init__(APIS | answers)
        self._analytics = analytics

    def api_url(self, api: str) -> str:
        assert api == "abc" and super().api_url(api) == "https://abc.execute-api.eu-central-1.amazonaws.com/prod"
        return self._analytics.url


class Laptop(WithAnalytics):
    """The local stage, whose analyst's tokens are `tokens`, one after another."""

    def __init__(self, analytics: Analytics, *tokens: str) -> None:
        left = list(tokens)
        super().__init__(
            analytics, AdminInitiateAuth=lambda _: {"AuthenticationResult": {"IdToken": left.pop(0)}, "x": left}
        )
        self.is_local = True

    def api_url(self, api: str) -> str:
        return self._analytics.url

    def _local(self, service: str) -> Any:
        return self._on_aws(service)


@pytest.fixture
def signed_in(serve: Serve, analytics: Analytics) -> Console:
    """A console that was given a token."""
    console = serve(WithAnalytics(analytics))
    assert console.post(SIGN_IN, {"token": token()}).json() == {"signed_in": True}
    return console


def problem(answer: requests.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["detail"].endswith(".") and document["advice"].endswith(".")
    return answer.status_code, document["code"]


def test_a_question_is_passed_on_as_it_is_and_so_is_the_answer(signed_in: Console, analytics: Analytics) -> None:
    analytics.body = '{"series": []}'
    answer = signed_in.post(QUERY, QUESTION)

    assert (answer.status_code, answer.json()) == (200, {"series": []})
    [(request, authorization, sent)] = analytics.asked
    assert (request, json.loads(sent)) == ("POST /query", QUESTION)
    assert authorization.startswith("Bearer e30.")


def test_reads_keep_their_query(signed_in: Console, analytics: Analytics) -> None:
    paths = ["/metrics?limit=100", "/metrics/backlog/events?bucket=a%2Fb&queue=x+y", "/reports/support?format=csv"]
    for path in paths:
        assert signed_in.get(f"/api/analytics{path}").status_code == 200
    assert [request for request, _, _ in analytics.asked] == [f"GET {path}" for path in paths]


def test_a_sheet_keeps_its_name(signed_in: Console, analytics: Analytics) -> None:
    analytics.headers, analytics.body = SHEET, "a,b\r\n"
    answer = signed_in.get("/api/analytics/reports/support?format=csv")
    assert (answer.content, answer.headers["Content-Disposition"]) == (b"a,b\r\n", SHEET["Content-Disposition"])


@pytest.mark.parametrize(
    "path", ["/metrics/../query/events", "/metrics/a%2Fb/events", "/reports/A", "/drops", "/query"]
)
def test_nothing_else_of_analytics_is_within_reach(signed_in: Console, analytics: Analytics, path: str) -> None:
    assert signed_in.get(f"/api/analytics{path}").status_code in (404, 405)
    assert analytics.asked == []


def test_without_a_token_one_is_told_to_sign_in(serve: Serve, analytics: Analytics) -> None:
    console = serve(WithAnalytics(analytics))
    assert problem(console.post(QUERY, QUESTION)) == (401, "sign_in")
    assert analytics.asked == []


def test_the_environments_token_is_taken(serve: Serve, analytics: Analytics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKOFFICE_TOKEN", token())
    assert serve(WithAnalytics(analytics)).post(QUERY, QUESTION).status_code == 200


WRONG = ["", "x", "a.b.c", "a.e30.c", token(-1), token(5), "ü.ü.ü", "a.b", f"a.{'W' * 4000}.c"]


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_what_is_no_token_or_an_old_one_is_refused_and_not_repeated(analytics: Analytics, wrong: str) -> None:
    stage = WithAnalytics(analytics)
    tokens = Tokens(stage, Stacks(stage))
    with pytest.raises(Problem) as refused:
        tokens.give(wrong)
    assert refused.value.status == 400
    assert len(wrong) < 4 or wrong not in str(refused.value)
    with pytest.raises(Problem, match="not known yet"):
        tokens.current()


def test_a_body_without_a_token_is_refused(serve: Serve, analytics: Analytics) -> None:
    console = serve(WithAnalytics(analytics))
    bodies: list[Any] = [{}, [], {"token": 1}, {"token": "a", "more": 1}, "x"]
    for body in bodies:
        assert problem(console.post(SIGN_IN, body)) == (400, "bad_request"), body


def test_a_token_that_is_not_accepted_is_forgotten(signed_in: Console, analytics: Analytics) -> None:
    analytics.accepted = token(of="bob")
    assert problem(signed_in.post(QUERY, QUESTION)) == (401, "sign_in")
    assert problem(signed_in.post(QUERY, QUESTION)) == (401, "sign_in")
    assert len(analytics.asked) == 1
    signed_in.post(SIGN_IN, {"token": f"Bearer {analytics.accepted}"})
    assert signed_in.post(QUERY, QUESTION).status_code == 200


def test_on_a_laptop_the_analysts_token_is_fetched_kept_and_renewed(serve: Serve, analytics: Analytics) -> None:
    stage = Laptop(analytics, token(10), token(of="kept"), token(of="renewed"))
    console = serve(stage)
    for _ in range(3):
        assert console.post(QUERY, QUESTION).status_code == 200
    assert len(stage.requests("AdminInitiateAuth")) == 2
    analytics.accepted = token(of="renewed")
    stage.answers["AdminInitiateAuth"] = {"AuthenticationResult": {"IdToken": analytics.accepted}}
    assert console.post(QUERY, QUESTION).status_code == 200


REFUSALS: list[tuple[int, str, tuple[int, str]]] = [
    (403, '{"detail": "This needs a member of the group analysts."}', (403, "access_denied")),
    (404, "{}", (404, "not_found")),
    (422, '{"detail": "No.", "errors": [{"field": "interval", "message": "Too fine."}]}', (400, "bad_request")),
    (429, "{}", (429, "throttled")),
    (500, '{"detail": "Something went wrong here."}', (502, "analytics_failed")),
    (502, "<h1>Bad Gateway</h1>", (502, "analytics_failed")),
    (400, '["?"]', (400, "bad_request")),
]


def test_what_analytics_refuses_is_told_with_an_advice(signed_in: Console, analytics: Analytics) -> None:
    for status, body, expected in REFUSALS:
        analytics.status, analytics.body = status, body
        answer = signed_in.post(QUERY, QUESTION)
        assert problem(answer) == expected
        assert ("interval: Too fine." in answer.json()["detail"]) == (status == 422)


def test_an_analytics_that_does_not_answer_is_a_problem(signed_in: Console, analytics: Analytics) -> None:
    analytics.url = "http://127.0.0.1:9"
    assert problem(signed_in.post(QUERY, QUESTION)) == (503, "unreachable")


def test_a_stage_without_analytics_is_a_problem(serve: Serve, analytics: Analytics) -> None:
    stage = WithAnalytics(analytics, DescribeStacks=pages("Stacks", [stack("prod-shared")]))
    console = serve(stage)
    console.post(SIGN_IN, {"token": token()})
    assert problem(console.post(QUERY, QUESTION)) == (503, "no_analytics")


def test_what_is_no_question_is_refused(signed_in: Console, analytics: Analytics) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b"{", b"[]", b'"x"', b"\xff"):
        answer = signed_in.http.post(signed_in.url + QUERY, data=body, headers=headers, timeout=10)
        assert problem(answer) == (400, "bad_request"), body
    assert analytics.asked == []

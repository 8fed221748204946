"""How the business is doing: analytics, asked through its public API as any of its clients asks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests

from operations.problems import Problem, bad_request, not_found
from operations.stacks import Stacks
from operations.stage import Stage
from operations.tokens import Tokens

CONTEXT = "analytics"
_REST_API = "AWS::ApiGateway::RestApi"
_SECONDS = 35  # API Gateway gives up after 29


class Analytics:
    """The API of a stage's analytics; used by any thread."""

    def __init__(self, stage: Stage, stacks: Stacks) -> None:
        self.tokens = Tokens(stage, stacks)
        self._stage, self._stacks = stage, stacks
        self._http = requests.Session()
        self._http.trust_env = not stage.is_local  # no proxy on the way to loopback

    def get(self, path: str, query: Mapping[str, str]) -> requests.Response:
        """What the API answers to GET. Raises Problem for whatever is no success."""
        return self._ask("GET", path, params=dict(query))

    def query(self, question: Any) -> requests.Response:
        """What the API answers to POST /query, which changes nothing."""
        return self._ask("POST", "/query", json=question)

    def _ask(self, method: str, path: str, **asked: Any) -> requests.Response:
        token = self.tokens.current()
        answer = self._send(method, path, token, asked)
        if answer.status_code == 401:
            self.tokens.refused(token)
            answer = self._send(method, path, self.tokens.current(), asked)
        if answer.status_code >= 400:
            raise _problem(answer, f"{method} {path}")
        return answer

    def _send(self, method: str, path: str, token: str, asked: Mapping[str, Any]) -> requests.Response:
        try:
            return self._http.request(method, self._url() + path, auth=_bearer(token), timeout=_SECONDS, **asked)
        except requests.Timeout:
            raise Problem("timed_out", "Analytics did not answer in time.", "Ask for less at once.", 504) from None
        except requests.RequestException:
            advice = "Check the network; for the local stage: `make status`, then `make up`."
            raise Problem("unreachable", "Analytics could not be reached.", advice, 503) from None

    def _url(self) -> str:
        apis = [api.id for api in self._stacks.resources(_REST_API) if api.context == CONTEXT]
        if not apis:
            raise Problem("no_analytics", "The stage has no analytics.", "Deploy it: `make deploy`.", 503)
        return self._stage.api_url(apis[0])


def _bearer(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """As authentication of the request's own, so that no .netrc takes its place."""

    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return authorize


def _problem(answer: requests.Response, request: str) -> Problem:
    """The API's own problem (RFC 9457) with what to do about it."""
    status = answer.status_code
    try:
        document = answer.json()
        said = str(document.get("detail") or document.get("title") or document.get("message") or "")
        fields = [f"{error['field']}: {error['message']}" for error in document.get("errors") or []]
    except (ValueError, AttributeError, KeyError, TypeError):
        said, fields = "", []
    told = " ".join([said, *fields]).strip()
    if status == 401:
        return Problem("sign_in", "Analytics does not accept the token.", "Sign in again, with a new one.", 401)
    if status == 403:
        advice = "Sign in as a member of analysts or operators."
        return Problem("access_denied", f"Who is signed in may not ask analytics. {told}".strip(), advice, 403)
    if status == 404:
        advice = "An older analytics may be deployed than the console expects: deploy it anew."
        return not_found(f"Analytics does not know {request}.", advice)
    if status == 429:
        return Problem("throttled", "Analytics is asked too often.", "Wait a moment and try again.", 429)
    if status < 500:
        return bad_request(f"Analytics refused the question. {told}".strip(), "Change it and ask again.")
    return Problem(
        "analytics_failed",
        f"Analytics failed at {request} ({status}). {told}".strip(),
        "The map shows where; its trace says why.",
        502,
    )

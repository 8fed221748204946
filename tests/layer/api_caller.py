"""Calls a function's Api with the events of API Gateway's REST proxy integration."""

import base64
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answered:
    """What API Gateway is told to send: header names in lower case, the text of a file that is binary in base64."""

    status: int
    headers: dict[str, str]
    text: str
    is_binary: bool

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Caller:
    context: Any

    def __call__(
        self,
        api,
        request,
        *,
        body=None,
        text=None,
        query=None,
        groups="[agents]",
        sub="user-1",
        claims=None,
        base64_encoded=False,
        **headers,
    ):
        """Call ``"POST /things"`` with a JSON body, or a raw text, and ``headers`` like ``if_match='"1"'``."""
        method, path = request.split(" ", 1)
        if body is not None:
            text = json.dumps(body)
        if claims is None:
            claims = {"sub": sub, "email": f"{sub}@example.com", "cognito:groups": groups}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        event = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": names or None,
            "multiValueHeaders": {name: [value] for name, value in names.items()} or None,
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
            "pathParameters": None,
            "stageVariables": None,
            "requestContext": {"requestId": "request-1", "authorizer": {"claims": claims}},
            "body": text,
            "isBase64Encoded": base64_encoded,
        }
        reply = api.handler(event, self.context)
        headers = {name.lower(): values[0] for name, values in (reply.get("multiValueHeaders") or {}).items()}
        return Answered(reply["statusCode"], headers, reply["body"], reply["isBase64Encoded"])


def base64_of(data: bytes) -> str:
    """A body as API Gateway passes binary ones."""
    return base64.b64encode(data).decode()

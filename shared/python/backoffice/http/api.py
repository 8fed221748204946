"""One function's routes, over powertools' REST resolver: parse, check, call, answer."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from marshmallow import Schema

from backoffice import tracing
from backoffice.clock import now
from backoffice.dynamodb import Table
from backoffice.errors import NotFound, Remembered
from backoffice.http import cursors
from backoffice.http.answer import Answer
from backoffice.http.files import File, unless_known
from backoffice.http.idempotency import Recipe, Reply, fingerprint, parse_key
from backoffice.http.problems import CONTENT_TYPE, BadRequest, Problem, problem_of
from backoffice.http.request import Caller, Request, parse_if_match, parse_json
from backoffice.ids import is_id
from backoffice.logs import invocation, logger
from backoffice.messages.envelope import Origin, originating
from backoffice.schemas import Strict

READERS_OF_EVERYTHING = "operators"

Handler = Callable[[Request], Answer]


class _NoParameters(Strict):
    pass


@dataclass(frozen=True)
class Route:
    """A route as declared; the OpenAPI document is generated from it.

    Attributes:
        group: whose members may call it (operators may call every GET); None: anybody, without a token.
        body, query, answer: schemas of what comes in and goes out; None where there is nothing.
        many: answers one page of a list.
        files: media types of the files that it answers in place of JSON, or beside it if it has an answer.
        idempotent: takes an Idempotency-Key; a route that creates (201, 202) demands one.
        versioned: changes what the client has read, so it needs an If-Match.
        read_only: writes nothing although it is a POST.
        ids: prefixes of the path parameters that are ids, by parameter name.
    """

    method: str
    rule: str
    handler: Handler
    group: str | None
    body: type[Schema] | None = None
    query: type[Schema] | None = None
    answer: type[Schema] | None = None
    status: int = 200
    many: bool = False
    files: tuple[str, ...] = ()
    idempotent: bool = False
    versioned: bool = False
    read_only: bool = False
    ids: dict[str, str] | None = None
    summary: str = ""

    @property
    def creates(self) -> bool:
        """Whether a repetition would make a second thing."""
        return self.idempotent and self.status in (201, 202)


class Api:
    """The routes of one Lambda function.

    >>> api = Api()
    >>> @api.get("/tickets/{ticket_id}", group="agents", answer=schemas.Ticket, ids={"ticket_id": "tkt"})
    ... def get_ticket(request):
    ...     ticket = store().ticket(request.path["ticket_id"])
    ...     return ok(ticket, version=ticket.version)
    >>> handler = api.handler
    """

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self._resolver = APIGatewayRestResolver()
        self._resolver.not_found(self._no_such_route)

    def get(self, rule: str, **route: Any) -> Callable[[Handler], Handler]:
        """Register a handler of GET; see Route for what can be declared."""
        return self._route("GET", rule, **route)

    def post(self, rule: str, **route: Any) -> Callable[[Handler], Handler]:
        """Register a handler of POST."""
        return self._route("POST", rule, **route)

    def put(self, rule: str, **route: Any) -> Callable[[Handler], Handler]:
        """Register a handler of PUT."""
        return self._route("PUT", rule, **route)

    def patch(self, rule: str, **route: Any) -> Callable[[Handler], Handler]:
        """Register a handler of PATCH, which needs an If-Match."""
        return self._route("PATCH", rule, versioned=True, **route)

    def delete(self, rule: str, **route: Any) -> Callable[[Handler], Handler]:
        """Register a handler of DELETE."""
        return self._route("DELETE", rule, **route)

    def handler(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Lambda handler of a REST API's proxy integration."""
        with invocation(context):
            return self._resolver.resolve(event, context)

    def _route(self, method: str, rule: str, *, group: str | None, **declared: Any) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            route = Route(method, rule, handler, group, **declared)
            self.routes.append(route)
            pattern = rule.replace("{", "<").replace("}", ">")
            self._resolver.route(pattern, method=method)(lambda **path: self._serve(route, path))
            return handler

        return register

    def _serve(self, route: Route, path: dict[str, str]) -> Response[Any]:
        began = time.perf_counter()
        event = self._resolver.current_event
        correlation_id = event.headers.get("X-Correlation-Id") or event.request_context.request_id or ""
        origin = Origin(correlation_id[:128], causation_id=event.request_context.request_id or "")
        name = route.handler.__name__
        with (
            tracing.span(name, route=f"{route.method} {route.rule}", correlation_id=origin.correlation_id),
            logger.append_context_keys(correlation_id=origin.correlation_id),
            originating(origin),
        ):
            reply = unless_known(self._reply(route, path), self._resolver.current_event.headers.get("If-None-Match"))
            tracing.answered(reply.status)
            logger.info(
                "request",
                extra={
                    "route": f"{route.method} {route.rule}",
                    "status": reply.status,
                    "milliseconds": round((time.perf_counter() - began) * 1000, 1),
                },
            )
        return _response(reply)

    def _reply(self, route: Route, path: dict[str, str]) -> Reply:
        try:
            return _answer(route, self._request(route, path))
        except Exception as error:
            return self._reply_to_error(error)

    def _reply_to_error(self, error: Exception) -> Reply:
        problem = problem_of(error)
        if problem is None:
            logger.exception("request failed unexpectedly")
            tracing.failed(error)
            problem = Problem(500, "internal_error", "Something went wrong here; quote the trace id.")
        return self._problem(problem)

    def _request(self, route: Route, path: dict[str, str]) -> Request:
        event = self._resolver.current_event
        caller = Caller.of(event)
        _check_group(route, caller)
        _check_ids(route, path)
        parameters = dict(event.query_string_parameters or {})
        paging = None
        if route.many:
            paging = cursors.parse(parameters, [route.rule, *sorted(path.values()), caller.sub])
        request = Request(
            caller=caller,
            at=now(),
            path=path,
            query=_schema(route.query or _NoParameters).load(parameters),
            paging=paging,
            accept=event.headers.get("Accept") or "",
            if_match=parse_if_match(event.headers.get("If-Match"), required=route.versioned),
        )
        # The key comes before the body, so that a client learns of a missing one whatever it has sent.
        key = parse_key(event.headers.get("Idempotency-Key"), required=route.creates) if route.idempotent else None
        raw = parse_json(_body(event), required=route.creates) if route.body else {}
        recipe = None
        if key:
            mark = fingerprint(event.http_method, event.path, raw)
            recipe = Recipe(key, caller.sub, mark, lambda answer: _render(route, answer))
        return replace(request, body=_schema(route.body).load(raw) if route.body else {}, recipe=recipe)

    def _problem(self, problem: Problem) -> Reply:
        document = problem.document(self._resolver.current_event.path, tracing.trace_id())
        logger.info("problem", extra={"code": problem.code, "fields": [error.field for error in problem.errors]})
        return Reply(problem.status, json.dumps(document, default=str), {"Content-Type": CONTENT_TYPE})

    def _no_such_route(self, _: Exception) -> Response[Any]:
        event = self._resolver.current_event
        reply = self._problem(Problem(404, "route_not_found", f"There is no {event.http_method} {event.path}."))
        return _response(reply)


def _answer(route: Route, request: Request) -> Reply:
    """What the handler answers, or has answered when the request came for the first time.

    The first try may have changed the world so that its repetition fails a rule: it still gets the first answer.
    """
    try:
        return _render(route, route.handler(request))
    except Exception as error:
        recipe = request.recipe
        kept = _kept(error, recipe) if recipe and problem_of(error) else None
        if recipe and kept:
            return recipe.replay(kept)
        raise


def _kept(error: Exception, recipe: Recipe) -> dict[str, Any] | None:
    item = error.item if isinstance(error, Remembered) else Table.from_env().get(recipe.pk, "IDEMPOTENCY")
    return item if item and recipe.is_current(item) else None


def _body(event: APIGatewayProxyEvent) -> str | None:
    try:
        return event.decoded_body if event.body else None
    except UnicodeDecodeError:
        raise BadRequest("malformed_json", "The body is not UTF-8.") from None


def _check_group(route: Route, caller: Caller) -> None:
    if route.group is None or route.group in caller.groups:
        return
    if READERS_OF_EVERYTHING in caller.groups and (route.method == "GET" or route.read_only):
        return
    raise Problem(403, "forbidden", f"This needs a member of the group {route.group}.")


def _check_ids(route: Route, path: dict[str, str]) -> None:
    for name, prefix in (route.ids or {}).items():
        if not is_id(prefix, path[name]):
            raise NotFound(name.removesuffix("_id"), path[name])


def _render(route: Route, answer: Answer) -> Reply:
    body = answer.body
    if isinstance(body, File):
        return Reply(answer.status, body.content, {"Content-Type": body.media_type, **answer.headers})
    if route.answer and body is not None:
        schema = _schema(route.answer)
        body = {**body, "items": schema.dump(body["items"], many=True)} if route.many else schema.dump(body)
    headers = {"Content-Type": "application/json", **answer.headers}
    if answer.version is not None:
        headers["ETag"] = f'"{answer.version}"'
    return Reply(answer.status, "" if body is None else json.dumps(body, ensure_ascii=False), headers)


@cache
def _schema(declared: type[Schema]) -> Schema:
    """One instance a class: making one copies every field, and loading and dumping leave no trace in it."""
    return declared()


def _response(reply: Reply) -> Response[Any]:
    headers: dict[str, str | list[str]] = {**reply.headers}
    return Response(reply.status, reply.headers["Content-Type"], reply.body, headers=headers)

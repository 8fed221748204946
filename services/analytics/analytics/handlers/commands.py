"""Writes of the analytics API."""

import re

from analytics.domain.drops.source import SOURCE_ID, Columns, DropSource, Expectation, Layout
from analytics.domain.web.intake import distinct_views
from analytics.domain.web.views import PageView
from analytics.schemas import drops as schemas
from analytics.schemas import web as web_schemas
from analytics.store.drops import DropStore
from analytics.transforming import alerting
from analytics.web.stream import put_all, visitor_hash
from backoffice.domain import Invalid
from backoffice.http import Answer, Api, Problem, Request, ok

ANALYSTS = "analysts"
OPERATORS = "operators"
SITES = "sites"

api = Api()
handler = api.handler


@api.put("/drop-sources/{source_id}", group=OPERATORS, body=schemas.SourceSetup, answer=schemas.Source)
def put_drop_source(request: Request) -> Answer:
    """Say how a third party's files are written, when they are expected, and whom to alert."""
    source_id = request.path["source_id"]
    if not re.fullmatch(SOURCE_ID, source_id):
        raise Invalid.one("source_id", f"Must match {SOURCE_ID}.")
    store, body = DropStore(), dict(request.body)
    standing = store.source(source_id)
    version = standing.version if standing else 0
    request.require_version(version)
    expected, address = body.pop("expected"), body.pop("alert_address")
    layout = Layout(columns=Columns(**body.pop("columns")), **body)
    expectation = expected and Expectation(**expected, since=request.at)
    source = DropSource(id=source_id, version=version, layout=layout, alert_address=address, expectation=expectation)
    source.check()
    store.save_source(source)
    if address:
        alerting.subscribe(address)
    return ok(source, version=source.next_version)


@api.post("/events", group=SITES, body=web_schemas.WebEvents, answer=web_schemas.Accepted, status=202)
def post_events(request: Request) -> Answer:
    """Take in page views of a website, 500 at most; they are counted within seconds, each event_id once."""
    sent = [
        PageView(event["event_id"], event["page"], visitor_hash(event["visitor_id"]), event["occurred_at"])
        for event in request.body["events"]
    ]
    views = distinct_views(sent, request.at)
    refused = put_all(views)
    if refused:
        detail = "The stream is busy: send what was not accepted again; the same event_id is never counted twice."
        not_accepted = [view.event_id for view in refused]
        accepted = {"accepted": len(views) - len(refused), "not_accepted": not_accepted}
        raise Problem(503, "not_all_accepted", detail, extra=accepted)
    return Answer(202, {"accepted": len(views), "duplicates": len(sent) - len(views)})

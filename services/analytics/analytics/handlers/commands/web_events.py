"""Page views, told by websites."""

from analytics.domain.web.intake import distinct_views
from analytics.domain.web.views import PageView
from analytics.handlers.commands.routes import SITES, api
from analytics.schemas import web as schemas
from analytics.web.stream import put_all, visitor_hash
from backoffice.http import Answer, Problem, Request


@api.post("/events", group=SITES, body=schemas.WebEvents, answer=schemas.Accepted, status=202)
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

"""The metrics: what they mean, what they say, and why they say it."""

from analytics import schemas
from analytics.answers import answer_to, explained
from analytics.domain.asking import ask
from analytics.domain.catalogue import CATALOGUE
from analytics.domain.causes import Bucket
from analytics.domain.planning import Question
from analytics.handlers.queries.routes import ANALYSTS, api
from analytics.schemas.causes import Cause, CauseFilter
from analytics.store.causes import CauseStore
from analytics.store.reading import Reader
from backoffice.http import Answer, NotFound, Request, ok


@api.get("/metrics", group=ANALYSTS, answer=schemas.Metric, many=True)
def list_metrics(request: Request) -> Answer:
    """The metrics that can be asked for, each with its definition, by name."""
    last = (request.page.start or {}).get("name", "")
    following = sorted(name for name in CATALOGUE if name > last)
    page = following[: request.page.limit]
    last_key = {"name": page[-1]} if len(page) < len(following) else None
    return request.listing([CATALOGUE[name] for name in page], last_key)


@api.post("/query", group=ANALYSTS, body=schemas.Question, answer=schemas.Answer, read_only=True)
def query(request: Request) -> Answer:
    """Metrics by local hour, day, week or month of any time zone."""
    question = Question(**request.body)
    planned, found = ask(question, Reader())
    return ok(answer_to(question, planned, found))


@api.get("/metrics/{name}/events", group=ANALYSTS, query=CauseFilter, answer=Cause, many=True)
def list_metric_events(request: Request) -> Answer:
    """The events behind a point of a metric: what happened within its interval, by quarter hour.

    The amounts add up to a flow, and to how much a level has changed; a percentile is one of the durations.
    """
    name, filters = request.path["name"], dict(request.query)
    if name not in CATALOGUE:
        raise NotFound("metric", name)
    bucket = Bucket(CATALOGUE[name], filters.pop("bucket"), filters)
    events, last_key = CauseStore().find(bucket, request.page)
    return request.listing([explained(bucket, event) for event in events], last_key)

"""Reads of the analytics API: the catalogue of metrics, and questions about them."""

from analytics import schemas
from analytics.answers import answer_to
from analytics.domain.catalogue import CATALOGUE
from analytics.domain.planning import Question, plan
from analytics.domain.series import assemble
from analytics.store import Store
from backoffice.http import Answer, Api, Request, ok
from backoffice.http.served import openapi_document

ANALYSTS = "analysts"

api = Api()
handler = api.handler
api.get("/openapi.json", group=None)(openapi_document)


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
    """Metrics by local hour or day of any time zone."""
    question = Question(**request.body)
    planned = plan(question)
    store = Store()
    records = {metric: store.read(metric, planned.whole) for metric in planned.metrics}
    return ok(answer_to(question, planned, assemble(planned, records)))
